"""A rebuild of the figures by workers as they run in production: how long, with how much memory, and its check."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

import psutil
from aiokafka import AIOKafkaConsumer, TopicPartition
from forkant_contracts.topics import TOPICS
from forkant_kit.consumer_store import ConsumerStore
from forkant_kit.db import create_engine, transaction
from indicator_service import generations, journal
from indicator_service.migrate import MIGRATIONS
from indicator_service.rebuild_desk import RebuildDesk

from forkant_devstack.bench.backlog import place, publish
from forkant_devstack.bench.events import events
from forkant_devstack.bench.laboratory import Laboratory
from forkant_devstack.bench.report import Result, Spread
from forkant_devstack.native.databases import DatabaseUrls
from forkant_devstack.native.ports import free_ports
from forkant_devstack.testing.single import running_process

_EVENTS: Final = 3_200_000
_FEWER: Final = (10_000, 100_000, 500_000)
_CHUNK: Final = 200_000
_BAR_S: Final = 120.0
_BAR_MB: Final = 500.0
_LOOK_S: Final = 0.5
_DEADLINE_S: Final = 1_800.0
_BYTES_PER_MB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rebuilt:
    """What a rebuild of so many events took; the processor time is of all its workers together."""

    events: int
    seconds: float
    cpu_us: float
    most_mb: float
    checked_s: float
    cells: int


async def bench_rebuilding(lab: Laboratory) -> list[Result]:
    """Let workers whose live generation has read everything build the next one.

    One worker does so of few events, of more, and of all; two workers of all.
    """
    count, published = lab.sized(_EVENTS), 0
    found: list[_Rebuilt] = []
    for size in (*(each for each in map(lab.sized, _FEWER) if each < count), count):
        await _publish(lab, published, size)
        published = size
        found.append(await _rebuild(lab))
    shared = await _rebuild(lab, workers=2)
    return [
        *_results(found[-1], "a worker that also reads", found),
        *_results(shared, "two workers that also read", [shared]),
    ]


def _results(whole: _Rebuilt, who: str, found: list[_Rebuilt]) -> list[Result]:
    load = f"{whole.events:,} events in Kafka, {who} the live generation, an empty next one"
    return [
        Result(
            benchmark="rebuild",
            load=load,
            figure="events read a second until it has caught up",
            measured=Spread.of([whole.events / whole.seconds]),
            unit="events/s",
            bar=f"≥ {_EVENTS / _BAR_S:,.0f} events/s: {_EVENTS:,} in {_BAR_S:.0f} s",
            reached=whole.events / whole.seconds >= _EVENTS / _BAR_S,
            detail={
                "seconds": whole.seconds,
                "seconds that the check takes": whole.checked_s,
                "cells": whole.cells,
                **{f"CPU µs each of {each.events:,}": each.cpu_us for each in found},
            },
        ),
        Result(
            benchmark="rebuild",
            load=load,
            figure="largest resident memory of a worker",
            measured=Spread.of([whole.most_mb]),
            unit="MB",
            bar=f"≤ {_BAR_MB:.0f} MB",
            reached=whole.most_mb <= _BAR_MB,
            detail={f"MB with {each.events:,}": each.most_mb for each in found},
        ),
    ]


async def _publish(lab: Laboratory, since: int, until: int) -> None:
    """Put the events from one number to another on the topics."""
    topics = {name: TOPICS[name] for name in generations.READ}
    for start in range(since, until, _CHUNK):
        await publish(lab, place(events(min(_CHUNK, until - start), seed=start + 1), topics))


async def _rebuild(lab: Laboratory, *, workers: int = 1) -> _Rebuilt:
    """Build a generation of all that is in Kafka, in a database of its own.

    Raises:
        AssertionError: it is not what a recount of its facts says.
    """
    urls = await lab.database("indicator", migrations=MIGRATIONS)
    in_kafka = await _read_before(lab, urls)
    desk = RebuildDesk(database_url=urls.worker_url, by="bench")
    async with AsyncExitStack() as running:
        processes = [await running.enter_async_context(_worker(lab, urls)) for _ in range(workers)]
        number, began, cpu = await desk.begin(), time.monotonic(), _cpu_s(processes)
        most_mb = await _until_caught_up(desk, number, processes)
        seconds, cpu_s, began = time.monotonic() - began, _cpu_s(processes) - cpu, time.monotonic()
        _, found, _ = await desk.compare(number)
        checked = time.monotonic() - began
    if not found.sound:
        raise AssertionError(f"the rebuild is not sound: {found}")
    return _Rebuilt(
        events=in_kafka,
        seconds=seconds,
        cpu_us=cpu_s / in_kafka * 1_000_000,
        most_mb=most_mb,
        checked_s=checked,
        cells=found.cells,
    )


def _cpu_s(processes: Sequence[psutil.Process]) -> float:
    return sum(float(times.user + times.system) for times in (each.cpu_times() for each in processes))


async def _read_before(lab: Laboratory, urls: DatabaseUrls) -> int:
    """Note that the live generation and the journal have read everything; return how many events there are."""
    client = AIOKafkaConsumer(bootstrap_servers=lab.kafka.bootstrap)
    await client.start()
    try:
        places = [TopicPartition(name, n) for name in generations.READ for n in range(TOPICS[name].partitions)]
        ends, starts = await client.end_offsets(places), await client.beginning_offsets(places)
    finally:
        await client.stop()
    engine = create_engine(urls.worker_url, application_name="bench", pool_size=1)
    async with transaction(engine) as conn:
        for number in (generations.FIRST, journal.NUMBER):
            store = ConsumerStore(generations.group_of(number))
            for place_, end in ends.items():
                await store.lock_offset(conn, place_.topic, place_.partition)
                await store.move(conn, place_.topic, place_.partition, end)
    await engine.dispose()
    return int(sum(ends.values()) - sum(starts.values()))


@asynccontextmanager
async def _worker(lab: Laboratory, urls: DatabaseUrls) -> AsyncIterator[psutil.Process]:
    http, port = free_ports(2)
    environment = {
        "FORKANT_ENV": "test",
        "FORKANT_DATABASE_URL": urls.worker_url,
        "FORKANT_OIDC_ISSUER": "http://127.0.0.1:1",
        "FORKANT_KAFKA_BOOTSTRAP": lab.kafka.bootstrap,
        "FORKANT_HTTP_PORT": str(http),
        "FORKANT_WORKER_PORT": str(port),
    }
    running = running_process(
        "indicator_service.worker", environment=environment, port="FORKANT_WORKER_PORT", folder=lab.folder
    )
    async with running as (_, process):
        yield psutil.Process(process.pid)


async def _until_caught_up(desk: RebuildDesk, number: int, processes: Sequence[psutil.Process]) -> float:
    """Wait until the generation has read everything; return the largest memory of a worker meanwhile, in MB."""
    most = 0.0
    async with asyncio.timeout(_DEADLINE_S):
        while True:
            most = max(most, *(float(each.memory_info().rss) / _BYTES_PER_MB for each in processes))
            [standing] = [each for each in await desk.standings() if each.generation.number == number]
            if standing.caught_up:
                return most
            await asyncio.sleep(_LOOK_S)
