"""Whether the sums that figures are read from are those of the facts, district by district, in one snapshot.

What a fact contributes is worked out by the same function as the projector's
(:func:`~indicator_service.aggregation.cells.cells_of`); a recount that shares nothing is `forkant verify`'s.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, TypeVar

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service import queries
from indicator_service.aggregation.cells import Cell, cells_of
from indicator_service.aggregation.facts import Fact
from indicator_service.aggregation.measure_cells import MeasureCell, measure_cells_of
from indicator_service.definitions import Metric
from indicator_service.definitions.metrics import BY_DAY, GOALS, CellMetric, GoalMetric, metric_of
from indicator_service.fact_codec import case_from_json, concern_from_json
from indicator_service.self_audit.judging import named

_Key = TypeVar("_Key")
_BATCH: Final = 500
_NEXT: Final = text("""
SELECT min(district) FROM (
    SELECT min(district) AS district FROM district_cell WHERE generation = :generation AND district > :after
    UNION ALL
    SELECT min(district) FROM measure_cell WHERE generation = :generation AND district > :after
    UNION ALL
    SELECT min(split_part(unit, '/', 1)) FROM case_fact
    WHERE generation = :generation AND split_part(unit, '/', 1) > :after
    UNION ALL
    SELECT min(split_part(unit, '/', 1)) FROM concern_fact
    WHERE generation = :generation AND split_part(unit, '/', 1) > :after
) AS each
""")
_FACTS: Final = {
    f"SELECT CAST(fact AS text) AS fact FROM {table}"  # noqa: S608  names of ours
    " WHERE generation = :generation AND (unit = :district OR starts_with(unit, :district || '/'))": read
    for table, read in (("case_fact", case_from_json), ("concern_fact", concern_from_json))
}
_FINE: Final = text("""
SELECT unit, metric, month, case_type, theme, age_band, bucket, amount FROM cell
WHERE generation = :generation AND district = :district AND amount <> 0
""")
_COARSE: Final = text("""
SELECT metric, month, bucket, amount FROM district_cell
WHERE generation = :generation AND district = :district AND amount <> 0
""")
_OF_MEASURES: Final = text("""
SELECT unit, metric, month, dimension, category, bucket, amount FROM measure_cell
WHERE generation = :generation AND district = :district AND amount <> 0
""")
_DAYS: Final = text("""
SELECT metric, day, amount FROM district_day WHERE generation = :generation AND district = :district AND amount <> 0
""")
# A district's facts are read one after the other, which takes longer than anything that somebody waits for may.
_PATIENCE: Final = text("SET LOCAL statement_timeout = 0")
_KNOWN: Final = frozenset(metric.value for metric in Metric)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What was compared of one district, and which metrics are not what its facts add up to."""

    cells: int
    wrong: frozenset[Metric]


@dataclass(slots=True)
class _Counted:
    """The same amounts several times over, as the tables have them."""

    fine: Counter[Cell]
    coarse: Counter[tuple[CellMetric, date, int]]
    days: Counter[tuple[CellMetric, date]]
    measures: Counter[MeasureCell]

    @classmethod
    def empty(cls) -> "_Counted":
        return cls(Counter(), Counter(), Counter(), Counter())

    def add(self, cell: Cell, amount: int) -> None:
        self.fine[cell] += amount
        by_day = cell.metric in BY_DAY or isinstance(cell.metric, GoalMetric)
        self.coarse[cell.metric, cell.month, 0 if by_day else cell.bucket] += amount
        if by_day:
            self.days[cell.metric, cell.month + timedelta(days=cell.bucket - 1)] += amount


async def next_district(conn: AsyncConnection, *, generation: int, after: str) -> str | None:
    """Return the district or special body that comes next, of those that have facts or cells."""
    bind = {"generation": generation, "after": after}
    found: str | None = (await conn.execute(_NEXT, bind)).scalar_one()
    return found


async def compare_sums(conn: AsyncConnection, *, generation: int, district: str) -> Sums:
    """Compare one district; the transaction must be a snapshot, and its memory is that of the district's cells."""
    await conn.execute(_PATIENCE)
    uncounted = await queries.uncounted_metrics(conn, generation=generation)
    expected = _Counted.empty()
    async for fact in _facts(conn, generation=generation, district=district):
        for cell, amount in cells_of(fact):
            expected.add(cell, amount)
        expected.measures.update(measure_cells_of(fact))
    bind = {"generation": generation, "district": district}
    found = _Counted.empty()
    for row in _of_this_release(await conn.execute(_FINE, bind)):
        found.fine[Cell(row.unit, metric_of(row.metric), *row[2:7])] = int(row.amount)
    for row in _of_this_release(await conn.execute(_COARSE, bind)):
        found.coarse[metric_of(row.metric), row.month, row.bucket] = int(row.amount)
    for row in _of_this_release(await conn.execute(_DAYS, bind)):
        found.days[metric_of(row.metric), row.day] = int(row.amount)
    for row in _of_this_release(await conn.execute(_OF_MEASURES, bind)):
        found.measures[MeasureCell(row.unit, Metric(row.metric), *row[2:6])] = int(row.amount)
    wrong = {
        *(named(cell.metric) for cell in _unlike(expected.fine, found.fine)),
        *(named(metric) for metric, *_ in _unlike(expected.coarse, found.coarse)),
        *(named(metric) for metric, _ in _unlike(expected.days, found.days)),
        *(cell.metric for cell in _unlike(expected.measures, found.measures)),
    }
    return Sums(cells=len(found.fine), wrong=frozenset(wrong - uncounted))


def _of_this_release(rows: Iterable[Any]) -> Iterable[Any]:
    # A worker of a later release counts more.
    return (row for row in rows if row.metric in _KNOWN or row.metric.startswith(GOALS))


def _unlike(one: Mapping[_Key, int], other: Mapping[_Key, int]) -> list[_Key]:
    return [key for key in one.keys() | other.keys() if one.get(key, 0) != other.get(key, 0)]


async def _facts(conn: AsyncConnection, *, generation: int, district: str) -> AsyncIterator[Fact]:
    for statement, read in _FACTS.items():
        bind = {"generation": generation, "district": district}
        async with conn.stream(text(statement), bind, execution_options={"yield_per": _BATCH}) as rows:
            async for batch in rows.partitions():
                for row in batch:
                    yield read(row.fact)
                # The process has events to apply.
                await asyncio.sleep(0)
