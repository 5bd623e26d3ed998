"""What the outbox costs the write side: transactions that change an aggregate, with and without its event."""

import asyncio
import sys
import time
from asyncio.subprocess import PIPE, Process
from typing import Final, Literal

import asyncpg
from case_service.migrate import MIGRATIONS
from forkant_kit.db import new_id

from forkant_devstack.bench.laboratory import Laboratory
from forkant_devstack.bench.report import Result
from forkant_devstack.bench.rounds import Compared, Taken, alternate
from forkant_devstack.bench.writing_process import CONNECTIONS

_TRANSACTIONS: Final = 4_000
_CREWS: Final = (1, 2, 4)
_AGGREGATES: Final = 1_000
_DDL: Final = "CREATE TABLE aggregate (id uuid PRIMARY KEY, version integer NOT NULL); GRANT ALL ON aggregate TO PUBLIC"


async def bench_writing(lab: Laboratory) -> list[Result]:
    """Change aggregates by one and more processes, a few connections each; no relay runs."""
    count = lab.sized(_TRANSACTIONS)
    urls = await lab.database("writing", migrations=MIGRATIONS)
    owner = await asyncpg.connect(urls.owner_url)
    try:
        await owner.execute(_DDL)
        await owner.executemany("INSERT INTO aggregate VALUES ($1, 0)", [(new_id(),) for _ in range(_AGGREGATES)])
    finally:
        await owner.close()
    by_crew = {crew: await _compared(lab, urls.worker_url, count, crew) for crew in _CREWS}
    return [_result(count, crew, compared, one=by_crew[1]) for crew, compared in by_crew.items()]


async def _compared(lab: Laboratory, url: str, count: int, crew: int) -> Compared:
    return await alternate(
        rounds=lab.rounds,
        measured=lambda: _written(url, count, crew, "with"),
        ceiling=lambda: _written(url, count, crew, "without"),
    )


def _result(count: int, crew: int, compared: Compared, *, one: Compared) -> Result:
    return Result(
        benchmark="writing",
        load=f"{count:,} transactions by {crew} processes over {CONNECTIONS} connections each; each changes a row by "
        "the kit's engine and appends an event; ceiling: the same without the event",
        figure="transactions a second with the outbox",
        measured=compared.measured,
        unit="transactions/s",
        ceiling=compared.ceiling,
        ratio=compared.ratio,
        bar="",
        reached=True,
        detail={**compared.cpu_us, "times one process": compared.measured.median / one.measured.median},
    )


async def _written(url: str, count: int, crew: int, events: Literal["with", "without"]) -> Taken:
    """Let the processes get ready, start them at once, and wait until the last has written its share."""
    command = (sys.executable, "-m", "forkant_devstack.bench.writing_process", url, str(count // crew), events)
    processes = [await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE) for _ in range(crew)]
    try:
        await asyncio.gather(*[_line(process) for process in processes])
        began = time.monotonic()
        used = await asyncio.gather(*[_told_to_write(process) for process in processes])
        return Taken.of(count // crew * crew, seconds=time.monotonic() - began, cpu_s=sum(used))
    finally:
        await asyncio.gather(*[process.communicate() for process in processes])


async def _told_to_write(process: Process) -> float:
    if process.stdin is None:
        raise RuntimeError("a writer was started without an input")
    process.stdin.write(b"\n")
    await process.stdin.drain()
    return float(await _line(process))


async def _line(process: Process) -> bytes:
    if process.stdout is None:
        raise RuntimeError("a writer was started without an output")
    line = await process.stdout.readline()
    if not line:
        raise RuntimeError("a writer ended too early: its error stands above")
    return line
