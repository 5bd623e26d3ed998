"""What each wall costs on opening and listing cases: the service as it is, beside itself with that wall taken away."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final
from uuid import uuid4

import asyncpg
import psutil

from forkant_devstack.bench import walls_process
from forkant_devstack.bench.case_platform import running_case_service
from forkant_devstack.bench.http_line import Line
from forkant_devstack.bench.laboratory import Laboratory
from forkant_devstack.bench.listing import fill_with_cases
from forkant_devstack.bench.report import Result
from forkant_devstack.bench.rounds import Taken, alternate
from forkant_devstack.bench.row_security import row_security, tables_under_row_security
from forkant_devstack.native.children import Child, start, stop
from forkant_devstack.native.ports import free_ports
from forkant_devstack.process import ProcessSpec
from forkant_devstack.testing.platform import Platform, answers_ready
from forkant_devstack.testing.walk import A_CASE

_CASES: Final = 100_000
_REQUESTS: Final = 1_000
_WARM_UP: Final = 80
_LINES: Final = 4
# Who opens cases becomes a member of them, and lists with more memberships each time: so another one lists.
_PERSONAS: Final = {"open a case": "officer2-oslo", "list 50 cases": "officer-oslo"}
_BODY: Final = json.dumps(A_CASE).encode()
_ROWS: Final = "row security"
_WALLS: Final[tuple[tuple[str, ...], ...]] = (
    *((name,) for name in walls_process.WALLS),
    (_ROWS,),
    (*walls_process.WALLS, _ROWS),
)
_LARGEST_GOOD: Final = 201

Send = Callable[[Line, Mapping[str, str]], Awaitable[None]]


async def _open(line: Line, headers: Mapping[str, str]) -> None:
    await _good(line, "POST", "/v1/cases", {**headers, "Idempotency-Key": str(uuid4())}, _BODY)


async def _list(line: Line, headers: Mapping[str, str]) -> None:
    await _good(line, "GET", "/v1/cases?limit=50", headers, b"")


async def _good(line: Line, method: str, path: str, headers: Mapping[str, str], body: bytes) -> None:
    status, answer = await line.send(method, path, headers, body)
    if status > _LARGEST_GOOD:
        raise AssertionError(f"{method} {path}: {status} {answer.decode()}")


_LOADS: Final[Mapping[str, Send]] = {"open a case": _open, "list 50 cases": _list}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bench:
    platform: Platform
    owner: "asyncpg.Connection[asyncpg.Record]"
    tables: list[str]
    count: int

    async def take(self, url: str, process: psutil.Process, load: str, *, rows: bool) -> Taken:
        await row_security(self.owner, self.tables, on=rows)
        send, headers = _LOADS[load], self.platform.issuer.headers(_PERSONAS[load])
        await self._send(url, send, headers, _WARM_UP)
        began, cpu = time.monotonic(), _cpu_s(process)
        await self._send(url, send, headers, self.count)
        return Taken.of(self.count, seconds=time.monotonic() - began, cpu_s=_cpu_s(process) - cpu)

    async def _send(self, url: str, send: Send, headers: Mapping[str, str], count: int) -> None:
        lines = [await Line.open(url) for _ in range(_LINES)]
        left = iter(range(count))

        async def work(line: Line) -> None:
            for _ in left:
                await send(line, headers)

        try:
            await asyncio.gather(*map(work, lines))
        finally:
            for line in lines:
                line.close()


async def bench_walls(lab: Laboratory) -> list[Result]:
    """Open and list cases with everything on, and by turns without one wall, then without all of them."""
    cases = lab.sized(_CASES)
    async with running_case_service(lab, names=("case-api",)) as platform:
        owner = await asyncpg.connect(
            platform.nodes["case"].database.owner_url, server_settings={"forkant.system": "on"}
        )
        try:
            await fill_with_cases(owner, cases)
            tables = await tables_under_row_security(owner)
            bench = _Bench(platform=platform, owner=owner, tables=tables, count=lab.sized(_REQUESTS))
            return [result for gone in _WALLS for result in await _without(lab, bench, gone, cases=cases)]
        finally:
            await owner.close()


async def _without(lab: Laboratory, bench: _Bench, gone: tuple[str, ...], *, cases: int) -> list[Result]:
    ours = psutil.Process(bench.platform.children["case-api"].process.pid)
    results = []
    async with _opened(lab, bench.platform, [name for name in gone if name != _ROWS]) as (url, child):
        theirs = psutil.Process(child.process.pid)
        for load in _LOADS:
            compared = await alternate(
                rounds=lab.rounds,
                measured=partial(bench.take, bench.platform.nodes["case"].url, ours, load, rows=True),
                ceiling=partial(bench.take, url, theirs, load, rows=_ROWS not in gone),
            )
            results.append(
                Result(
                    benchmark="walls",
                    load=f"{bench.count:,} requests over {_LINES} connections by an officer with 400 memberships, "
                    f"{cases:,} cases, API process alone; ceiling: the same without {' and '.join(gone)}",
                    figure=f"{load}, against none of: {', '.join(gone)}",
                    measured=compared.measured,
                    ceiling=compared.ceiling,
                    ratio=compared.ratio,
                    unit="requests/s",
                    bar="",
                    reached=True,
                    detail=compared.cpu_us,
                )
            )
    return results


@asynccontextmanager
async def _opened(lab: Laboratory, platform: Platform, gone: list[str]) -> AsyncIterator[tuple[str, Child]]:
    """Run the API without some walls until the block ends."""
    [port] = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    spec = ProcessSpec(
        name="-".join(["without", *gone]).replace(" ", "-"),
        argv=(sys.executable, "-m", walls_process.__name__, *gone),
        env={**platform.env(platform.nodes["case"]), "FORKANT_HTTP_PORT": str(port)},
        ready=answers_ready(f"{url}/health/live"),
        ports=(port,),
    )
    child = await start(spec, log=lab.folder / f"{spec.name}.log")
    try:
        yield url, child
    finally:
        await stop(child)


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
