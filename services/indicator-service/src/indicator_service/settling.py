"""Settling what others are shown of units: soon after something changed, in one transaction under the lock of one row.

The figures of the last twelve months that people see of units whose small counts are hidden from them come from here
alone, in every answer: values, metrics, exports, the stream. So no two processes, and no two ways to ask, show
different moments. See :mod:`indicator_service.aggregation.settled`.
"""

import asyncio
import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from forkant_kit.db import transaction
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from indicator_service import generations, queries, settled_store
from indicator_service.aggregation.calendar import day_of, rolling_12
from indicator_service.aggregation.settled import settle
from indicator_service.aggregation.structure import every_unit
from indicator_service.aggregation.suppression import Rank
from indicator_service.definitions import Catalogue
from indicator_service.settled_store import Reached
from indicator_service.units import read_register

_LOOK_EVERY_S: Final = 2.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settler:
    """What settling takes: the database as the worker's role, the definitions and the clock."""

    engine: AsyncEngine
    catalogue: Catalogue
    now: Callable[[], datetime]


async def keep_settling(settler: Settler, stop: asyncio.Event) -> None:
    """Settle what others are shown soon after something changed, until told to stop; a fault is tried again."""
    while not stop.is_set():
        try:
            await settle_figures(settler)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            _log.warning("figures_not_settled", error=type(error).__name__)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _LOOK_EVERY_S)


async def settle_figures(settler: Settler) -> bool:
    """Bring what others are shown up to date as far as it may move; return whether there was anything to look at."""
    today = day_of(settler.now())
    period = rolling_12(today=today)
    definitions = " ".join(f"{each.number}.{each.at(today).version}" for each in settler.catalogue.indicators)
    async with transaction(settler.engine) as conn:
        # First how far the changes go: the figures read after may hold more, which is then looked at once more.
        now = Reached(sequence=(await queries.change_range(conn)).newest, day=today, definitions=definitions)
        if now == await settled_store.reached(conn):
            return False
        taken = await settled_store.take(conn, now)
        if taken is None:
            return False
        before, key = taken
        generation = await generations.live(conn)
        register = await read_register(conn)
        found = await queries.tallies(
            conn, generation=generation, units=None, period=period, catalogue=settler.catalogue
        )
        after = settle(
            before,
            every_unit(found, register),
            catalogue=settler.catalogue,
            period=period,
            rank=_rank(key),
            register=register,
        )
        await settled_store.finish(conn, after, now)
    return True


def _rank(key: bytes) -> Rank:
    """Return an order of units that the database alone knows."""
    return lambda unit: hashlib.blake2b(unit.encode(), key=key, digest_size=16).digest()
