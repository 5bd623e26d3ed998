"""How the relay grows from one process to four, beside one bare producer, and with the backlog in the outbox."""

import asyncio
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import asyncpg
import psutil
from case_service.migrate import MIGRATIONS
from forkant_contracts.topics import CASE_TOPIC, TOPICS
from forkant_kit.db import create_engine
from forkant_kit.outbox import OUTBOX_CHANNEL

from forkant_devstack.bench.bare import Backlog, records_of, send_bare
from forkant_devstack.bench.kept import COLUMNS, fill, keep
from forkant_devstack.bench.laboratory import Laboratory
from forkant_devstack.bench.relay import BAR
from forkant_devstack.bench.report import Result, Spread
from forkant_devstack.bench.rounds import Compared, Taken, alternate

_ARCHIVED: Final = 60_000
_DRAINED: Final = 60_000
_PROCESSES: Final = (1, 2, 4)
_BACKLOGS: Final = (1_000, 10_000, 100_000, 1_000_000)
_HELD_BACK: Final = (10_000, 100_000)
_DEADLINE_S: Final = 300.0
# Each event once before any a second time, as real events come.
_QUEUE: Final = f"""
INSERT INTO outbox ({COLUMNS})
SELECT {COLUMNS} FROM generate_series(1, CAST($1 AS int) / $2 + 1) AS again, kept ORDER BY again, seq LIMIT $1
"""  # noqa: S608  constants
_SHARED: Final = """
SELECT count(*) = $1 AND max(n) - min(n) <= 1
FROM (SELECT count(*) AS n FROM relay_lease WHERE expires_at > now() GROUP BY owner) AS held
"""


async def bench_relay_growth(lab: Laboratory) -> list[Result]:
    """Drain the same backlog with more and more processes, and more and more with one."""
    archived, drained = lab.sized(_ARCHIVED), lab.sized(_DRAINED)
    urls = await lab.database("growth", migrations=MIGRATIONS)
    engine = create_engine(urls.worker_url, application_name="bench", pool_size=2)
    watcher = await asyncpg.connect(urls.owner_url, command_timeout=_DEADLINE_S)
    bench = _Bench(lab, urls.worker_url, watcher, archived)
    try:
        records = records_of(await fill(engine, archived))
        await keep(watcher)
        by_crew = {n: await _beside_bare(bench, lab, records, count=drained, processes=n) for n in _PROCESSES}
        sizes = [lab.sized(size) for size in _BACKLOGS]
        by_size = {size: [await bench.drain(size, processes=1)] for size in sizes}
        held = {size: await bench.drain_held_back(size) for size in map(lab.sized, _HELD_BACK)}
    finally:
        await watcher.close()
        await engine.dispose()
    return [
        *[_crew_result(n, drained, by_crew[n], one=by_crew[1]) for n in _PROCESSES],
        *[_size_result(f"one process drains {size:,} events", by_size[size], by_size[sizes[0]]) for size in sizes],
        *[
            _size_result(f"the same, {size:,} events, while an old snapshot holds vacuum back", [taken], by_size[size])
            for size, taken in held.items()
        ],
    ]


async def _beside_bare(bench: "_Bench", lab: Laboratory, records: Backlog, *, count: int, processes: int) -> Compared:
    return await alternate(
        rounds=lab.rounds,
        measured=lambda: bench.drain(count, processes=processes),
        ceiling=lambda: send_bare(lab, records),
    )


def _crew_result(processes: int, count: int, compared: Compared, *, one: Compared) -> Result:
    return Result(
        benchmark="relay growth",
        load=f"{processes} processes drain {count:,} events of {TOPICS[CASE_TOPIC].partitions} partitions; "
        "ceiling: one process with idempotent send_batch of the same records from memory",
        figure="events published a second",
        measured=compared.measured,
        unit="events/s",
        ceiling=compared.ceiling,
        ratio=compared.ratio,
        bar=f"≥ {BAR:.0%}",
        reached=compared.ratio.median >= BAR,
        detail={**compared.cpu_us, "times one process": compared.measured.median / one.measured.median},
    )


def _size_result(load: str, taken: Sequence[Taken], first: Sequence[Taken]) -> Result:
    rates, ceiling = Spread.of([each.rate for each in taken]), Spread.of([each.rate for each in first])
    ratios = [one.rate / other.rate for one, other in zip(taken, first, strict=True)]
    return Result(
        benchmark="relay growth",
        load=f"{load} of {TOPICS[CASE_TOPIC].partitions} partitions; compared with the first of its kind",
        figure="events published a second",
        measured=rates,
        unit="events/s",
        bar="",
        reached=True,
        ceiling=ceiling,
        ratio=Spread.of(ratios),
        detail={"CPU µs each": Spread.of([each.cpu_us for each in taken]).median},
    )


class _Bench:
    def __init__(self, lab: Laboratory, url: str, watcher: asyncpg.Connection, archived: int) -> None:
        self._lab, self._url, self._watcher, self._archived = lab, url, watcher, archived

    async def drain(self, count: int, *, processes: int) -> Taken:
        """Fill the outbox of running relays in one transaction; time from that commit until all is published."""
        async with asyncio.timeout(_DEADLINE_S), self._crew(processes) as crew:
            while not await self._watcher.fetchval(_SHARED, processes):  # noqa: ASYNC110  the database tells nobody
                await asyncio.sleep(0.1)
            warm = min(self._archived, 600)
            await self._queue(warm)
            done = _Counter(crew)
            await done.reached(warm)
            began, cpu = await self._queue(count), _cpu_s(crew)
            await done.reached(warm + count)
            taken = Taken.of(count, seconds=time.monotonic() - began, cpu_s=_cpu_s(crew) - cpu)
        await self._watcher.execute("VACUUM outbox")
        return taken

    async def drain_held_back(self, count: int) -> Taken:
        """Drain while a transaction that began before keeps every deleted row in place, as a long backup does."""
        holder = await asyncpg.connect(self._url)
        try:
            async with holder.transaction(isolation="repeatable_read", readonly=True):
                await holder.fetchval("SELECT count(*) FROM relay_lease")
                return await self.drain(count, processes=1)
        finally:
            await holder.close()

    async def _queue(self, count: int) -> float:
        async with self._watcher.transaction():
            await self._watcher.execute(_QUEUE, count, self._archived)
        await self._watcher.execute(f"NOTIFY {OUTBOX_CHANNEL}")
        return time.monotonic()

    @asynccontextmanager
    async def _crew(self, processes: int) -> AsyncIterator[list[Process]]:
        command = (sys.executable, "-m", "forkant_devstack.bench.relay_process", self._url, self._lab.kafka.bootstrap)
        crew = [await asyncio.create_subprocess_exec(*command, stdout=PIPE) for _ in range(processes)]
        try:
            yield crew
        finally:
            for process in crew:
                process.terminate()
            await asyncio.gather(*[process.wait() for process in crew])


class _Counter:
    """Adds up what the processes tell."""

    def __init__(self, crew: Sequence[Process]) -> None:
        self._told = [0] * len(crew)
        self._news = asyncio.Event()
        self._reading = [asyncio.create_task(self._read(at, process)) for at, process in enumerate(crew)]

    async def reached(self, count: int) -> None:
        while sum(self._told) < count:
            self._news.clear()
            await self._news.wait()

    async def _read(self, at: int, process: Process) -> None:
        if process.stdout is None:
            raise RuntimeError("a relay process was started without an output")
        while line := await process.stdout.readline():
            self._told[at] = int(line)
            self._news.set()


def _cpu_s(crew: Sequence[Process]) -> float:
    times = [psutil.Process(process.pid).cpu_times() for process in crew]
    return float(sum(each.user + each.system for each in times))
