"""Parity: whether a generation may take the live one's place.

Three things are asked. Its cells must equal a recount of its own facts, cell by cell. It must know every case and
concern that the live one knows, in no older version. And where both know the same version, the facts should be the
same; where they are not, the events have told it something else than they told the release of then, which may be why
it was built, and somebody has to say so.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from forkant_kit.db import transaction
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from indicator_service.aggregation.cells import Cell, cells_of
from indicator_service.aggregation.measure_cells import MeasureCell, measure_cells_of
from indicator_service.definitions.metrics import BY_DAY, GOALS, Metric, metric_of
from indicator_service.facts_read import facts_of_unit

SETTLE_S: Final = 30.0
"""Seconds within which a generation must come to know what the live one knew when they were compared."""
_PAUSE_S: Final = 0.2
_MOST: Final = 100_000

_UNITS: Final = text("""
SELECT unit FROM case_fact WHERE generation = :generation UNION SELECT unit FROM concern_fact
WHERE generation = :generation UNION SELECT unit FROM cell WHERE generation = :generation
UNION SELECT unit FROM measure_cell WHERE generation = :generation ORDER BY unit
""")
_CELLS: Final = text("""
SELECT unit, metric, month, case_type, theme, age_band, bucket, amount FROM cell
WHERE generation = :generation AND district = split_part(:unit, '/', 1) AND unit = :unit AND amount <> 0
""")
_MEASURE_CELLS: Final = text("""
SELECT unit, metric, month, dimension, category, bucket, amount FROM measure_cell
WHERE generation = :generation AND district = split_part(:unit, '/', 1) AND unit = :unit AND amount <> 0
""")
_BY_DISTRICT: Final = text("""
SELECT count(*) FROM (
    SELECT district, metric, month,
           CASE WHEN metric = ANY(:by_day) OR starts_with(metric, :goals) THEN 0 ELSE bucket END AS bucket,
           sum(amount) AS amount FROM cell WHERE generation = :generation
    GROUP BY 1, 2, 3, 4
) AS f
FULL JOIN (SELECT * FROM district_cell WHERE generation = :generation) AS d USING (district, metric, month, bucket)
WHERE coalesce(f.amount, 0) <> coalesce(d.amount, 0)
""")
_BY_DISTRICT_AND_DAY: Final = text("""
SELECT count(*) FROM (
    SELECT district, metric, month + bucket - 1 AS day, sum(amount) AS amount FROM cell
    WHERE generation = :generation AND (metric = ANY(:by_day) OR starts_with(metric, :goals)) GROUP BY 1, 2, 3
) AS f
FULL JOIN (SELECT * FROM district_day WHERE generation = :generation) AS d USING (district, metric, day)
WHERE coalesce(f.amount, 0) <> coalesce(d.amount, 0)
""")
_COMPARED: Final = """
SELECT count(*) AS known, count(*) FILTER (WHERE n.version = o.version AND n.fact <> o.fact) AS different,
       (array_agg(o.{key} ORDER BY o.{key}) FILTER (WHERE n.version IS NULL OR n.version < o.version))[1 : {most}]
           AS late,
       (array_agg(o.version ORDER BY o.{key}) FILTER (WHERE n.version IS NULL OR n.version < o.version))[1 : {most}]
           AS versions
FROM {table} AS o LEFT JOIN {table} AS n ON n.generation = :generation AND n.{key} = o.{key}
WHERE o.generation = :live
"""
_LATE: Final = """
SELECT count(*) FROM unnest(CAST(:ids AS uuid[]), CAST(:versions AS int[])) AS w (id, version)
WHERE NOT EXISTS (
    SELECT FROM {table} AS n WHERE n.generation = :generation AND n.{key} = w.id AND n.version >= w.version)
"""
# Each statement reads whole tables, which takes longer than anything that somebody waits for may.
_PATIENCE: Final = text("SET LOCAL statement_timeout = 0")
_CHANGES: Final = text("""
SELECT district, metric, coalesce(o.amount, 0) AS live, coalesce(n.amount, 0) AS next
FROM (SELECT district, metric, sum(amount) AS amount FROM district_cell WHERE generation = :live GROUP BY 1, 2) AS o
FULL JOIN (SELECT district, metric, sum(amount) AS amount FROM district_cell WHERE generation = :generation
           GROUP BY 1, 2) AS n USING (district, metric)
WHERE coalesce(o.amount, 0) <> coalesce(n.amount, 0) ORDER BY district, metric
""")
_TABLES: Final = {"case_fact": "case_id", "concern_fact": "concern_id"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """What came of the comparison of a generation with its own facts and with the live one."""

    cells: int
    """Cells compared with the recount."""
    wrong_cells: int
    """Of these, how many are not what the recount says, district cells that don't add up among them."""
    known: int
    """Cases and concerns that the live generation knows."""
    different: int
    """Of these, how many are known in the same version and yet say something else."""
    missing: int
    """Of these, how many were not known in that version within :data:`SETTLE_S` seconds."""

    @property
    def sound(self) -> bool:
        """Whether it counts rightly what it knows, and knows all that the live one knows."""
        return self.wrong_cells == 0 and self.missing == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What becomes of one metric of a district, over all months, when the generation takes the live one's place."""

    district: str
    metric: str
    live: int
    next: int


@dataclass(frozen=True, slots=True)
class _Late:
    table: str
    ids: list[UUID]
    versions: list[int]


async def compare(engine: AsyncEngine, generation: int, *, live: int, settle_s: float = SETTLE_S) -> Parity:
    """Compare a generation, while events go on being read; the memory is that of one unit's cells."""
    async with transaction(engine, snapshot=True) as conn:
        await conn.execute(_PATIENCE)
        cells, wrong = await _recounted(conn, generation)
        known, different, late = await _compared(conn, generation, live=live)
    missing = await _still_late(engine, generation, late, settle_s=settle_s)
    return Parity(cells=cells, wrong_cells=wrong, known=known, different=different, missing=missing)


async def changes(conn: AsyncConnection, generation: int, *, live: int) -> list[Change]:
    """Return which counts would change; while events are being read, some that will be alike in a moment."""
    rows = await conn.execute(_CHANGES, {"generation": generation, "live": live})
    return [Change(district=r.district, metric=r.metric, live=int(r.live), next=int(r.next)) for r in rows]


async def _recounted(conn: AsyncConnection, generation: int) -> tuple[int, int]:
    compared = 0
    bind = {"generation": generation, "by_day": sorted(metric.value for metric in BY_DAY), "goals": GOALS}
    wrong = sum([int((await conn.execute(each, bind)).scalar_one()) for each in (_BY_DISTRICT, _BY_DISTRICT_AND_DAY)])
    for unit in (await conn.execute(_UNITS, {"generation": generation})).scalars().all():
        expected: Counter[Cell | MeasureCell] = Counter()
        async for fact in facts_of_unit(conn, generation, unit):
            for cell, amount in cells_of(fact):
                expected[cell] += amount
            expected.update(measure_cells_of(fact))
        rows = await conn.execute(_CELLS, {"generation": generation, "unit": unit})
        found: dict[Cell | MeasureCell, int] = {
            Cell(row.unit, metric_of(row.metric), *row[2:7]): int(row.amount) for row in rows
        }
        rows = await conn.execute(_MEASURE_CELLS, {"generation": generation, "unit": unit})
        found |= {MeasureCell(row.unit, Metric(row.metric), *row[2:6]): int(row.amount) for row in rows}
        compared += len(found)
        wrong += sum(1 for cell in expected.keys() | found.keys() if expected.get(cell, 0) != found.get(cell, 0))
    return compared, wrong


async def _compared(conn: AsyncConnection, generation: int, *, live: int) -> tuple[int, int, list[_Late]]:
    known = different = 0
    late = []
    for table, key in _TABLES.items():
        statement = text(_COMPARED.format(table=table, key=key, most=_MOST))
        row = (await conn.execute(statement, {"generation": generation, "live": live})).one()
        known, different = known + row.known, different + row.different
        if row.late:
            late.append(_Late(table, list(row.late), list(row.versions)))
    return known, different, late


async def _still_late(engine: AsyncEngine, generation: int, late: list[_Late], *, settle_s: float) -> int:
    """Return how many are not known in time: of what the live one had read a moment before, nothing may be missing."""
    deadline = asyncio.get_running_loop().time() + settle_s
    while True:
        missing = 0
        async with transaction(engine) as conn:
            for each in late:
                statement = text(_LATE.format(table=each.table, key=_TABLES[each.table]))
                bind = {"generation": generation, "ids": each.ids, "versions": each.versions}
                missing += int((await conn.execute(statement, bind)).scalar_one())
        if missing == 0 or asyncio.get_running_loop().time() > deadline:
            return missing
        await asyncio.sleep(_PAUSE_S)
