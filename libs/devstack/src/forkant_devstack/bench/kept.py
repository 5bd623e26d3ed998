"""A filled outbox that is kept beside, so that a benchmark can fill the outbox again as often as it likes."""

from collections.abc import Sequence
from typing import Final

import asyncpg
from forkant_contracts import Event
from forkant_contracts.topics import CASE_TOPIC
from forkant_kit.outbox import append_events
from sqlalchemy.ext.asyncio import AsyncEngine

from forkant_devstack.bench.events import events

COLUMNS: Final = "topic, partition, event_id, record, recorded_ms, traced"
"""What a row of the outbox, and of ``kept``, has besides its number."""

_CHUNK: Final = 500
_KEEP: Final = (
    "CREATE TEMPORARY TABLE kept AS SELECT * FROM outbox",
    "TRUNCATE outbox",
    "ALTER TABLE kept ADD PRIMARY KEY (seq)",
    "VACUUM ANALYZE kept",
)


async def fill(engine: AsyncEngine, count: int) -> Sequence[Event]:
    """Archive and queue that many events of the case topic, and return them."""
    made = [event for event in events(int(count * 1.2)) if event.topic == CASE_TOPIC][:count]
    for start in range(0, count, _CHUNK):
        async with engine.begin() as conn:
            await append_events(conn, made[start : start + _CHUNK])
    return made


async def keep(owner: asyncpg.Connection) -> None:
    """Empty the outbox, and keep what was in it in the table ``kept``, which this connection alone sees."""
    for statement in _KEEP:
        await owner.execute(statement)
