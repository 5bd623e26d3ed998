"""The events of steering, built of codes and ids alone."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from forkant_contracts import Event
from forkant_contracts.codes import PeriodKind
from forkant_contracts.events.steering import IndicatorThresholdCrossed, PlanApproved
from forkant_contracts.units import DIRECTORATE

from indicator_service.aggregation.calendar import Period
from indicator_service.aggregation.tally import NATIONAL
from indicator_service.definitions.models import Direction
from indicator_service.steering.bands import movement
from indicator_service.steering.versions import Version
from indicator_service.steering.watch import Basis, Crossing
from indicator_service.steering.watch_store import Watch

SOURCE: Final = "urn:forkant:indicator-service"


def crossed(
    watch: Watch,
    crossing: Crossing,
    *,
    basis: Basis,
    direction: Direction,
    period: Period,
    at: datetime,
    new_id: Callable[[], UUID],
) -> Event:
    """Return the event that tells of a crossing, as the next of its watch."""
    unit, indicator, kind = watch.place
    data = IndicatorThresholdCrossed(
        indicator=indicator,
        period_kind=PeriodKind(kind),
        period_start=period.first_month,
        movement=movement(crossing.before, crossing.after, direction),
        from_band=crossing.before,
        to_band=crossing.after,
        definition_version=basis.definition_version,
        target_version=basis.target_version,
        target_id=basis.target_id,
        cause=crossing.cause,
        national=unit == NATIONAL,
    )
    return Event(
        id=new_id(),
        source=SOURCE,
        aggregate_id=watch.id,
        aggregate_version=watch.version + 1,
        unit=DIRECTORATE if unit == NATIONAL else unit,
        occurred_at=at,
        recorded_at=at,
        data=data,
    )


def plan_approved(
    *,
    plan_id: UUID,
    unit: str,
    approval: int,
    version: Version,
    goals: Sequence[Mapping[str, Any]],
    at: datetime,
    new_id: Callable[[], UUID],
) -> Event:
    """Return the event of an approval, the plan's next.

    Raises:
        ValueError: the version is in force on no day, or without end.
    """
    days = version.in_force
    if days is None or days.last is None:
        raise ValueError("a version that was approved is in force from a day to another")
    data = PlanApproved(
        valid_from=days.first,
        valid_to=days.last,
        goals=len(goals),
        goals_with_target=sum(goal["target_id"] is not None for goal in goals),
        indicators=tuple(sorted({goal["indicator"] for goal in goals})),
        plan_version=version.number,
        goal_ids=tuple(goal["id"] for goal in goals),
    )
    return Event(
        id=new_id(),
        source=SOURCE,
        aggregate_id=plan_id,
        aggregate_version=approval,
        unit=unit,
        occurred_at=at,
        recorded_at=at,
        data=data,
    )
