"""Opening a case over HTTP with everything on, against a bare route that writes as many rows."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final
from uuid import uuid4

import asyncpg
import psutil

from forkant_devstack.bench import bare_route
from forkant_devstack.bench.case_platform import running_case_service
from forkant_devstack.bench.http_line import Line
from forkant_devstack.bench.laboratory import Laboratory
from forkant_devstack.bench.report import Result
from forkant_devstack.bench.rounds import Taken, alternate
from forkant_devstack.native.children import Child, start, stop
from forkant_devstack.native.ports import free_ports
from forkant_devstack.process import ProcessSpec
from forkant_devstack.testing.platform import Platform, answers_ready
from forkant_devstack.testing.walk import A_CASE

_REQUESTS: Final = 1_500
_LINES: Final = 8
_WARM_UP: Final = 100
_BAR: Final = 0.50
_CREATED: Final = 201

Headers = Callable[[], Mapping[str, str]]


async def bench_opening(lab: Laboratory) -> list[Result]:
    """Open cases from a few connections at once."""
    count = lab.sized(_REQUESTS)
    async with running_case_service(lab, names=("case-api",)) as platform:
        served, token = platform.children["case-api"].process.pid, platform.issuer.headers("officer-oslo")
        url = platform.nodes["case"].url

        def keyed() -> Mapping[str, str]:
            return {**token, "Idempotency-Key": str(uuid4())}

        rows = await _rows_of_one(platform, lambda: _open_cases(url, keyed, 1, pid=served))
        await platform.start("case-worker")
        async with _bare_service(lab, rows=rows) as bare:
            bare_served, bare_url = bare.process.pid, f"http://127.0.0.1:{bare.spec.ports[0]}"
            await _open_cases(url, keyed, _WARM_UP, pid=served)
            await _open_cases(bare_url, keyed, _WARM_UP, pid=bare_served)
            compared = await alternate(
                rounds=lab.rounds,
                measured=lambda: _open_cases(url, keyed, count, pid=served),
                ceiling=lambda: _open_cases(bare_url, keyed, count, pid=bare_served),
            )
    return [
        Result(
            benchmark="open a case",
            load=f"{count:,} POST /v1/cases over {_LINES} connections, API and relay running (token, policy, "
            f"idempotency key, audit, outbox); ceiling: a bare FastAPI route, {rows} rows in one "
            "asyncpg transaction, as many as opening a case writes",
            figure="cases opened a second, one API process",
            measured=compared.measured,
            unit="cases/s",
            ceiling=compared.ceiling,
            ratio=compared.ratio,
            bar=f"≥ {_BAR:.0%}",
            reached=compared.ratio.median >= _BAR,
            detail=compared.cpu_us,
        )
    ]


async def _rows_of_one(platform: Platform, open_one: Callable[[], Awaitable[object]]) -> int:
    """Return how many rows opening a case writes, counted while no worker takes any away."""
    seen_by_owner = f"{platform.nodes['case'].database.owner_url}?forkant.system=on"
    before = await platform.asking.rows(seen_by_owner)
    await open_one()
    return await platform.asking.rows(seen_by_owner) - before


async def _open_cases(url: str, headers: Headers, count: int, *, pid: int) -> Taken:
    body = json.dumps(A_CASE).encode()
    lines = [await Line.open(url) for _ in range(_LINES)]
    left = iter(range(count))

    async def work(line: Line) -> None:
        for _ in left:
            status, answer = await line.send("POST", "/v1/cases", headers(), body)
            if status != _CREATED:
                raise AssertionError(f"opening a case: {status} {answer.decode()}")

    began, cpu = time.monotonic(), _cpu_s(pid)
    try:
        await asyncio.gather(*map(work, lines))
        return Taken.of(count, seconds=time.monotonic() - began, cpu_s=_cpu_s(pid) - cpu)
    finally:
        for line in lines:
            line.close()


def _cpu_s(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


@asynccontextmanager
async def _bare_service(lab: Laboratory, *, rows: int) -> AsyncIterator[Child]:
    urls = await lab.postgres.create_database("bare")
    owner = await asyncpg.connect(urls.owner_url)
    await owner.execute(bare_route.ddl(rows))
    await owner.close()
    [port] = free_ports(1)
    spec = ProcessSpec(
        name="bare-route",
        argv=(sys.executable, "-m", bare_route.__name__, str(port), urls.owner_url, str(rows)),
        ready=answers_ready(f"http://127.0.0.1:{port}/health/ready"),
        ports=(port,),
    )
    child = await start(spec, log=lab.folder / "bare-route.log")
    try:
        yield child
    finally:
        await stop(child)
