"""What the outbox costs the write side: transactions that change an aggregate, with and without its event."""

import asyncio
import time
from typing import Final
from uuid import UUID

import asyncpg
from case_service.migrate import MIGRATIONS
from forkant_contracts import Event
from forkant_contracts.topics import CASE_TOPIC
from forkant_kit.db import create_engine, new_id
from forkant_kit.outbox import append_events
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from forkant_devstack.bench.events import events
from forkant_devstack.bench.laboratory import Laboratory
from forkant_devstack.bench.report import Result
from forkant_devstack.bench.rounds import Taken, alternate

_TRANSACTIONS: Final = 4_000
_WRITERS: Final = 8
_DDL: Final = "CREATE TABLE aggregate (id uuid PRIMARY KEY, version integer NOT NULL); GRANT ALL ON aggregate TO PUBLIC"
_CHANGE: Final = text("UPDATE aggregate SET version = version + 1 WHERE id = :id")


async def bench_writing(lab: Laboratory) -> list[Result]:
    """Change aggregates from a few connections at once; no relay runs."""
    count = lab.sized(_TRANSACTIONS)
    urls = await lab.database("writing", migrations=MIGRATIONS)
    owner = await asyncpg.connect(urls.owner_url)
    engine = create_engine(urls.worker_url, application_name="bench", pool_size=_WRITERS)
    ids = [new_id() for _ in range(1_000)]
    model = next(event for event in events(100) if event.topic == CASE_TOPIC)
    try:
        await owner.execute(_DDL)
        await owner.executemany("INSERT INTO aggregate VALUES ($1, 0)", [(each,) for each in ids])
        compared = await alternate(
            rounds=lab.rounds,
            measured=lambda: _write(engine, ids, count, model),
            ceiling=lambda: _write(engine, ids, count, None),
        )
    finally:
        await owner.close()
        await engine.dispose()
    return [
        Result(
            benchmark="writing",
            load=f"{count:,} transactions over {_WRITERS} connections, each changes a row by the kit's engine and "
            "appends an event; ceiling: the same without the event",
            figure="transactions a second with the outbox",
            measured=compared.measured,
            unit="transactions/s",
            ceiling=compared.ceiling,
            ratio=compared.ratio,
            bar="",
            reached=True,
            detail=compared.cpu_us,
        )
    ]


async def _write(engine: AsyncEngine, ids: list[UUID], count: int, model: Event | None) -> Taken:
    left = iter(range(count))

    async def work() -> None:
        for number in left:
            async with engine.begin() as conn:
                await conn.execute(_CHANGE, {"id": ids[number % len(ids)]})
                if model is not None:
                    await append_events(conn, [model.model_copy(update={"id": new_id(), "aggregate_id": new_id()})])

    began, cpu = time.monotonic(), time.process_time()
    await asyncio.gather(*[work() for _ in range(_WRITERS)])
    return Taken.of(count, seconds=time.monotonic() - began, cpu_s=time.process_time() - cpu)
