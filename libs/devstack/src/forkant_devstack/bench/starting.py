"""How long `forkant up` takes to its banner when everything has been downloaded and made before."""

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import Final

import psutil

from forkant_devstack.bench.laboratory import Laboratory
from forkant_devstack.bench.report import Result, Spread
from forkant_devstack.native.ports import free_ports
from forkant_devstack.stack.ports import DEFAULT_PORTS

_BAR_S: Final = 15.0
_BAR_MB: Final = 200.0
_SERVICES: Final = ("case-", "indicator-", "notification-")


async def bench_starting(lab: Laboratory) -> list[Result]:
    """Start and stop a platform of its own, in an empty state folder that the first start has filled."""
    root = lab.folder / "up"
    root.mkdir(mode=0o755)
    seconds: list[float] = []
    for number in range(lab.rounds + 1):
        ports = zip(DEFAULT_PORTS, free_ports(len(DEFAULT_PORTS)), strict=True)
        choices = [part for name, port in ports for part in ("--port", f"{name}={port}")]
        began = time.monotonic()
        try:
            await _forkant(root, "up", "--detach", "--no-demo", *choices)
            if number:
                seconds.append(time.monotonic() - began)
            memory = _memory(root)
        finally:
            await _forkant(root, "down")
    load = f"forkant up --detach without demo data, {len(seconds)} times after a first start"
    return [
        _result(load, "to the banner, all processes ready", seconds, unit="s", bar=f"≤ {_BAR_S:.0f} s", limit=_BAR_S),
        _result(
            "the same; resident memory of each process of the services just after the start, the largest of them",
            "memory of a service at rest",
            [max(memory.values())],
            unit="MB",
            bar=f"≤ {_BAR_MB:.0f} MB",
            limit=_BAR_MB,
        ),
    ]


def _result(load: str, figure: str, values: list[float], *, unit: str, bar: str, limit: float) -> Result:
    spread = Spread.of(values)
    return Result(
        benchmark="start",
        load=load,
        figure=figure,
        measured=spread,
        unit=unit,
        bar=bar,
        reached=spread.median <= limit,
    )


async def _forkant(root: Path, *arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "forkant_devstack.cli",
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "FORKANT_ROOT": str(root)},
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise AssertionError(f"forkant {arguments[0]} ended with {process.returncode}: {said.decode()[-2000:]}")


def _memory(root: Path) -> dict[str, float]:
    state = json.loads((root / ".forkant" / "run" / "state.json").read_text(encoding="utf-8"))
    return {
        each["name"]: psutil.Process(each["pid"]).memory_info().rss / 1_000_000
        for each in state["processes"]
        if each["name"].startswith(_SERVICES)
    }
