"""The relay against a bare producer that sends the same records from memory."""

import asyncio
import time
from typing import Final

import asyncpg
from case_service.migrate import MIGRATIONS
from forkant_contracts.topics import CASE_TOPIC, TOPICS
from forkant_kit.db import create_engine, new_id
from forkant_kit.outbox import OUTBOX_CHANNEL
from forkant_kit.relay import Relay
from sqlalchemy.ext.asyncio import AsyncEngine

from forkant_devstack.bench.bare import records_of, send_bare
from forkant_devstack.bench.kept import COLUMNS, fill, keep
from forkant_devstack.bench.laboratory import Laboratory
from forkant_devstack.bench.relay_delay import measure_delay
from forkant_devstack.bench.relay_process import published
from forkant_devstack.bench.report import Result
from forkant_devstack.bench.rounds import Taken, alternate

_EVENTS: Final = 60_000
BAR: Final = 0.70
_POLL_S: Final = 0.005
_REFILL: Final = f"INSERT INTO outbox ({COLUMNS}) SELECT {COLUMNS} FROM kept ORDER BY seq"  # noqa: S608  constants


async def bench_relay(lab: Laboratory) -> list[Result]:
    """Drain a filled outbox, and then publish at half load."""
    count = lab.sized(_EVENTS)
    urls = await lab.database("relay", migrations=MIGRATIONS)
    engine = create_engine(urls.worker_url, application_name="bench", pool_size=5)
    watcher = await asyncpg.connect(urls.owner_url)
    try:
        records = records_of(await fill(engine, count))
        await keep(watcher)
        compared = await alternate(
            rounds=lab.rounds,
            measured=lambda: _drain(lab, engine, urls.worker_url, watcher, count),
            ceiling=lambda: send_bare(lab, records),
        )
    finally:
        await watcher.close()
        await engine.dispose()
    result = Result(
        benchmark="relay",
        load=f"drain {count:,} events of {TOPICS[CASE_TOPIC].partitions} partitions from the outbox; "
        "ceiling: idempotent send_batch of the same records from memory, the same batch size, acks=all",
        figure="events published a second",
        measured=compared.measured,
        unit="events/s",
        ceiling=compared.ceiling,
        ratio=compared.ratio,
        bar=f"≥ {BAR:.0%}",
        reached=compared.ratio.median >= BAR,
        detail=compared.cpu_us,
    )
    return [result, await measure_delay(lab)]


async def _drain(lab: Laboratory, engine: AsyncEngine, url: str, watcher: asyncpg.Connection, count: int) -> Taken:
    """Fill the outbox of a running relay in one transaction; time from that commit until it is empty."""
    relay = Relay(
        engine=engine,
        database_url=url,
        kafka_bootstrap=lab.kafka.bootstrap,
        owner=f"bench/{new_id()}",
        topics=[TOPICS[CASE_TOPIC]],
    )
    stop = asyncio.Event()
    running = asyncio.create_task(relay.run(stop), name="relay")
    try:
        await _warm_up(watcher)
        before = published()
        await watcher.execute(f"BEGIN; {_REFILL}; NOTIFY {OUTBOX_CHANNEL}; COMMIT")
        began, cpu = time.monotonic(), time.process_time()
        # Looking into the outbox instead would walk through what is already deleted, each time.
        while published() - before < count:  # noqa: ASYNC110  the relay tells nobody
            await asyncio.sleep(_POLL_S)
        return Taken.of(count, seconds=time.monotonic() - began, cpu_s=time.process_time() - cpu)
    finally:
        stop.set()
        await running
        await watcher.execute("VACUUM outbox")


async def _warm_up(watcher: asyncpg.Connection) -> None:
    """Let one event through, so that leases are held and the producer is connected."""
    await watcher.execute(f"{_REFILL} LIMIT 1")
    await _emptied(watcher)


async def _emptied(watcher: asyncpg.Connection) -> None:
    while await watcher.fetchval("SELECT EXISTS (SELECT FROM outbox)"):  # noqa: ASYNC110  the relay tells nobody
        await asyncio.sleep(_POLL_S)
