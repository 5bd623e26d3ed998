"""What a generation counts, from its facts: done once, when one that is being built has read everything.

While it reads on from the beginning nobody is shown its cells, and to change them with every batch would take longer
than all the rest: they are what its facts add up to, so they are counted from the facts at the end. From then on each
batch changes them. Batches of the generation wait meanwhile, and those of others don't.

One transaction keeps the batches out and reads facts, another one writes cells, so that one unit is counted while the
cells of the unit before are written. What the second has written and the first does not come to note is cleared by
whoever counts next.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
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
"""Cells that one statement writes."""
# Another worker may count at the moment, and whole tables are read: longer than anything that somebody waits for may.
_PATIENCE: Final = text("SET LOCAL statement_timeout = 0")
_Key = TypeVar("_Key", Cell, MeasureCell)
_Counted = tuple[Mapping[Cell, int], Mapping[MeasureCell, int]]
_log = structlog.get_logger(__name__)


async def count_facts(engine: AsyncEngine, number: int) -> bool:
    """Count the cells of a generation that holds facts alone; return whether there was something to do.

    The memory is that of two units' cells.
    """
    async with transaction(engine) as conn:
        await conn.execute(_PATIENCE)
        if not await generations.hold_to_count(conn, number):
            return False
        _log.info("generation_being_counted", generation=number)
        async with transaction(engine) as writing:
            await writing.execute(_PATIENCE)
            await generations.clear_cells(writing, number)
            await _count_all(conn, writing, number)
            await store.sum_districts(writing, generation=number)
        await generations.note_counted(conn, number)
    return True


async def _count_all(reading: AsyncConnection, writing: AsyncConnection, number: int) -> None:
    counted: asyncio.Queue[_Counted | None] = asyncio.Queue(maxsize=1)

    async def write() -> None:
        while (found := await counted.get()) is not None:
            await _write(writing, number, *found)

    async with asyncio.TaskGroup() as group:
        group.create_task(write(), name="count-write")
        for unit in await units_with_facts(reading, number):
            await counted.put(await _count(reading, number, unit))
        await counted.put(None)


async def _count(conn: AsyncConnection, number: int, unit: str) -> _Counted:
    cells: defaultdict[Cell, int] = defaultdict(int)
    measured: defaultdict[MeasureCell, int] = defaultdict(int)
    async for fact in facts_of_unit(conn, number, unit):
        for cell, amount in cells_of(fact):
            cells[cell] += amount
        for part in measure_cells_of(fact):
            measured[part] += 1
    return cells, measured


async def _write(
    conn: AsyncConnection, number: int, cells: Mapping[Cell, int], measured: Mapping[MeasureCell, int]
) -> None:
    for some in _by_the_many(cells):
        await store.insert_cells(conn, some, generation=number)
    for part in _by_the_many(measured):
        await measure_store.add_measure_cells(conn, part, generation=number)


def _by_the_many(cells: Mapping[_Key, int]) -> Iterator[Counter[_Key]]:
    left = ((cell, amount) for cell, amount in cells.items() if amount)
    while some := dict(islice(left, _AT_ONCE)):
        yield Counter(some)
