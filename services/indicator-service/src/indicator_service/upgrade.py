"""Once after an upgrade: what the facts of before contribute to metrics that they were never counted in.

A migration names the metrics in ``uncounted_metric``, and an answer says of their indicators that they are not counted
yet. All of it is one transaction: a reader finds none of the new cells or all, and a worker that dies starts over. The
lock keeps other workers from writing facts meanwhile; batches bound the memory.

What no fact of a generation has anything of is named with that generation. It is not counted from facts, and its
indicators stay without figures until a generation that is made from the events takes its place.
"""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

import structlog
from forkant_kit.db import transaction
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from indicator_service import measure_store, store
from indicator_service.aggregation.cells import cells_of_metrics, district_of
from indicator_service.aggregation.measure_cells import measure_cells_of_metrics
from indicator_service.definitions import Metric
from indicator_service.fact_codec import case_from_json
from indicator_service.units import read_register

BATCH: Final = 2_000
_FIRST: Final = UUID(int=0)

# Waits for as long as another worker counts, which may be longer than any statement takes.
_PATIENCE: Final = text("SET LOCAL statement_timeout = 0")
_LOCK: Final = text("LOCK TABLE case_fact IN SHARE ROW EXCLUSIVE MODE")
_UNCOUNTED: Final = text("SELECT metric FROM uncounted_metric WHERE generation IS NULL")
_COUNTED: Final = text("DELETE FROM uncounted_metric WHERE generation IS NULL AND metric = ANY(:metrics)")
_CLEAR: Final = (
    text("DELETE FROM cell WHERE metric = ANY(:metrics)"),
    text("DELETE FROM district_cell WHERE metric = ANY(:metrics)"),
    text("DELETE FROM district_day WHERE metric = ANY(:metrics)"),
    text("DELETE FROM measure_cell WHERE metric = ANY(:metrics)"),
)
# Waits for a worker that counts all of a generation's facts: only then are its cells seen. One that holds facts alone
# is counted in all metrics by and by.
_HOLD: Final = text("SELECT FROM generation WHERE state <> 'dropped' ORDER BY number FOR SHARE")
_GENERATIONS: Final = text("SELECT number FROM generation WHERE state <> 'dropped' AND NOT facts_alone ORDER BY number")
_FACTS: Final = text("""
SELECT case_id AS id, CAST(fact AS text) AS fact FROM case_fact
WHERE generation = :generation AND case_id > :after ORDER BY case_id LIMIT :batch
""")

_log = structlog.get_logger(__name__)


async def count_what_is_new(engine: AsyncEngine, *, batch: int = BATCH) -> None:
    """Count the facts of before in the metrics that are not counted yet; nothing when there are none."""
    async with transaction(engine) as conn:
        if not await _uncounted(conn):
            return
        await conn.execute(_PATIENCE)
        await conn.execute(_LOCK)
        # Another worker may have counted them while this one waited.
        metrics = await _uncounted(conn)
        if not metrics:
            return
        bind = {"metrics": sorted(metrics)}
        await conn.execute(_HOLD)
        _log.info("counting_new_metrics", metrics=bind["metrics"])
        for statement in _CLEAR:
            await conn.execute(statement, bind)
        districts: set[str] = set()
        for generation in (await conn.execute(_GENERATIONS)).scalars().all():
            districts |= await _count(conn, metrics, generation=generation, batch=batch)
        await conn.execute(_COUNTED, bind)
        # Every unit's answer changes, also of one without cases: its figures are no longer missing.
        await store.add_changes(conn, {*(await read_register(conn)).units, *districts})


async def _uncounted(conn: AsyncConnection) -> frozenset[Metric]:
    return frozenset(map(Metric, (await conn.execute(_UNCOUNTED)).scalars()))


async def _count(conn: AsyncConnection, metrics: Iterable[Metric], *, generation: int, batch: int) -> set[str]:
    districts: set[str] = set()
    after = _FIRST
    bind = {"generation": generation, "batch": batch}
    while rows := (await conn.execute(_FACTS, {**bind, "after": after})).all():
        facts = [case_from_json(row.fact) for row in rows]
        cells = cells_of_metrics(facts, frozenset(metrics))
        measured = measure_cells_of_metrics(facts, frozenset(metrics))
        await measure_store.add_measure_cells(conn, measured, generation=generation)
        if cells:
            await store.add_cells(conn, cells, generation=generation)
        districts |= {district_of(cell.unit) for cell in cells}
        after = rows[-1].id
    return districts
