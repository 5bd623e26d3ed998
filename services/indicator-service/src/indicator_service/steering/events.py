"""The event of a crossing, built of codes and ids alone."""

from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from forkant_contracts import Event
from forkant_contracts.codes import PeriodKind
from forkant_contracts.events.steering import IndicatorThresholdCrossed
from forkant_contracts.units import DIRECTORATE

from indicator_service.aggregation.calendar import Period
from indicator_service.aggregation.tally import NATIONAL
from indicator_service.definitions.models import Direction
from indicator_service.steering.bands import movement
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
