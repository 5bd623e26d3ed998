"""Reads: the tallies of each of many months, from one statement."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service.aggregation.calendar import add_months, month_period, months_through, twelve_until
from indicator_service.aggregation.imported import groups_of, reach_of
from indicator_service.aggregation.tally import Imported, Tally
from indicator_service.definitions import Catalogue, Metric
from indicator_service.definitions.metrics import BY_DAY, HISTOGRAMS, STOCKS
from indicator_service.imports import store as imports
from indicator_service.imports.standing import standing
from indicator_service.queries_goals import GoalInForce, goals_in_force

# Of a stock, what came before the first month stands in the month before it. Of what is counted by day the month under
# way is read by day, so that days to come are in none.
_READ: Final = """
SELECT district, metric, greatest(month, CAST(:before AS date)) AS month, bucket, sum(amount) AS amount
FROM (
    SELECT district, metric, month, bucket, amount FROM district_cell
    WHERE generation = :generation AND metric = ANY(:metrics) AND month <= :last
      AND (month >= :first OR metric = ANY(:stocks)) AND (month < :current OR metric <> ALL(:by_day))
    UNION ALL
    SELECT district, metric, CAST(:current AS date), 0, amount FROM district_day
    WHERE generation = :generation AND metric = ANY(:metrics) AND day BETWEEN :current AND :until
) AS counted
"""
_METRICS: Final = {metric.value: metric for metric in Metric}
_NOTHING: Final = Counter[Metric]()
_GROUPED: Final = " GROUP BY 1, 2, 3, 4"
_EVERY: Final = text(_READ + _GROUPED)
_OF_UNITS: Final = text(f"{_READ} WHERE district = ANY(:units) {_GROUPED}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which months of whom are asked for, of which definitions, and on which day."""

    first: date
    last: date
    units: Collection[str] | None
    """None: everybody's."""
    catalogue: Catalogue
    today: date
    kind: Literal["month", "rolling_12"] = "month"
    """Whether figures of the months are computed, or of the twelve until each, which rest on more that is imported."""

    @property
    def months(self) -> tuple[date, ...]:
        """The months, in order."""
        return months_through(self.first, self.last)


def metrics_of(catalogue: Catalogue) -> frozenset[Metric]:
    """Return all that some definitions are computed from, and what their totals are part of."""
    found = {metric for i in catalogue.indicators for version in i.versions for metric in version.metrics}
    counted = (metric for count in catalogue.counts for metric in (count.flow, count.stock_in, count.stock_out))
    return frozenset(found | {metric for metric in counted if metric})


def metrics_read(catalogue: Catalogue, *, stocks: Collection[Metric], goals: Collection[str]) -> dict[str, list[str]]:
    """Return which metrics are read for some definitions, and which of these are stocks, and counted by day.

    Each of many rows is compared with each stock and with each that is counted by day: so no others are named.

    Args:
        catalogue: the definitions.
        stocks: what of their totals is a stock, besides what always is.
        goals: the metrics of goals, of which each is both.
    """
    metrics = metrics_of(catalogue)

    def named(some: Collection[Metric]) -> list[str]:
        return sorted({*(metric.value for metric in metrics.intersection(some)), *goals})

    return {"metrics": named(metrics), "stocks": named({*stocks, *STOCKS}), "by_day": named(BY_DAY)}


async def month_tallies(conn: AsyncConnection, asked: Asked, *, generation: int) -> dict[date, dict[str, Tally]]:
    """Return the tally of each month of each of the units, or of every unit for which something counts in any."""
    stocks = {metric for count in asked.catalogue.counts for metric in (count.stock_in, count.stock_out) if metric}
    current = asked.today.replace(day=1)
    goals = await goals_in_force(
        conn, first=asked.first, last=month_period(asked.last, today=asked.today).counted_until
    )
    of_goals = {goal.metric.value for goal in goals}
    bind = {
        "generation": generation,
        "before": add_months(asked.first, -1),
        "first": asked.first,
        "last": asked.last,
        "current": current,
        "until": asked.today if asked.last >= current else add_months(asked.first, -1),
        **metrics_read(asked.catalogue, stocks=stocks, goals=of_goals),
    }
    if asked.units is None:
        rows = await conn.execute(_EVERY, bind)
    else:
        rows = await conn.execute(_OF_UNITS, {**bind, "units": [*asked.units]})
    sums: defaultdict[str, _Sums] = defaultdict(_Sums)
    for unit in asked.units or ():
        sums[unit] = _Sums()
    for district, metric, month, bucket, amount in rows:
        if metric in of_goals:
            sums[district].tie(month, metric, int(amount))
        else:
            sums[district].add(month, _METRICS[metric], bucket, int(amount))
    imported = await _imported(conn, asked)
    for unit in imported:
        sums.setdefault(unit, _Sums())
    histograms = HISTOGRAMS & metrics_of(asked.catalogue)
    of_units = {
        unit: found.tallies(
            asked,
            histograms,
            {unit: imported[unit]} if unit in imported else {},
            stocks=stocks | STOCKS,
            goals=[goal for goal in goals if goal.unit == unit],
        )
        for unit, found in sums.items()
    }
    return {month: {unit: tallies[month] for unit, tallies in of_units.items()} for month in asked.months}


class _Sums:
    """The sums of one unit while its rows are read."""

    def __init__(self) -> None:
        self._within: defaultdict[date, Counter[Metric]] = defaultdict(Counter)
        self._buckets: defaultdict[date, dict[Metric, Counter[int]]] = defaultdict(dict)
        self._tied: defaultdict[str, list[tuple[date, int]]] = defaultdict(list)

    def add(self, month: date, metric: Metric, bucket: int, amount: int) -> None:
        self._within[month][metric] += amount
        if metric in HISTOGRAMS and amount:
            self._buckets[month].setdefault(metric, Counter())[bucket] += amount

    def tie(self, month: date, goal: str, amount: int) -> None:
        self._tied[goal].append((month, amount))

    def _tied_at(self, month: date, goals: Collection[GoalInForce], *, today: date) -> int:
        """Return how many cases are tied to a goal that is in force at the end of a month, or today."""
        day = month_period(month, today=today).counted_until
        in_force = {goal.metric.value for goal in goals if goal.first <= day <= goal.last}
        return sum(amount for goal in in_force for told, amount in self._tied[goal] if told <= month)

    def tallies(
        self,
        asked: Asked,
        histograms: Collection[Metric],
        imported: Mapping[str, Imported],
        *,
        stocks: Collection[Metric],
        goals: Collection[GoalInForce],
    ) -> dict[date, Tally]:
        there = Counter[Metric]()
        _come(there, self._within.get(add_months(asked.first, -1), _NOTHING), stocks)
        empty = {metric: Counter[int]() for metric in histograms}
        found = {}
        for month in asked.months:
            within = self._within.get(month, _NOTHING)
            _come(there, within, stocks)
            until_end = _copy(there)
            if goals:
                until_end[Metric.ACTIVE_TIED] = self._tied_at(month, goals, today=asked.today)
            buckets = empty | self._buckets.get(month, {})
            found[month] = Tally(within=within, until_end=until_end, histograms=buckets, imported=imported)
        return found


def _come(there: Counter[Metric], within: Mapping[Metric, int], stocks: Collection[Metric]) -> None:
    """Add what came within a month to what there is; of flows nobody asks how many there ever were."""
    for metric, amount in within.items():
        if metric in stocks:
            there[metric] += amount


def _copy(sums: Counter[Metric]) -> Counter[Metric]:
    # Made empty and filled as a dictionary: a counter asks of what it is made from whether it is a mapping, hundreds
    # of times for one answer.
    found = Counter[Metric]()
    dict.update(found, sums)
    return found


async def _imported(conn: AsyncConnection, asked: Asked) -> dict[str, Imported]:
    period_of = month_period if asked.kind == "month" else twelve_until
    reaches = [
        reach
        for month in asked.months
        for period in [period_of(month, today=asked.today)]
        if (reach := reach_of(groups_of(asked.catalogue, period), period)) is not None
    ]
    if not reaches:
        return {}
    first, last = min(first for first, _ in reaches), max(last for _, last in reaches)
    return standing(await imports.lines(conn, first=first, last=last, units=asked.units, known_at=None))
