"""Reads: tallies of units in a period, and what changed since."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service.aggregation.calendar import Period
from indicator_service.aggregation.imported import groups_of, reach_of
from indicator_service.aggregation.tally import Imported, Tally
from indicator_service.definitions import Catalogue, Metric
from indicator_service.definitions.metrics import BY_DAY, GOALS, HISTOGRAMS, STOCKS
from indicator_service.imports import store as imports
from indicator_service.imports.standing import standing
from indicator_service.queries_goals import counting_on, goals_in_force

# What is counted by day is read by month until the month that is counted until, and by day in that one: so a page costs
# the same whatever the years, and days to come are in none.
_READ: Final = """
SELECT district, metric, bucket, coalesce(sum(amount) FILTER (WHERE month >= :first), 0) AS within,
       sum(amount) AS until_end
FROM (
    SELECT district, metric, month, bucket, amount FROM district_cell
    WHERE generation = :generation AND month <= :last AND (month >= :first OR metric = ANY(:stocks))
      AND (month < :last_begun OR metric <> ALL(:by_day))
    UNION ALL
    SELECT district, metric, CAST(:last_begun AS date), 0, amount FROM district_day
    WHERE generation = :generation AND day BETWEEN :last_begun AND :until
) AS counted
WHERE amount <> 0 AND (NOT starts_with(metric, :goals) OR metric = ANY(:in_force))
"""
_EVERY_TALLY: Final = text(f"{_READ} GROUP BY district, metric, bucket")
_TALLIES: Final = text(f"{_READ} AND district = ANY(:units) GROUP BY district, metric, bucket")
_UNCOUNTED: Final = text(
    "SELECT metric FROM uncounted_metric WHERE generation IS NULL OR generation = CAST(:generation AS int)"
)
_SEQUENCE: Final = text(
    "SELECT coalesce(max(sequence), 0) AS newest, coalesce(min(sequence), 0) AS oldest FROM metric_change"
)
_CHANGED: Final = text("SELECT DISTINCT unit FROM metric_change WHERE sequence > :after")
_PARTITIONS: Final = text("""
SELECT topic, partition, greatest(end_offset - next_offset, 0) AS lag, last_recorded_at, observed_at
FROM consumer_offset WHERE consumer_group = :group ORDER BY topic, partition
""")


_KNOWN: Final = frozenset(metric.value for metric in Metric)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionLag:
    """How far one partition is behind, and when its consumer last said so."""

    topic: str
    partition: int
    lag: int
    last_recorded_at: datetime | None
    observed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRange:
    """The newest and the oldest change that are kept; 0 when there is none."""

    newest: int
    oldest: int

    def covers(self, sequence: int) -> bool:
        """Whether everything that changed after a sequence number is still known."""
        return self.oldest - 1 <= sequence <= self.newest


async def uncounted_metrics(conn: AsyncConnection, *, generation: int) -> frozenset[Metric]:
    """Return the metrics that a generation has not counted; ask before the tallies, so that none is shown half."""
    found = (await conn.execute(_UNCOUNTED, {"generation": generation})).scalars()
    return frozenset(Metric(metric) for metric in found if metric in _KNOWN)


async def tallies(
    conn: AsyncConnection,
    *,
    generation: int,
    units: Collection[str] | None,
    period: Period,
    catalogue: Catalogue,
    known_at: datetime | None = None,
) -> dict[str, Tally]:
    """Return the tally of each of the units, empty where nothing counts; or of every unit for which something does.

    Args:
        conn: a transaction that may see the units.
        generation: whose cells.
        units: whose tallies; None: everybody's.
        period: what they are about.
        catalogue: what they are to be enough for.
        known_at: what was imported, as it was known at a moment; what is counted is as of now.
    """
    stocks = {metric for count in catalogue.counts for metric in (count.stock_in, count.stock_out) if metric}
    day = period.counted_until
    tied = counting_on(await goals_in_force(conn, first=day, last=day), day)
    in_force = {metric for _, metric in tied}
    bind = {
        "generation": generation,
        "goals": GOALS,
        "in_force": sorted(in_force),
        "first": period.first_month,
        "last": period.last_month,
        "until": period.counted_until,
        "last_begun": period.counted_until.replace(day=1),
        "stocks": sorted({*(metric.value for metric in {*stocks, *STOCKS}), *in_force}),
        "by_day": sorted({*(metric.value for metric in BY_DAY), *in_force}),
    }
    found = {unit: _empty() for unit in units or ()}
    rows = conn.execute(_EVERY_TALLY, bind) if units is None else conn.execute(_TALLIES, {**bind, "units": [*units]})
    for row in await rows:
        if (row.district, row.metric) in tied:
            found.setdefault(row.district, _empty()).until_end[Metric.ACTIVE_TIED] += int(row.until_end)
            continue
        if row.metric not in _KNOWN:
            # The goal of another unit's plan; or a worker of a later release counts more.
            continue
        if row.district not in found:
            found[row.district] = _empty()
        tally, metric = found[row.district], Metric(row.metric)
        within = int(row.within)
        tally.within[metric] += within
        tally.until_end[metric] += int(row.until_end)
        if metric in HISTOGRAMS and within:
            tally.histograms[metric][row.bucket] += within
    for unit, imported in (await _imported(conn, units, period, catalogue, known_at)).items():
        found[unit] = replace(found.get(unit, _empty()), imported={unit: imported})
    return found


async def _imported(
    conn: AsyncConnection,
    units: Collection[str] | None,
    period: Period,
    catalogue: Catalogue,
    known_at: datetime | None,
) -> dict[str, Imported]:
    reach = reach_of(groups_of(catalogue, period), period)
    if reach is None:
        return {}
    first, last = reach
    return standing(await imports.lines(conn, first=first, last=last, units=units, known_at=known_at))


def _empty() -> Tally:
    return Tally(histograms={metric: Counter() for metric in HISTOGRAMS})


async def change_range(conn: AsyncConnection) -> ChangeRange:
    """Return which changes are kept."""
    row = (await conn.execute(_SEQUENCE)).one()
    return ChangeRange(newest=row.newest, oldest=row.oldest)


async def changed_since(conn: AsyncConnection, sequence: int) -> frozenset[str]:
    """Return the units whose figures changed after a sequence number."""
    return frozenset((await conn.execute(_CHANGED, {"after": sequence})).scalars())


async def partition_lags(conn: AsyncConnection, *, group: str) -> list[PartitionLag]:
    """Return how far each partition is behind."""
    rows = await conn.execute(_PARTITIONS, {"group": group})
    return [PartitionLag(**row._mapping) for row in rows]  # noqa: SLF001  the public name of a row's mapping
