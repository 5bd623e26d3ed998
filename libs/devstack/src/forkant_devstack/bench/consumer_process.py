"""One consumer of a benchmark in a process of its own: ``python -m forkant_devstack.bench.consumer_process``.

The first line on standard input says what to run, the second lets it begin, and the end of the input stops it. It
writes a line for each batch with the moment, so that the batches of several processes can be put in order.
"""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

import uvloop
from aiokafka import AIOKafkaConsumer
from forkant_contracts import Event
from forkant_kit.batch import Apply
from forkant_kit.consumer import EventConsumer
from forkant_kit.consumer_client import ConsumerConfig
from forkant_kit.db import create_engine
from forkant_kit.garbage import collect_seldom
from indicator_service.projector import CONFIG
from indicator_service.projector import apply as project
from sqlalchemy.ext.asyncio import AsyncConnection

Kind = Literal["bare", "runner", "projector"]
_KB_PER_MB: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to run; a bare consumer needs no database."""

    kind: Kind
    bootstrap: str
    topics: tuple[str, ...]
    group: str
    database_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """One batch: its size, when it was done (monotonic seconds of this machine), and the process's state then."""

    count: int
    at: float
    cpu_s: float
    memory_mb: float


def main() -> None:
    """Run as ordered."""
    collect_seldom()
    order = Order(**json.loads(sys.stdin.readline()))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(order))


async def _run(order: Order) -> None:
    begin, stop = asyncio.Event(), asyncio.Event()
    listening = asyncio.create_task(_listen(begin, stop), name="bench-orders")
    await (_count_bare(order, begin, stop) if order.kind == "bare" else _consume(order, begin, stop))
    await listening


async def _listen(begin: asyncio.Event, stop: asyncio.Event) -> None:
    await asyncio.to_thread(sys.stdin.readline)
    begin.set()
    await asyncio.to_thread(sys.stdin.read)
    stop.set()


async def _consume(order: Order, begin: asyncio.Event, stop: asyncio.Event) -> None:
    engine = create_engine(order.database_url, application_name="bench", pool_size=4)
    effect: Apply = project if order.kind == "projector" else _nothing

    async def apply_when_told(conn: AsyncConnection, events: Sequence[Event]) -> None:
        await begin.wait()
        await effect(conn, events)

    async def note(events: Sequence[Event]) -> None:
        _tell(len(events))

    consumer = EventConsumer(
        engine=engine,
        kafka_bootstrap=order.bootstrap,
        group=order.group,
        topics=order.topics,
        apply=apply_when_told,
        after_commit=note,
        config=CONFIG if order.kind == "projector" else None,
    )
    try:
        await consumer.run(stop)
    finally:
        await engine.dispose()


async def _nothing(_conn: AsyncConnection, _events: Sequence[Event]) -> None:
    """Have no effect: what is measured is all else."""


async def _count_bare(order: Order, begin: asyncio.Event, stop: asyncio.Event) -> None:
    config = ConsumerConfig()
    consumer = AIOKafkaConsumer(
        *order.topics,
        bootstrap_servers=order.bootstrap,
        group_id=order.group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_bytes=config.fetch_bytes,
        max_partition_fetch_bytes=config.partition_fetch_bytes,
    )
    await consumer.start()
    try:
        await begin.wait()
        while not stop.is_set():
            found = await consumer.getmany(timeout_ms=100, max_records=config.max_records)
            if found:
                _tell(sum(map(len, found.values())))
    finally:
        await consumer.stop()


def _tell(count: int) -> None:
    tick = Tick(count=count, at=time.monotonic(), cpu_s=time.process_time(), memory_mb=_largest_memory_mb())
    sys.stdout.write(json.dumps(asdict(tick)) + "\n")
    sys.stdout.flush()


def _largest_memory_mb() -> float:
    # getrusage would count what the process that started this one had in memory.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) / _KB_PER_MB


if __name__ == "__main__":
    main()
