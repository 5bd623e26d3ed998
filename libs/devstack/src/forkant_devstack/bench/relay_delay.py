"""How long an event takes from its commit to a consumer, while the relay runs as its own process."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import Final

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from forkant_contracts.topics import CASE_TOPIC, TOPICS
from forkant_kit.db import create_engine
from forkant_kit.outbox import RelayNudge

from forkant_devstack.bench.case_platform import running_case_service
from forkant_devstack.bench.kept import COLUMNS, fill, keep
from forkant_devstack.bench.laboratory import Laboratory
from forkant_devstack.bench.report import Result, Spread, percentile
from forkant_devstack.testing.platform import Platform

_KEPT: Final = 20_000
_SECONDS: Final = 8
_BAR_MS: Final = 50.0
_COMMITS_A_SECOND: Final = 100
_CATCH_UP_S: Final = 60.0
_FULL: Final = 400
_KEPT_UP: Final = 0.95
_WARM_UP_SHARE: Final = 0.2
_COMMIT: Final = f"""
WITH queued AS (
    INSERT INTO outbox ({COLUMNS})
    SELECT {COLUMNS} FROM unnest($1::bigint[]) AS chosen JOIN kept ON seq = chosen ORDER BY seq RETURNING partition
)
SELECT partition, count(*) FROM queued GROUP BY partition
"""  # noqa: S608  constants


@dataclass(frozen=True, slots=True)
class _Times:
    """When so many events of a partition were committed, and when so many came: both in the order of the partition."""

    committed: dict[int, list[tuple[float, int]]] = field(default_factory=lambda: defaultdict(list))
    arrived: dict[int, list[tuple[float, int]]] = field(default_factory=lambda: defaultdict(list))

    def missing(self) -> int:
        """Return how many events are committed and not there yet."""
        return _total(self.committed) - _total(self.arrived)

    def delays_ms(self) -> list[float]:
        """Return the delay of each event, in the order of commits, without those of the warm-up."""
        pairs = sorted(
            chain.from_iterable(
                zip(_each(self.committed[partition]), _each(self.arrived[partition]), strict=True)
                for partition in self.committed
            )
        )
        steady = pairs[int(len(pairs) * _WARM_UP_SHARE) :]
        return [max(0.0, arrived - committed) * 1000 for committed, arrived in steady]


async def measure_delay(lab: Laboratory) -> Result:
    """Commit events at half of the rate that the machine keeps up with, and note when each is seen on Kafka.

    Writer, relay and consumer share the machine, so its full load is what all three keep up with, and not what the
    relay would reach alone. What is committed are rows that were written before: else the writer would set the rate.

    Raises:
        TimeoutError: the relay did not catch up.
    """
    commits = lab.sized(_SECONDS * _COMMITS_A_SECOND)
    async with running_case_service(lab, names=()) as platform:
        owner = await asyncpg.connect(platform.nodes["case"].database.owner_url)
        kept = await _prepare(platform, owner, lab.sized(_KEPT))
        await platform.start("case-worker")
        full, _ = await _load(lab, platform, owner, [_round(kept, at, _FULL) for at in range(commits)], pace=0.0)
        per_commit = max(1, round(full / 2 / _COMMITS_A_SECOND))
        rounds = [_round(kept, at, per_commit) for at in range(commits)]
        rate, delays = await _load(lab, platform, owner, rounds, pace=1 / _COMMITS_A_SECOND)
        await owner.close()
    p99 = percentile(delays, 0.99)
    return Result(
        benchmark="relay",
        load=f"{rate:,.0f} events/s committed, {per_commit} a transaction, copied from rows written before: half of "
        f"what writer, relay and consumer together keep up with ({full:,.0f}/s); to a consumer of the topic",
        figure="commit to consumer, p99",
        measured=Spread.of([p99]),
        unit="ms",
        bar=f"p99 ≤ {_BAR_MS:.0f} ms",
        reached=p99 <= _BAR_MS and rate >= _KEPT_UP * full / 2,
        detail={"p50 ms": percentile(delays, 0.5), "max ms": max(delays), "events/s": rate},
    )


async def _load(
    lab: Laboratory, platform: Platform, owner: asyncpg.Connection, rounds: Sequence[Sequence[int]], *, pace: float
) -> tuple[float, list[float]]:
    """Commit the rounds so many seconds apart; return the events a second until all were there, and their delays."""
    times = _Times()
    async with _watching(lab, times):
        began = time.monotonic()
        await _write(platform, owner, rounds, times, pace=pace)
        async with asyncio.timeout(_CATCH_UP_S):
            while times.missing():  # noqa: ASYNC110  what is awaited lies in another process
                await asyncio.sleep(0.005)
        return sum(map(len, rounds)) / (time.monotonic() - began), times.delays_ms()


async def _prepare(platform: Platform, owner: asyncpg.Connection, count: int) -> Sequence[int]:
    engine = create_engine(platform.nodes["case"].database.worker_url, application_name="bench", pool_size=2)
    await fill(engine, count)
    await engine.dispose()
    await keep(owner)
    return [row["seq"] for row in await owner.fetch("SELECT seq FROM kept ORDER BY seq")]


def _round(kept: Sequence[int], number: int, count: int) -> list[int]:
    """Return the next so many rows, going round."""
    return [kept[at % len(kept)] for at in range(number * count, (number + 1) * count)]


async def _write(
    platform: Platform, owner: asyncpg.Connection, rounds: Sequence[Sequence[int]], times: _Times, *, pace: float
) -> None:
    nudge = RelayNudge(database_url=platform.nodes["case"].database.worker_url)
    waking = asyncio.create_task(nudge.run())
    commit = await owner.prepare(_COMMIT)
    began = time.monotonic()
    try:
        for number, chosen in enumerate(rounds):
            await asyncio.sleep(began + number * pace - time.monotonic())
            counts = await commit.fetch(chosen)
            now = time.monotonic()
            nudge.committed()
            for partition, count in counts:
                times.committed[partition].append((now, count))
    finally:
        waking.cancel()
        await asyncio.gather(waking, return_exceptions=True)


@asynccontextmanager
async def _watching(lab: Laboratory, times: _Times) -> AsyncIterator[None]:
    """Read the topic from its end on, and note when events were seen."""
    consumer = AIOKafkaConsumer(bootstrap_servers=lab.kafka.bootstrap, enable_auto_commit=False)
    await consumer.start()
    partitions = [TopicPartition(CASE_TOPIC, number) for number in range(TOPICS[CASE_TOPIC].partitions)]
    consumer.assign(partitions)
    await consumer.seek_to_end(*partitions)

    async def read() -> None:
        while True:
            found = await consumer.getmany(timeout_ms=500)
            now = time.monotonic()
            for place, records in found.items():
                times.arrived[place.partition].append((now, len(records)))

    reading = asyncio.create_task(read(), name="bench-consumer")
    try:
        yield
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await consumer.stop()


def _each(times: Iterable[tuple[float, int]]) -> Iterable[float]:
    return chain.from_iterable(repeat(at, count) for at, count in times)


def _total(times: dict[int, list[tuple[float, int]]]) -> int:
    return sum(count for each in times.values() for _, count in each)
