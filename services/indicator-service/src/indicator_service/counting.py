"""What a generation counts, from its facts: done once, when one that is being built has read everything.

While it reads on from the beginning nobody is shown its cells, and to change them with every batch would take longer
than all the rest: they are what its facts add up to, so they are counted from the facts at the end. From then on each
batch changes them. All of it is one transaction; batches of the generation wait for it, and those of others don't.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Final, TypeVar

import structlog
from forkant_kit.db import transaction
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from indicator_service import generations, measure_store, store
from indicator_service.aggregation.cells import Cell, cells_of
from indicator_service.aggregation.measure_cells import MeasureCell, measure_cells_of
from indicator_service.facts_read import facts_of_unit, units_with_facts

_AT_ONCE: Final = 20_000
"""Cells that one statement adds."""
# Another worker may count at the moment, and whole tables are read: longer than anything that somebody waits for may.
_PATIENCE: Final = text("SET LOCAL statement_timeout = 0")
_Key = TypeVar("_Key", Cell, MeasureCell)
_log = structlog.get_logger(__name__)


async def count_facts(engine: AsyncEngine, number: int) -> bool:
    """Count the cells of a generation that holds facts alone; return whether there was something to do.

    The memory is that of one unit's cells.
    """
    async with transaction(engine) as conn:
        await conn.execute(_PATIENCE)
        if not await generations.hold_to_count(conn, number):
            return False
        _log.info("generation_being_counted", generation=number)
        await generations.clear_cells(conn, number)
        for unit in await units_with_facts(conn, number):
            await _count(conn, number, unit)
        await generations.note_counted(conn, number)
    return True


async def _count(conn: AsyncConnection, number: int, unit: str) -> None:
    cells: Counter[Cell] = Counter()
    measured: Counter[MeasureCell] = Counter()
    async for fact in facts_of_unit(conn, number, unit):
        for cell, amount in cells_of(fact):
            cells[cell] += amount
        measured.update(measure_cells_of(fact))
    for some in _by_the_many(cells):
        await store.add_cells(conn, some, generation=number)
    for part in _by_the_many(measured):
        await measure_store.add_measure_cells(conn, part, generation=number)


def _by_the_many(cells: Counter[_Key]) -> Iterator[Counter[_Key]]:
    """Yield the cells that are not zero, in their order: those that add up to one of a district are in few parts."""
    left = iter(sorted(cell for cell, amount in cells.items() if amount))
    while some := list(islice(left, _AT_ONCE)):
        yield Counter({cell: cells[cell] for cell in some})
