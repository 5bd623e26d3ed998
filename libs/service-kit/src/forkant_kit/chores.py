"""What a worker does now and then beside its work."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

import structlog
from sqlalchemy.exc import SQLAlchemyError

from forkant_kit import chore_metrics as metrics

Chore = Callable[[], Awaitable[object]]
"""Does one thing; what it raises is counted and it is tried again the next time."""

_log = structlog.get_logger(__name__)


async def keep_house(chores: Mapping[str, Chore], *, every_s: float, stop: asyncio.Event) -> None:
    """Do all chores, again every so many seconds, until ``stop`` is set; one that fails keeps no other from its turn.

    Args:
        chores: by the name that the log and the metric have for them.
        every_s: seconds from the end of one turn to the next.
        stop: ends it.
    """
    while not stop.is_set():
        for name, chore in chores.items():
            try:
                await chore()
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                metrics.FAILURES.labels(name).inc()
                _log.error("chore_failed", chore=name, error=type(error).__name__)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), every_s)
