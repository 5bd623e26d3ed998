"""Starts and stops a program described by a ProcessSpec; for tests and short-lived use, without supervision."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from forkant_devstack.native import launch
from forkant_devstack.process import DevstackError, ProcessSpec

_POLL_S = 0.02
_LOG_TAIL = 2_000
_KILL_DEADLINE_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A running program, the description it came from and its log file."""

    spec: ProcessSpec
    process: subprocess.Popen[bytes]
    log: Path


def wrapped_argv(spec: ProcessSpec) -> list[str]:
    """Give the command line that drops to the spec's user and dies with us, then becomes the program."""
    uid, gid = (-1 if number is None else number for number in (spec.uid, spec.gid))
    fixed = (str(os.getpid()), str(int(spec.death_signal)), str(uid), str(gid))
    program = shutil.which(spec.argv[0]) or spec.argv[0]
    return [sys.executable, "-I", "-S", launch.__file__, *fixed, program, *spec.argv[1:]]


def spawn(spec: ProcessSpec, *, log: Path) -> Child:
    """Start the program in a process group of its own; its output is appended to `log`."""
    with log.open("ab") as sink:
        process = subprocess.Popen(
            wrapped_argv(spec),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            env={**os.environ, **spec.env},
            cwd=spec.cwd,
            start_new_session=True,
        )
    return Child(spec=spec, process=process, log=log)


async def start(spec: ProcessSpec, *, log: Path) -> Child:
    """Start the program and wait until its probe says that it is ready."""
    child = spawn(spec, log=log)
    deadline = time.monotonic() + spec.ready_deadline_s
    try:
        while not (spec.ready is None or await spec.ready()):
            _require_hope(child, deadline=deadline)
            await asyncio.sleep(_POLL_S)
    except BaseException:
        await kill(child)
        raise
    return child


async def stop(child: Child) -> None:
    """End the program in order; kill its whole group when it takes too long."""
    if child.process.poll() is None:
        child.process.send_signal(child.spec.stop_signal)
        with contextlib.suppress(subprocess.TimeoutExpired):
            await asyncio.to_thread(child.process.wait, child.spec.stop_deadline_s)
    await kill(child)


async def kill(child: Child) -> None:
    """End the program and all its descendants at once, as a crash would."""
    family = _family(child.process.pid)
    for process in family:  # the eldest first: PostgreSQL's would start new children
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    await asyncio.to_thread(child.process.wait)
    deadline = time.monotonic() + _KILL_DEADLINE_S
    while any(map(_runs, family)) and time.monotonic() < deadline:  # noqa: ASYNC110  the kernel tells no event
        await asyncio.sleep(_POLL_S)


def _runs(process: psutil.Process) -> bool:
    """Say whether a process still holds files and ports; a dead one stays in the table until it is reaped."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _family(pid: int) -> list[psutil.Process]:
    """Give a process and its descendants: a group kill would miss PostgreSQL's, which lead groups of their own."""
    try:
        eldest = psutil.Process(pid)
        return [eldest, *eldest.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _require_hope(child: Child, *, deadline: float) -> None:
    code = child.process.poll()
    if code is not None:
        raise DevstackError(f"{child.spec.name} ended with exit code {code} while starting", hint=tail(child.log))
    if time.monotonic() > deadline:
        limit = child.spec.ready_deadline_s
        raise DevstackError(f"{child.spec.name} was not ready after {limit:.0f} s", hint=tail(child.log))


def tail(log: Path) -> str:
    """Give the end of a log file."""
    try:
        return f"{log} ends with:\n{log.read_text(errors='replace')[-_LOG_TAIL:]}"
    except OSError:
        return f"its log is {log}"
