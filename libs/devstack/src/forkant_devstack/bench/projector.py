"""The indicator projector through Kafka, against the same batches fed from memory."""

import asyncio
import gc
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from forkant_contracts import Event
from forkant_contracts.topics import CASE_TOPIC, CONCERN_TOPIC, TOPICS, Topic
from forkant_kit.batch import BatchProcessor
from forkant_kit.consumer import EventConsumer
from forkant_kit.consumer_client import ConsumerConfig
from forkant_kit.db import create_engine
from forkant_kit.garbage import collect_seldom
from indicator_service.migrate import MIGRATIONS
from indicator_service.projector import CONFIG, apply
from sqlalchemy.ext.asyncio import AsyncEngine

from forkant_devstack.bench.backlog import Placed, place, publish
from forkant_devstack.bench.events import events
from forkant_devstack.bench.laboratory import Laboratory
from forkant_devstack.bench.report import Result
from forkant_devstack.bench.rounds import Taken, alternate

_EVENTS: Final = 100_000
_BAR: Final = 0.60
_BAR_RATE: Final = 25_000
_DEADLINE_S: Final = 300.0


@dataclass(slots=True)
class _Clock:
    """Times a stream of batches from the end of the first one, which pays for connecting."""

    total: int
    applied: int = 0
    batches: int = 0
    first: tuple[float, float, int] = (0.0, 0.0, 0)
    done: asyncio.Event = field(default_factory=asyncio.Event)
    taken: Taken = field(default_factory=lambda: Taken(rate=0.0, cpu_us=0.0))

    async def tick(self, events: Sequence[Event]) -> None:
        self.applied += len(events)
        self.batches += 1
        now, cpu = time.monotonic(), time.process_time()
        if self.batches == 1:
            self.first = (now, cpu, self.applied)
        if self.applied == self.total:
            began, cpu_began, before = self.first
            self.taken = Taken.of(self.applied - before, seconds=now - began, cpu_s=cpu - cpu_began)
            self.done.set()


async def bench_projector(lab: Laboratory) -> list[Result]:
    """Project the same events over and over, each time into an empty database."""
    count = lab.sized(_EVENTS)
    topics = {
        name: await lab.kafka.new_topic("bench", partitions=TOPICS[name].partitions)
        for name in (CASE_TOPIC, CONCERN_TOPIC)
    }
    placed = place(events(count), topics)
    await publish(lab, placed)
    batches: list[int] = []
    with _collecting_seldom():
        compared = await alternate(
            rounds=lab.rounds,
            measured=lambda: _through_kafka(lab, topics, count, batches),
            ceiling=lambda: _from_memory(lab, placed, count),
        )
    return [
        Result(
            benchmark="projector",
            load=f"{count:,} events of {sum(t.partitions for t in topics.values())} partitions into an empty database; "
            f"ceiling: the same records from memory, {ConsumerConfig().max_records:,} a batch",
            figure="events projected a second, one process",
            measured=compared.measured,
            unit="events/s",
            ceiling=compared.ceiling,
            ratio=compared.ratio,
            bar=f"≥ {_BAR:.0%} and ≥ {_BAR_RATE:,} events/s",
            reached=compared.ratio.median >= _BAR and compared.measured.median >= _BAR_RATE,
            detail={"events a batch": count / batches[-1], **compared.cpu_us},
        )
    ]


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Collect garbage as the projector's process does."""
    threshold = gc.get_threshold()
    collect_seldom()
    try:
        yield
    finally:
        gc.set_threshold(*threshold)
        gc.unfreeze()


async def _through_kafka(lab: Laboratory, topics: Mapping[str, Topic], count: int, batches: list[int]) -> Taken:
    engine = await _empty_database(lab)
    try:
        taken, number = await project(lab, engine, topics, count)
    finally:
        await engine.dispose()
    batches.append(number)
    return taken


async def project(lab: Laboratory, engine: AsyncEngine, topics: Mapping[str, Topic], count: int) -> tuple[Taken, int]:
    """Project so many events through Kafka; return the rate, and in how many batches."""
    clock, stop = _Clock(count), asyncio.Event()
    consumer = EventConsumer(
        engine=engine,
        kafka_bootstrap=lab.kafka.bootstrap,
        group=f"bench-{time.monotonic_ns()}",
        topics=[topic.name for topic in topics.values()],
        apply=apply,
        after_commit=clock.tick,
        config=CONFIG,
    )
    running = asyncio.create_task(consumer.run(stop), name="consumer")
    try:
        await asyncio.wait_for(clock.done.wait(), _DEADLINE_S)
    finally:
        stop.set()
        await running
    return clock.taken, clock.batches


async def _from_memory(lab: Laboratory, placed: Placed, count: int) -> Taken:
    engine, size = await _empty_database(lab), ConsumerConfig().max_records
    clock, processor = _Clock(count), BatchProcessor(engine=engine, group="bench", apply=apply)
    longest = max(map(len, placed.values()))
    try:
        for start in range(0, longest, size):
            for records in placed.values():
                if chunk := records[start : start + size]:
                    await clock.tick((await processor.process(chunk)).applied)
    finally:
        await engine.dispose()
    return clock.taken


async def _empty_database(lab: Laboratory) -> AsyncEngine:
    urls = await lab.database("projector", migrations=MIGRATIONS)
    return create_engine(urls.worker_url, application_name="bench", pool_size=4)
