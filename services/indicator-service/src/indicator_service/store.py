"""The SQL of the projection: facts in and out, cells and changes in.

Rows are written in the order of their keys, so that the transactions of two partitions never wait for each other in a
ring. Cells come last but one and the changes last, so that what partitions share is locked for the shortest time.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service.aggregation.cells import Cells
from indicator_service.aggregation.facts import CaseFact, ConcernFact
from indicator_service.definitions.metrics import BY_DAY, GOALS, GoalMetric
from indicator_service.fact_codec import case_from_json, case_to_json, concern_from_json, concern_to_json

_BY_DAY: Final = sorted(metric.value for metric in BY_DAY)
_LOAD_CASES: Final = text("""
SELECT case_id AS id, CAST(fact AS text) AS fact FROM case_fact WHERE generation = :generation AND case_id = ANY(:ids)
""")
_LOAD_CONCERNS: Final = text("""
SELECT concern_id AS id, CAST(fact AS text) AS fact FROM concern_fact
WHERE generation = :generation AND concern_id = ANY(:ids)
""")
# Two generations that erase the same case at once go one after the other, so that the second finds what the first did.
_LOCK_ERASED: Final = text("""
SELECT pg_advisory_xact_lock(hashtextextended(CAST(id AS text), 0)) FROM unnest(CAST(:ids AS uuid[])) AS id ORDER BY id
""")
_HELD_ELSEWHERE: Final = text("""
WITH left_over AS (
    DELETE FROM case_fact AS f USING generation AS g
    WHERE f.case_id = ANY(:ids) AND g.number = f.generation AND g.state = 'dropped'
)
SELECT DISTINCT f.case_id FROM case_fact AS f JOIN generation AS g ON g.number = f.generation
WHERE f.case_id = ANY(:ids) AND f.generation <> :generation AND NOT f.erased AND g.state <> 'dropped'
""")
_SAVE_CASES: Final = text("""
INSERT INTO case_fact (generation, case_id, version, unit, erased, fact)
SELECT CAST(:generation AS int), f.id, f.version, f.unit, f.erased, CAST(f.fact AS jsonb)
FROM unnest(CAST(:ids AS uuid[]), CAST(:versions AS int[]), CAST(:units AS text[]), CAST(:erased AS bool[]),
            CAST(:facts AS text[])) AS f (id, version, unit, erased, fact)
ON CONFLICT (generation, case_id) DO UPDATE
SET version = EXCLUDED.version, unit = EXCLUDED.unit, erased = EXCLUDED.erased, fact = EXCLUDED.fact
""")
_SAVE_CONCERNS: Final = text("""
INSERT INTO concern_fact (generation, concern_id, version, unit, fact)
SELECT CAST(:generation AS int), f.id, f.version, f.unit, CAST(f.fact AS jsonb)
FROM unnest(CAST(:ids AS uuid[]), CAST(:versions AS int[]), CAST(:units AS text[]), CAST(:facts AS text[]))
     AS f (id, version, unit, fact)
ON CONFLICT (generation, concern_id) DO UPDATE
SET version = EXCLUDED.version, unit = EXCLUDED.unit, fact = EXCLUDED.fact
""")
# PostgreSQL runs the parts that nothing reads from last: the cells by district, which partitions share the most.
_ADD_CELLS: Final = text("""
WITH delta AS MATERIALIZED (
    SELECT split_part(d.unit, '/', 1) AS district, d.*
    FROM unnest(CAST(:units AS text[]), CAST(:metrics AS text[]), CAST(:months AS date[]),
                CAST(:case_types AS text[]), CAST(:themes AS text[]), CAST(:age_bands AS text[]),
                CAST(:buckets AS int[]), CAST(:amounts AS bigint[]))
         AS d (unit, metric, month, case_type, theme, age_band, bucket, amount)
), by_district AS (
    INSERT INTO district_cell AS c (generation, district, metric, month, bucket, amount)
    SELECT CAST(:generation AS int), district, metric, month,
           CASE WHEN metric = ANY(:by_day) THEN 0 ELSE bucket END, sum(amount) FROM delta
    GROUP BY 1, 2, 3, 4, 5 HAVING sum(amount) <> 0 ORDER BY 1, 2, 3, 4, 5
    ON CONFLICT (generation, district, metric, month, bucket) DO UPDATE SET amount = c.amount + EXCLUDED.amount
), by_day AS (
    INSERT INTO district_day AS c (generation, day, district, metric, amount)
    SELECT CAST(:generation AS int), month + bucket - 1, district, metric, sum(amount) FROM delta
    WHERE metric = ANY(:by_day) GROUP BY 1, 2, 3, 4 HAVING sum(amount) <> 0 ORDER BY 1, 2, 3, 4
    ON CONFLICT (generation, day, district, metric) DO UPDATE SET amount = c.amount + EXCLUDED.amount
)
INSERT INTO cell AS c (generation, district, metric, month, unit, case_type, theme, age_band, bucket, amount)
SELECT CAST(:generation AS int), district, metric, month, unit, case_type, theme, age_band, bucket, amount FROM delta
ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9
ON CONFLICT (generation, district, metric, month, unit, case_type, theme, age_band, bucket)
DO UPDATE SET amount = c.amount + EXCLUDED.amount
""")
_INSERT_CELLS: Final = text("""
INSERT INTO cell (generation, district, metric, month, unit, case_type, theme, age_band, bucket, amount)
SELECT CAST(:generation AS int), split_part(d.unit, '/', 1), d.metric, d.month, d.unit, d.case_type, d.theme,
       d.age_band, d.bucket, d.amount
FROM unnest(CAST(:units AS text[]), CAST(:metrics AS text[]), CAST(:months AS date[]),
            CAST(:case_types AS text[]), CAST(:themes AS text[]), CAST(:age_bands AS text[]),
            CAST(:buckets AS int[]), CAST(:amounts AS bigint[]))
     AS d (unit, metric, month, case_type, theme, age_band, bucket, amount)
ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9
""")
_SUM_DISTRICTS: Final = (
    text("""
    INSERT INTO district_cell (generation, district, metric, month, bucket, amount)
    SELECT generation, district, metric, month,
           CASE WHEN metric = ANY(:by_day) OR starts_with(metric, :goals) THEN 0 ELSE bucket END, sum(amount)
    FROM cell WHERE generation = :generation GROUP BY 1, 2, 3, 4, 5 HAVING sum(amount) <> 0 ORDER BY 1, 2, 3, 4, 5
    """),
    text("""
    INSERT INTO district_day (generation, day, district, metric, amount)
    SELECT generation, month + bucket - 1, district, metric, sum(amount) FROM cell
    WHERE generation = :generation AND (metric = ANY(:by_day) OR starts_with(metric, :goals))
    GROUP BY 1, 2, 3, 4 HAVING sum(amount) <> 0 ORDER BY 1, 2, 3, 4
    """),
)
# Held until commit, the lock makes the order of the sequence the order of commits: a reader that has seen one number
# has missed no smaller one. It is taken last and once a batch.
_LOCK_CHANGES: Final = text("SELECT pg_advisory_xact_lock(hashtext('metric_change'))")
_ADD_CHANGES: Final = text("""
INSERT INTO metric_change (unit) SELECT u.unit FROM unnest(CAST(:units AS text[])) AS u (unit) ORDER BY u.unit
""")
_PRUNE_CHANGES: Final = text("""
DELETE FROM metric_change
WHERE changed_at < clock_timestamp() - make_interval(hours => :hours)
  AND sequence < (SELECT max(sequence) FROM metric_change)
""")


async def load_cases(conn: AsyncConnection, ids: Collection[UUID], *, generation: int) -> dict[UUID, CaseFact]:
    """Return the facts of those of the cases that have one."""
    bind = {"generation": generation, "ids": sorted(ids)}
    rows = await conn.execute(_LOAD_CASES, bind) if ids else ()
    return {row.id: case_from_json(row.fact) for row in rows}


async def load_concerns(conn: AsyncConnection, ids: Collection[UUID], *, generation: int) -> dict[UUID, ConcernFact]:
    """Return the facts of those of the concerns that have one."""
    bind = {"generation": generation, "ids": sorted(ids)}
    rows = await conn.execute(_LOAD_CONCERNS, bind) if ids else ()
    return {row.id: concern_from_json(row.fact) for row in rows}


async def save_cases(conn: AsyncConnection, facts: Mapping[UUID, CaseFact], *, generation: int) -> None:
    """Store the facts of cases."""
    if not facts:
        return
    ids = sorted(facts)
    bind = {
        "generation": generation,
        "ids": ids,
        "versions": [facts[i].version for i in ids],
        "units": [facts[i].unit for i in ids],
        "erased": [facts[i].erased for i in ids],
        "facts": [case_to_json(facts[i]) for i in ids],
    }
    await conn.execute(_SAVE_CASES, bind)


async def save_concerns(conn: AsyncConnection, facts: Mapping[UUID, ConcernFact], *, generation: int) -> None:
    """Store the facts of concerns."""
    if not facts:
        return
    ids = sorted(facts)
    bind = {
        "generation": generation,
        "ids": ids,
        "versions": [facts[i].version for i in ids],
        "units": [facts[i].unit for i in ids],
        "facts": [concern_to_json(facts[i]) for i in ids],
    }
    await conn.execute(_SAVE_CONCERNS, bind)


async def held_elsewhere(conn: AsyncConnection, ids: Collection[UUID], *, generation: int) -> frozenset[UUID]:
    """Return which of the cases that this generation has erased another one has yet to erase.

    What a dropped generation still holds of them is removed at once. Call it after the facts are saved.
    """
    bind = {"generation": generation, "ids": sorted(ids)}
    await conn.execute(_LOCK_ERASED, bind)
    return frozenset((await conn.execute(_HELD_ELSEWHERE, bind)).scalars())


async def add_cells(conn: AsyncConnection, delta: Cells, *, generation: int) -> None:
    """Add to the cells, with every dimension, by district, and by district and day."""
    goals = {cell.metric.value for cell in delta if isinstance(cell.metric, GoalMetric)}
    await conn.execute(_ADD_CELLS, {**_columns(delta), "generation": generation, "by_day": [*_BY_DAY, *goals]})


async def insert_cells(conn: AsyncConnection, cells: Cells, *, generation: int) -> None:
    """Store cells with every dimension that are not there yet; :func:`sum_districts` adds them up afterwards."""
    await conn.execute(_INSERT_CELLS, {**_columns(cells), "generation": generation})


async def sum_districts(conn: AsyncConnection, *, generation: int) -> None:
    """Store what the cells of a generation add up to by district, and by district and day; there is nothing yet."""
    for statement in _SUM_DISTRICTS:
        await conn.execute(statement, {"generation": generation, "by_day": _BY_DAY, "goals": GOALS})


def _columns(cells: Cells) -> dict[str, list[object]]:
    return {
        "units": [cell.unit for cell in cells],
        # A metric is a string, and so are codes.
        "metrics": [cell.metric for cell in cells],
        "months": [cell.month for cell in cells],
        "case_types": [cell.case_type for cell in cells],
        "themes": [cell.theme for cell in cells],
        "age_bands": [cell.age_band for cell in cells],
        "buckets": [cell.bucket for cell in cells],
        "amounts": [*cells.values()],
    }


async def add_changes(conn: AsyncConnection, districts: Iterable[str]) -> None:
    """Note that the figures of these districts changed; call it last in the transaction."""
    await conn.execute(_LOCK_CHANGES)
    await conn.execute(_ADD_CHANGES, {"units": sorted(set(districts))})


async def prune_changes(conn: AsyncConnection, *, hours: int) -> None:
    """Remove old changes; a stream that resumes from before them starts afresh."""
    await conn.execute(_PRUNE_CHANGES, {"hours": hours})
