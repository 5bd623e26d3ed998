"""How soon a thousand watching clients of one process are shown a change, and with how much memory."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

import psutil

from forkant_devstack.bench.http_line import Line
from forkant_devstack.bench.laboratory import Laboratory
from forkant_devstack.bench.report import Result, Spread, percentile
from forkant_devstack.issuer.pytest_fixture import running_issuer
from forkant_devstack.testing.platform import Platform, running_platform
from forkant_devstack.testing.walk import A_CASE

T = TypeVar("T")

_CLIENTS: Final = 1_000
_CHANGES: Final = 30
_AT_ONCE: Final = 10
_BAR_MS: Final = 1_000.0
_DEADLINE_S: Final = 60.0
_BYTES_PER_MB: Final = 1024 * 1024
_OPENED: Final = re.compile(rb'"unit":"oslo".{1,400}?"opened":\{"value":(\d+)', re.DOTALL)
_LONGEST_MATCH: Final = 500
# Half of them watch what a lead's page shows, half what the page of all units shows.
_WATCHERS: Final[tuple[tuple[str, str], ...]] = (
    ("analyst-oslo", "/v1/stream?units=oslo,national"),
    ("pod-analyst", "/v1/stream"),
)


class _Watcher(asyncio.Protocol):
    """One stream, of which only the number of cases opened in Oslo is read."""

    def __init__(self) -> None:
        self._tail = b""
        self.opened = -1
        self.wanted = 0
        self.seen: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        if not self._tail and self.opened < 0 and b" 200 " not in data[:20]:
            self.seen.set_exception(AssertionError(data.decode()))
            return
        self._tail += data
        for found in _OPENED.finditer(self._tail):
            self.opened = int(found[1])
        self._tail = self._tail[-_LONGEST_MATCH:]
        if self.opened >= self.wanted and not self.seen.done():
            self.seen.set_result(time.monotonic())

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.seen.done():
            self.seen.set_exception(exc or AssertionError(f"the stream ended: {self._tail[-200:]!r}"))

    def want(self, opened: int) -> "asyncio.Future[float]":
        """Return what is done when so many cases are shown as opened."""
        self.wanted, self.seen = opened, asyncio.get_running_loop().create_future()
        if self.opened >= opened:
            self.seen.set_result(time.monotonic())
        return self.seen


async def bench_streaming(lab: Laboratory) -> list[Result]:
    """Open cases one after the other, and wait each time until every client has been shown it."""
    clients, changes = lab.sized(_CLIENTS), lab.sized(_CHANGES)
    with running_issuer() as issuer:
        running = running_platform(
            folder=lab.folder / "platform", postgres=lab.postgres, kafka=lab.kafka, issuer=issuer
        )
        async with running as platform:
            process = psutil.Process(platform.children["indicator-api"].process.pid)
            async with _watching(platform, clients) as watchers:
                delays, lasts = await _change(platform, watchers, changes)
                memory_mb = float(process.memory_info().rss) / _BYTES_PER_MB
    p95 = percentile(delays, 0.95)
    return [
        Result(
            benchmark="streaming",
            load=f"{clients:,} streams of one API process, half of them of a unit and the nation, half of all units; "
            f"{changes} cases opened in the unit, one after the other, each waited for by every client",
            figure="HTTP 2xx of the change to the event at a client, p95",
            measured=Spread.of([p95]),
            unit="ms",
            bar=f"every client ≤ {_BAR_MS:,.0f} ms",
            reached=max(delays) <= _BAR_MS,
            detail={
                "p50 ms": percentile(delays, 0.5),
                "the last client's p50 ms": percentile(lasts, 0.5),
                "the latest of all ms": max(delays),
                "MB of the process": memory_mb,
            },
        )
    ]


@asynccontextmanager
async def _watching(platform: Platform, clients: int) -> AsyncIterator[list[_Watcher]]:
    url = platform.nodes["indicator"].url
    address, room = urlsplit(url), asyncio.Semaphore(_AT_ONCE)
    host, port = str(address.hostname), int(address.port or 0)
    transports: list[asyncio.Transport] = []

    async def watch(number: int) -> _Watcher:
        persona, path = _WATCHERS[number % len(_WATCHERS)]
        lines = [f"GET {path} HTTP/1.1", f"Host: {address.netloc}", *_lines(platform.issuer.headers(persona))]
        request = "\r\n".join(lines).encode() + b"\r\n\r\n"
        async with room:
            transport, watcher = await asyncio.get_running_loop().create_connection(_Watcher, host, port)
            transports.append(transport)
            transport.write(request)
            await _until(watcher.seen, f"{persona} was not shown the unit")
        return watcher

    try:
        yield await asyncio.gather(*[watch(number) for number in range(clients)])
    finally:
        for transport in transports:
            transport.abort()


def _lines(headers: Mapping[str, str]) -> list[str]:
    return [f"{name}: {value}" for name, value in headers.items()]


async def _change(platform: Platform, watchers: list[_Watcher], changes: int) -> tuple[list[float], list[float]]:
    """Return how many milliseconds each client waited for each change, and the last of them for each."""
    line, officer = await Line.open(platform.nodes["case"].url), platform.issuer.headers("officer-oslo")
    delays: list[float] = []
    lasts: list[float] = []
    try:
        for _ in range(changes):
            expected = max(watcher.opened for watcher in watchers) + 1
            seen = [watcher.want(expected) for watcher in watchers]
            await line.send_json("POST", "/v1/cases", {**officer, "Idempotency-Key": str(uuid4())}, A_CASE)
            answered = time.monotonic()
            moments = await _until(asyncio.gather(*seen), "not every client was shown the change")
            waited = [(moment - answered) * 1000 for moment in moments]
            delays += waited
            lasts.append(max(waited))
    finally:
        line.close()
    return delays, lasts


async def _until(done: "asyncio.Future[T]", otherwise: str) -> T:
    try:
        return await asyncio.wait_for(done, _DEADLINE_S)
    except TimeoutError:
        raise AssertionError(f"{otherwise} within {_DEADLINE_S:.0f} s") from None
