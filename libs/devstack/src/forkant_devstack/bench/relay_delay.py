"""How long an event takes from its commit to a consumer, while the relay runs as its own process."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from forkant_contracts import Event
from forkant_contracts.topics import CASE_TOPIC, TOPICS
from forkant_kit.db import create_engine
from forkant_kit.outbox import RelayNudge, append_events

from forkant_devstack.bench.case_platform import running_case_service
from forkant_devstack.bench.events import events
from forkant_devstack.bench.laboratory import Laboratory
from forkant_devstack.bench.report import Result, Spread, percentile

_SECONDS: Final = 8
_BAR_MS: Final = 50.0
_COMMITS_A_SECOND: Final = 100
_CATCH_UP_S: Final = 20.0
_WARM_UP_SHARE: Final = 0.2


async def measure_delay(lab: Laboratory, *, rate: float) -> Result:
    """Commit events at a rate, many to a transaction, and note when each is seen on Kafka."""
    per_commit = max(1, round(rate / _COMMITS_A_SECOND))
    commits = lab.sized(_SECONDS * _COMMITS_A_SECOND)
    made = [event for event in events(math.ceil(per_commit * commits * 1.3), seed=2) if event.topic == CASE_TOPIC]
    batches = [made[at : at + per_commit] for at in range(0, per_commit * commits, per_commit)]
    committed: dict[str, float] = {}
    seen: dict[str, float] = {}
    async with running_case_service(lab, names=("case-worker",)) as platform, _watching(lab, seen):
        began = time.monotonic()
        await _write(platform.nodes["case"].database.worker_url, batches, committed)
        reached = len(committed) / (time.monotonic() - began)
        with suppress(TimeoutError):
            async with asyncio.timeout(_CATCH_UP_S):
                while len(seen) < len(committed):  # noqa: ASYNC110  what is awaited lies in another process
                    await asyncio.sleep(0.05)
    steady = list(committed)[int(len(committed) * _WARM_UP_SHARE) :]
    delays = [max(0.0, seen.get(event, math.inf) - committed[event]) * 1000 for event in steady]
    p99 = percentile(delays, 0.99)
    return Result(
        benchmark="relay",
        load=f"{reached:,.0f} events/s committed, {per_commit} a transaction (wanted: half of the drain, "
        f"{rate:,.0f}/s); the worker is a process of its own; from commit to a consumer that reads the topic",
        figure="commit to consumer, p99",
        measured=Spread.of([p99]),
        unit="ms",
        bar=f"p99 ≤ {_BAR_MS:.0f} ms",
        reached=p99 <= _BAR_MS,
        detail={"p50 ms": percentile(delays, 0.5), "max ms": max(delays), "events/s": reached},
    )


async def _write(database_url: str, batches: Sequence[Sequence[Event]], committed: dict[str, float]) -> None:
    engine = create_engine(database_url, application_name="bench", pool_size=2)
    nudge = RelayNudge(database_url=database_url)
    waking = asyncio.create_task(nudge.run())
    began = time.monotonic()
    try:
        for number, batch in enumerate(batches):
            await asyncio.sleep(began + number / _COMMITS_A_SECOND - time.monotonic())
            async with engine.begin() as conn:
                await append_events(conn, batch)
            now = time.monotonic()
            nudge.committed()
            committed.update((str(event.id), now) for event in batch)
    finally:
        waking.cancel()
        await asyncio.gather(waking, return_exceptions=True)
        await engine.dispose()


@asynccontextmanager
async def _watching(lab: Laboratory, seen: dict[str, float]) -> AsyncIterator[None]:
    """Read the topic from its end on, and note when each event was first seen."""
    consumer = AIOKafkaConsumer(bootstrap_servers=lab.kafka.bootstrap, enable_auto_commit=False)
    await consumer.start()
    partitions = [TopicPartition(CASE_TOPIC, number) for number in range(TOPICS[CASE_TOPIC].partitions)]
    consumer.assign(partitions)
    await consumer.seek_to_end(*partitions)

    async def read() -> None:
        while True:
            found = await consumer.getmany(timeout_ms=500)
            now = time.monotonic()
            for records in found.values():
                for record in records:
                    seen.setdefault(dict(record.headers)["ce_id"].decode(), now)

    reading = asyncio.create_task(read(), name="bench-consumer")
    try:
        yield
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await consumer.stop()
