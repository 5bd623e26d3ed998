"""Several consumer processes that share a group and empty a backlog that lies in Kafka."""

import asyncio
import json
import secrets
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError

from forkant_devstack.bench.consumer_process import Kind, Order, Tick
from forkant_devstack.bench.rounds import Taken

# What lies ready in the clients' memory when they begin is not timed, nor is the end, when some have nothing left.
TIMED_FROM: Final = 0.40
TIMED_TO: Final = 0.95
_DEADLINE_S: Final = 120.0
_POLL_S: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Emptied:
    """How fast the backlog went, and the largest memory of one process in MB."""

    taken: Taken
    memory_mb: float


async def empty(*, count: int, processes: int, order: Order, publish: Callable[[], Awaitable[None]]) -> Emptied:
    """Start the processes, publish when each has its partitions, let them begin, and time until all is consumed.

    Raises:
        TimeoutError: a process did not join, or did not consume all, in time.
    """
    async with asyncio.timeout(_DEADLINE_S), _crew(processes, order) as crew:
        await _joined(order.bootstrap, order.group, processes)
        await publish()
        for process in crew:
            _write(process, "begin\n")
        return summary_of(await _ticks(crew, count), count)


def order_for(kind: Kind, *, bootstrap: str, topics: Sequence[str], database_url: str) -> Order:
    """Return an order with a group of its own."""
    return Order(
        kind=kind,
        bootstrap=bootstrap,
        topics=tuple(topics),
        group=f"bench-{secrets.token_hex(4)}",
        database_url=database_url,
    )


@asynccontextmanager
async def _crew(processes: int, order: Order) -> AsyncIterator[list[Process]]:
    crew: list[Process] = []
    try:
        for _ in range(processes):
            command = (sys.executable, "-m", "forkant_devstack.bench.consumer_process")
            process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
            crew.append(process)
            _write(process, json.dumps(asdict(order)) + "\n")
        yield crew
    finally:
        for process in crew:
            if process.stdin is not None:
                process.stdin.close()
        for process in crew:
            try:
                await asyncio.wait_for(process.wait(), 20)
            except TimeoutError:
                process.kill()
                await process.wait()


def _write(process: Process, line: str) -> None:
    if process.stdin is None:
        raise RuntimeError("a consumer process was started without an input")
    process.stdin.write(line.encode())


async def _joined(bootstrap: str, group: str, processes: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        while await _members(admin, group) != processes:  # noqa: ASYNC110  the broker tells nobody
            await asyncio.sleep(_POLL_S)
    finally:
        await admin.close()


async def _members(admin: AIOKafkaAdminClient, group: str) -> int:
    """Return how many members have their partitions; 0 while they are being shared out."""
    try:
        [answer] = await admin.describe_consumer_groups([group])
    except GroupCoordinatorNotAvailableError:
        # The first group of a broker waits for the topic of offsets to be made.
        return 0
    [described] = answer.to_object()["groups"]
    return len(described["members"]) if described["state"] == "Stable" else 0


async def _ticks(crew: Sequence[Process], count: int) -> list[tuple[int, Tick]]:
    """Return the batches of all processes by time, each with the number of its process."""
    found: list[tuple[int, Tick]] = []
    left = count

    async def read(number: int, process: Process) -> None:
        nonlocal left
        if process.stdout is None:
            raise RuntimeError("a consumer process was started without an output")
        while left > 0 and (line := await process.stdout.readline()):
            tick = Tick(**json.loads(line))
            found.append((number, tick))
            left -= tick.count
        done.set()

    done = asyncio.Event()
    readers = [asyncio.create_task(read(number, process)) for number, process in enumerate(crew)]
    try:
        await done.wait()
    finally:
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
    if left > 0:
        raise RuntimeError(f"a consumer process ended with {left} of {count} events left: see what it wrote above")
    return sorted(found, key=lambda each: each[1].at)


def summary_of(ticks: Sequence[tuple[int, Tick]], count: int) -> Emptied:
    """Return the figures of the timed part, from batches by time, each with the number of its process."""
    seen, first, last = 0, 0, len(ticks) - 1
    for place, (_, tick) in enumerate(ticks):
        if seen < TIMED_FROM * count:
            first = place
        seen += tick.count
        if seen >= TIMED_TO * count:
            last = place
            break
    timed = ticks[first : last + 1]
    seconds = timed[-1][1].at - timed[0][1].at
    rate = sum(tick.count for _, tick in timed[1:]) / seconds
    return Emptied(taken=Taken(rate=rate, cpu_us=_cpu_us(timed)), memory_mb=max(tick.memory_mb for _, tick in ticks))


def _cpu_us(timed: Sequence[tuple[int, Tick]]) -> float:
    """Return the processor time of each event, over what each process did after its first batch in the window."""
    cpu_s, count = 0.0, 0
    for number in {number for number, _ in timed}:
        mine = [tick for whose, tick in timed if whose == number]
        cpu_s += mine[-1].cpu_s - mine[0].cpu_s
        count += sum(tick.count for tick in mine[1:])
    return cpu_s / count * 1_000_000
