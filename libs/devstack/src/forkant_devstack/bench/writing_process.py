"""One writer as a process of its own: ``python -m forkant_devstack.bench.writing_process DATABASE_URL COUNT EVENTS``.

It says ``ready``, writes when it is told anything, and then says how much processor time, in seconds, that took it.
``EVENTS`` is ``with`` or ``without``.
"""

import asyncio
import sys
import time
from typing import Final
from uuid import UUID

import uvloop
from forkant_contracts import Event
from forkant_contracts.topics import CASE_TOPIC
from forkant_kit.db import create_engine, new_id
from forkant_kit.garbage import collect_seldom
from forkant_kit.outbox import append_events
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from forkant_devstack.bench.events import events

CONNECTIONS: Final = 8
"""Of each process."""

_CHANGE: Final = text("UPDATE aggregate SET version = version + 1 WHERE id = :id")
_IDS: Final = text("SELECT id FROM aggregate ORDER BY random()")


async def _run(database_url: str, count: int, *, with_events: bool) -> None:
    model = next(event for event in events(100) if event.topic == CASE_TOPIC) if with_events else None
    engine = create_engine(database_url, application_name="bench", pool_size=CONNECTIONS)
    async with engine.connect() as conn:
        ids = list((await conn.execute(_IDS)).scalars())
    await _write(engine, ids, CONNECTIONS, model)  # opens the connections
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.readline)
    cpu = time.process_time()
    await _write(engine, ids, count, model)
    sys.stdout.write(f"{time.process_time() - cpu}\n")
    await engine.dispose()


async def _write(engine: AsyncEngine, ids: list[UUID], count: int, model: Event | None) -> None:
    left = iter(range(count))

    async def work() -> None:
        for number in left:
            async with engine.begin() as conn:
                await conn.execute(_CHANGE, {"id": ids[number % len(ids)]})
                if model is not None:
                    await append_events(conn, [model.model_copy(update={"id": new_id(), "aggregate_id": new_id()})])

    await asyncio.gather(*[work() for _ in range(CONNECTIONS)])


if __name__ == "__main__":
    collect_seldom()
    uvloop.run(_run(sys.argv[1], int(sys.argv[2]), with_events=sys.argv[3] == "with"))
