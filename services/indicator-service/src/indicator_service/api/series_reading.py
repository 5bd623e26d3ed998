"""Reading a series for an answer: from one snapshot, hidden as everywhere, written down before it is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from forkant_kit.audit.record import Trail
from forkant_kit.db import transaction
from forkant_kit.freshness import Freshness, read_freshness

from indicator_service import audit_names, generations, queries
from indicator_service.aggregation.calendar import Period, add_months, month_period, twelve_until
from indicator_service.aggregation.figure import IndicatorFigures
from indicator_service.aggregation.figures import Mask, indicator_figures
from indicator_service.aggregation.months import ByMonth, hidden_twelve, masks_of_months, needed_to_hide, twelve
from indicator_service.aggregation.snapshot import Reader
from indicator_service.aggregation.structure import Structure, every_unit
from indicator_service.aggregation.tally import NATIONAL, Tally, sum_of
from indicator_service.api.dependencies import Dependencies
from indicator_service.api.parameters import no_such_unit
from indicator_service.api.series_documents import Point
from indicator_service.api.trail import figures_entry
from indicator_service.definitions import Catalogue, Indicator, Metric
from indicator_service.policy import READ_FIGURES
from indicator_service.queries_months import Asked, month_tallies
from indicator_service.row_security import stance
from indicator_service.steering.aims import Aims
from indicator_service.steering.aims_store import read_aims_through

Line = tuple[str, Sequence[Point]]
_BEFORE = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesAsked:
    """What a series is of, and who asks."""

    indicator: Indicator
    units: tuple[str, ...]
    months: tuple[date, ...]
    kind: Literal["month", "rolling_12"]
    reader: Reader
    structure: Structure
    today: date

    @property
    def periods(self) -> tuple[Period, ...]:
        """The period of each point."""
        of = month_period if self.kind == "month" else twelve_until
        return tuple(of(month, today=self.today) for month in self.months)

    @property
    def span(self) -> Period:
        """The first month, from which on the units of an answer are told or not."""
        return month_period(self.months[0], today=self.today)

    @property
    def exact(self) -> bool:
        """Whether nothing has to be hidden."""
        return all(self.reader.sees_exact(unit) for unit in self.units)


async def read_series(
    deps: Dependencies, asked: SeriesAsked, *, trail: Trail, action: str = READ_FIGURES
) -> tuple[list[Line], Freshness]:
    """Read the points of each unit, and write down what is shown.

    Args:
        deps: the database and the definitions.
        asked: what is asked for.
        trail: the record of the request.
        action: the policy's name for what the caller does.

    Raises:
        ProblemError: 404, there is no such unit.
    """
    catalogue = deps.catalogue.only(asked.indicator, wholes=not asked.exact)
    # The nation is among the units, and whoever may not see all may not see it unhidden.
    async with transaction(deps.engine, stance(asked.reader, units=None)) as conn:
        generation = await generations.live(conn)
        freshness = await read_freshness(conn, group=generations.group_of(generation))
        uncounted = await queries.uncounted_metrics(conn, generation=generation)
        found = await month_tallies(conn, _read(asked, catalogue), generation=generation)
        by_month = {month: every_unit(tallies, asked.structure.register) for month, tallies in found.items()}
        aims = await read_aims_through(conn, periods=asked.periods, indicator=asked.indicator.number, today=asked.today)
        there = {unit for tallies in by_month.values() for unit in tallies}
        if any(unit not in {*asked.structure.register.units, NATIONAL, *there} for unit in asked.units):
            raise no_such_unit()
        ids = audit_names.shown_months(units=asked.units, months=asked.months, indicator=asked.indicator.number)
        await trail.record(conn, figures_entry(ids, action=action))
    shown = _Shown(
        asked=asked, periods=asked.periods, catalogue=catalogue, by_month=by_month, aims=aims, uncounted=uncounted
    )
    masks = {} if asked.exact else _masks(deps, asked, shown)
    return [(unit, shown.line(unit, {} if asked.reader.sees_exact(unit) else masks)) for unit in asked.units], freshness


def _read(asked: SeriesAsked, catalogue: Catalogue) -> Asked:
    first, last = asked.months[0], asked.months[-1]
    if asked.kind == "rolling_12":
        first = add_months(first, -_BEFORE)
    elif not asked.exact:
        first, last = needed_to_hide(asked.months, today=asked.today)
    return Asked(first=first, last=last, units=None, catalogue=catalogue, today=asked.today, kind=asked.kind)


def _masks(deps: Dependencies, asked: SeriesAsked, shown: "_Shown") -> dict[date, Mask]:
    if asked.kind == "month":
        kin = asked.structure.register.kin
        return masks_of_months(shown.by_month, catalogue=shown.catalogue, today=asked.today, rank=deps.rank, kin=kin)
    every = [*next(iter(shown.by_month.values()))]
    return {month: hidden_twelve(shown.catalogue, every, period=twelve_until(month, today=asked.today))
            for month in asked.months}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    asked: SeriesAsked
    periods: Sequence[Period]
    catalogue: Catalogue
    by_month: ByMonth
    aims: Mapping[date, Aims]
    uncounted: frozenset[Metric]

    def line(self, unit: str, masks: Mapping[date, Mask]) -> list[Point]:
        members = self.asked.structure.members(unit)
        tallies = {month: self._tally(unit, members, units) for month, units in self.by_month.items()}
        points = []
        for period in self.periods:
            month = period.last_month
            tally = tallies[month] if self.asked.kind == "month" else twelve(tallies, month)
            points.append(Point(period=period, figures=self._figures(unit, tally, period, masks.get(month))))
        return points

    def _tally(self, unit: str, members: Sequence[str], units: Mapping[str, Tally]) -> Tally:
        if unit == NATIONAL:
            return sum_of(units.values())
        found = [units[each] for each in members if each in units]
        return found[0] if len(found) == 1 else sum_of(found)

    def _figures(self, unit: str, tally: Tally, period: Period, mask: Mask | None) -> IndicatorFigures:
        found = indicator_figures(
            unit,
            tally,
            self.asked.indicator,
            period=period,
            mask=mask,
            uncounted=self.uncounted,
            structure=self.asked.structure,
        )
        return self.aims[period.last_month].under(unit, found, period)
