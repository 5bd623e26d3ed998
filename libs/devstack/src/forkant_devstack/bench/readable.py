"""How long after its 2xx a change can be read in the figures of its district."""

import asyncio
import itertools
import math
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import uuid4

from forkant_contracts.units import CASE_UNITS

from forkant_devstack.bench.http_line import Line
from forkant_devstack.bench.laboratory import Laboratory
from forkant_devstack.bench.report import Result, Spread, percentile
from forkant_devstack.issuer.pytest_fixture import running_issuer
from forkant_devstack.testing.platform import Platform, running_platform
from forkant_devstack.testing.walk import A_CASE

_PROBES: Final = 100
_BUSY_PROBES: Final = 40
_EVERY_S: Final = 0.1
_POLL_S: Final = 0.005
_GIVE_UP_S: Final = 20.0
_BAR_MS: Final = 500.0
_UNIT: Final = "oslo"
_OTHERS: Final = tuple(unit for unit in CASE_UNITS if unit != _UNIT)
_WRITES: Final = 50
_READS: Final = 500


async def bench_readable(lab: Laboratory) -> list[Result]:
    """Open cases one after the other and poll the figures, first on a quiet platform and then on a busy one."""
    count = lab.sized(_PROBES)
    with running_issuer() as issuer:
        running = running_platform(
            folder=lab.folder / "platform", postgres=lab.postgres, kafka=lab.kafka, issuer=issuer
        )
        async with running as platform:
            await _probe(platform, max(5, count // 10))
            quiet = await _probe(platform, count)
            async with _load(platform) as done:
                await _probe(platform, max(5, count // 10))
                before, began = Counter(done), time.monotonic()
                busy = await _probe(platform, lab.sized(_BUSY_PROBES))
                seconds = time.monotonic() - began
                reached = {name: (done[name] - before[name]) / seconds for name in ("writes", "reads")}
    return [
        _result(
            quiet,
            f"light: {count} cases, one at a time, read each {_POLL_S * 1000:.0f} ms until it shows",
            {},
            f"p99 ≤ {_BAR_MS:.0f} ms, at this light load",
        ),
        _result(
            busy,
            f"busy: {len(busy)} cases while {_WRITES} writes/s and {_READS} reads/s are wanted on other units; "
            f"reached {reached['writes']:.0f} writes/s and {reached['reads']:.0f} reads/s",
            {"writes/s": reached["writes"], "reads/s": reached["reads"]},
            f"p99 ≤ {_BAR_MS:.0f} ms at {_WRITES} writes/s and {_READS} reads/s",
            load_reached=reached["writes"] >= 0.95 * _WRITES and reached["reads"] >= 0.95 * _READS,
        ),
    ]


def _result(
    delays: list[float], load: str, detail: Mapping[str, float], bar: str, *, load_reached: bool = True
) -> Result:
    p99 = percentile(delays, 0.99)
    return Result(
        benchmark="readable",
        load=load,
        figure="HTTP 2xx to readable figure, p99",
        measured=Spread.of([p99]),
        unit="ms",
        bar=bar,
        reached=p99 <= _BAR_MS and load_reached,
        detail={"p50 ms": percentile(delays, 0.5), "max ms": max(delays), **detail},
    )


async def _probe(platform: Platform, count: int) -> list[float]:
    """Open cases in a unit where nobody else does; return for each how many milliseconds until it is counted."""
    writing, reading = await Line.open(platform.nodes["case"].url), await Line.open(platform.nodes["indicator"].url)
    officer, analyst = (platform.issuer.headers(f"{who}-{_UNIT}") for who in ("officer", "analyst"))
    delays: list[float] = []
    try:
        expected = await _opened(reading, analyst)
        for _ in range(count):
            await _open(writing, officer)
            answered = time.monotonic()
            expected += 1
            while await _opened(reading, analyst) < expected:
                if time.monotonic() - answered > _GIVE_UP_S:
                    return [*delays, math.inf]
                await asyncio.sleep(_POLL_S)
            delays.append((time.monotonic() - answered) * 1000)
            await asyncio.sleep(_EVERY_S)
    finally:
        writing.close()
        reading.close()
    return delays


async def _open(line: Line, officer: Mapping[str, str]) -> None:
    await line.send_json("POST", "/v1/cases", {**officer, "Idempotency-Key": str(uuid4())}, A_CASE)


async def _opened(line: Line, analyst: Mapping[str, str], unit: str = _UNIT) -> int:
    found: Any = await line.send_json("GET", f"/v1/districts/{unit}/metrics", analyst)
    return int(found["counts"]["opened"]["value"] or 0)


@asynccontextmanager
async def _load(platform: Platform) -> AsyncIterator[Counter[str]]:
    """Write and read at the wanted rates, as far as the machine goes; the counter tells what was done."""
    done: Counter[str] = Counter()
    tokens = {unit: (f"officer-{unit}", f"analyst-{unit}") for unit in _OTHERS}
    headers = {unit: [platform.issuer.headers(who) for who in names] for unit, names in tokens.items()}
    chance = random.Random(1)  # noqa: S311  a load, no secret

    async def write(line: Line) -> None:
        await _open(line, headers[chance.choice(_OTHERS)][0])
        done["writes"] += 1

    async def read(line: Line) -> None:
        unit = chance.choice(_OTHERS)
        await _opened(line, headers[unit][1], unit)
        done["reads"] += 1

    async def pace(url: str, act: Any, rate: float, number: int, of: int) -> None:
        line, began = await Line.open(url), time.monotonic()
        for step in itertools.count():
            due = began + (step * of + number) / rate
            if (early := due - time.monotonic()) > 0:
                await asyncio.sleep(early)
            elif early < -1:  # behind for good: drop what was missed, so that the rate stays the wanted one at most
                began -= early
            await act(line)

    case_url, indicator_url = platform.nodes["case"].url, platform.nodes["indicator"].url
    tasks = [asyncio.create_task(pace(case_url, write, _WRITES, number, 8)) for number in range(8)]
    tasks += [asyncio.create_task(pace(indicator_url, read, _READS, number, 32)) for number in range(32)]
    try:
        yield done
    finally:
        for task in tasks:
            task.cancel()
        for error in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(error, Exception):
                raise error
