"""Hears the outbox's notifications on a connection of its own."""

import asyncio
from collections.abc import Callable

import asyncpg
import structlog

from forkant_kit.outbox import OUTBOX_CHANNEL
from forkant_kit.relay_rows import DATABASE_LOST

_log = structlog.get_logger(__name__)


async def listen(database_url: str, wake: Callable[[], None], *, retry_s: float) -> None:
    """Call ``wake`` on each notification until cancelled; a lost connection is made again after ``retry_s`` seconds.

    Notifications are missed meanwhile, so polling must find what they tell of.
    """
    while True:
        try:
            connection = await asyncpg.connect(database_url, server_settings={"application_name": "relay-listen"})
            lost = asyncio.Event()
            connection.add_termination_listener(lambda _c, lost=lost: lost.set())
            await connection.add_listener(OUTBOX_CHANNEL, lambda *_: wake())
            try:
                await lost.wait()
            finally:
                await connection.close(timeout=1)
        except DATABASE_LOST as error:
            _log.warning("relay_listener_lost", error=type(error).__name__)
        await asyncio.sleep(retry_s)
