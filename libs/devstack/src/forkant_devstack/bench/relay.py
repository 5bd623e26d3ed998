"""The relay against a bare producer that sends the same records from memory."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Final

import asyncpg
from case_service.migrate import MIGRATIONS
from forkant_contracts.codec import headers_for
from forkant_contracts.topics import CASE_TOPIC, TOPICS
from forkant_kit.db import create_engine, new_id
from forkant_kit.outbox import OUTBOX_CHANNEL, append_events
from forkant_kit.producer import DiscardingProducer, Outgoing
from forkant_kit.relay import Relay, RelayConfig
from sqlalchemy.ext.asyncio import AsyncEngine

from forkant_devstack.bench.events import events
from forkant_devstack.bench.laboratory import Laboratory
from forkant_devstack.bench.relay_delay import measure_delay
from forkant_devstack.bench.relay_process import published
from forkant_devstack.bench.report import Result
from forkant_devstack.bench.rounds import Taken, alternate

_EVENTS: Final = 60_000
BAR: Final = 0.70
_CHUNK: Final = 500
_POLL_S: Final = 0.005
_REFILL: Final = """
INSERT INTO outbox (topic, partition, event_id) SELECT topic, partition, event_id FROM event_archive ORDER BY event_id
"""
_RECORDS: Final = """
SELECT partition, event_id, type, source, data_schema, aggregate_id, aggregate_version, unit, occurred_at, recorded_at,
       traceparent, data::text AS body
FROM event_archive ORDER BY event_id
"""


async def bench_relay(lab: Laboratory) -> list[Result]:
    """Drain a filled outbox, and then publish at half of the rate that was measured."""
    count = lab.sized(_EVENTS)
    urls = await lab.database("relay", migrations=MIGRATIONS)
    engine = create_engine(urls.worker_url, application_name="bench", pool_size=5)
    watcher = await asyncpg.connect(urls.owner_url)
    try:
        await fill(engine, count)
        records = await records_of(watcher)
        await watcher.execute("TRUNCATE outbox")
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
    return [result, await measure_delay(lab, rate=compared.measured.median / 2)]


async def fill(engine: AsyncEngine, count: int) -> None:
    """Archive and queue that many events of the case topic."""
    made = [event for event in events(int(count * 1.2)) if event.topic == CASE_TOPIC][:count]
    for start in range(0, count, _CHUNK):
        async with engine.begin() as conn:
            await append_events(conn, made[start : start + _CHUNK])


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


async def records_of(watcher: asyncpg.Connection) -> Mapping[int, Sequence[Outgoing]]:
    """Return the archive's events as Kafka records, by partition."""
    found: dict[int, list[Outgoing]] = {}
    for row in await watcher.fetch(_RECORDS):
        headers = headers_for(
            event_id=row["event_id"],
            event_type=row["type"],
            source=row["source"],
            data_schema=row["data_schema"],
            aggregate_id=row["aggregate_id"],
            aggregate_version=row["aggregate_version"],
            unit=row["unit"],
            occurred_at=row["occurred_at"],
            recorded_at=row["recorded_at"],
            traceparent=row["traceparent"],
        )
        stamp = int(row["recorded_at"].timestamp() * 1000)
        key, body = str(row["aggregate_id"]).encode(), row["body"].encode()
        found.setdefault(row["partition"], []).append(Outgoing(key, body, headers, stamp))
    return found


async def send_bare(lab: Laboratory, records: Mapping[int, Sequence[Outgoing]]) -> Taken:
    """Send the records with one batch a partition under way, all partitions side by side."""
    sink = DiscardingProducer(bootstrap=lab.kafka.bootstrap, client_id="bench", batch_bytes=RelayConfig().batch_bytes)
    try:
        async with sink.use() as sender:
            _, acknowledged = await sender.send(CASE_TOPIC, 0, records[min(records)][:1])
            await acknowledged
            began, cpu = time.monotonic(), time.process_time()

            async def send_all(partition: int, waiting: Sequence[Outgoing]) -> None:
                while waiting:
                    fitted, acknowledged = await sender.send(CASE_TOPIC, partition, waiting)
                    await acknowledged
                    waiting = waiting[fitted:]

            await asyncio.gather(*[send_all(partition, mine) for partition, mine in records.items()])
            count = sum(map(len, records.values()))
            return Taken.of(count, seconds=time.monotonic() - began, cpu_s=time.process_time() - cpu)
    finally:
        await sink.close()
