"""What was aimed for on a day, and figures with it: each value cites the target that was in force and its band.

A national target holds for the national figure and for every unit that has none of its own, unless the indicator is a
plain count, of which a unit has only its part. The band is read from the value that the reader is shown: from a hidden
value nothing is read, so that no status tells more than the figure beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final
from uuid import UUID

from indicator_service.aggregation.calendar import Period
from indicator_service.aggregation.cited import CitedPriority, CitedTarget, Status
from indicator_service.aggregation.figure import IndicatorFigures
from indicator_service.aggregation.figures import UnitFigures
from indicator_service.aggregation.tally import NATIONAL
from indicator_service.definitions.models import Direction
from indicator_service.steering.bands import Limits, band_of, faults_of

_PLAIN_COUNT: Final = "count"
_DIRECTIONS: Final[Mapping[str, Direction]] = {"lower": "lower", "higher": "higher"}

Place = tuple[str, int, str]
"""A unit, the number of an indicator and a kind of period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """A version of a target on a day on which it was in force."""

    target_id: UUID
    version: int
    unit: str
    goal: float
    near: float
    margin: float
    hold_days: int
    first_day: date
    last_day: date | None

    def limits(self, direction: str) -> Limits | None:
        """Return its limits; nothing when the direction of the definition no longer fits them."""
        found = Limits(
            direction=_DIRECTIONS.get(direction, "neutral"),
            goal=self.goal,
            near=self.near,
            margin=self.margin,
            hold_days=self.hold_days,
        )
        return None if faults_of(found) else found


@dataclass(frozen=True, slots=True, kw_only=True)
class Aims:
    """The targets in force on a day, by place, and the priorities of that time."""

    targets: Mapping[Place, Aim] = field(default_factory=dict)
    priorities: Sequence[CitedPriority] = ()

    def aim(self, unit: str, figures: IndicatorFigures, period: str) -> Aim | None:
        """Return what holds for an indicator of a unit: its own target, or else the national one."""
        own = self.targets.get((unit, figures.number, period))
        if own is not None or figures.kind == _PLAIN_COUNT:
            return own
        return self.targets.get((NATIONAL, figures.number, period))

    def cited(self, unit: str, figures: UnitFigures, period: Period) -> UnitFigures:
        """Return figures, as they are to be shown, with the targets and the priorities that they stand under."""
        priorities = tuple(each for each in self.priorities if each.unit in {unit, NATIONAL})
        first = {each.indicator for each in priorities}
        indicators = tuple(
            self._under(self.aim(unit, each, period.kind), each, first=each.number in first)
            for each in figures.indicators
        )
        return replace(figures, indicators=indicators, priorities=priorities)

    def under(self, unit: str, figures: IndicatorFigures, period: Period) -> IndicatorFigures:
        """Return one indicator's figures with the target that they stand under, whatever comes first."""
        return self._under(self.aim(unit, figures, period.kind), figures, first=False)

    def _under(self, aim: Aim | None, figures: IndicatorFigures, *, first: bool) -> IndicatorFigures:
        if aim is None and not first:
            return figures
        return replace(figures, target=_cited(aim, figures), prioritised=first)


NO_AIMS: Final = Aims()


def _cited(aim: Aim | None, figures: IndicatorFigures) -> CitedTarget | None:
    limits = None if aim is None else aim.limits(figures.direction)
    if aim is None or limits is None:
        return None
    status = _status(figures)
    value = figures.value.value
    return CitedTarget(
        id=aim.target_id,
        version=aim.version,
        unit=aim.unit,
        goal=aim.goal,
        near=aim.near,
        valid_from=aim.first_day,
        valid_until=aim.last_day,
        status=status,
        band=band_of(value, limits) if status == "judged" and value is not None else None,
    )


def _status(figures: IndicatorFigures) -> Status:
    if not figures.counted:
        return "not_counted"
    if figures.value.suppressed:
        return "suppressed"
    return "no_value" if figures.value.value is None else "judged"
