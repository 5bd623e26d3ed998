"""What runs, for the other commands: a lock that only a living supervisor holds, and a file that says what it runs.

Containers live on without a supervisor of ours: a file of their own says what runs in them, until they are taken down.
"""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import psutil

from forkant_devstack.process import DevstackError

_OWN: Final = "state.json"
_CONTAINERS: Final = "containers.json"

Phase = Literal["starting", "running", "stopping"]
_GONE_DEADLINE_S = 20.0


@dataclass(frozen=True, kw_only=True, slots=True)
class ProcessState:
    """One child as the state file tells of it; `started_at` is Unix time."""

    name: str
    pid: int
    started_at: float
    ports: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """The running platform; it holds no secret."""

    supervisor_pid: int
    started_at: float
    phase: Phase
    broker: str
    ports: Mapping[str, int]
    processes: tuple[ProcessState, ...] = field(default=())
    log_in: str | None = None
    """The issuer's URL where it is not the one of this package."""

    @property
    def issuer(self) -> str:
        """The issuer's URL, as tokens name it."""
        return self.log_in or self.url("issuer")

    def url(self, name: str) -> str:
        """Give the base URL of a process that speaks HTTP."""
        return f"http://127.0.0.1:{self.ports[name]}"


def write(run: Path, state: State) -> None:
    """Replace the state file in one step."""
    _replace(run / _OWN, state)


def write_containers(run: Path, state: State | None) -> None:
    """Say what runs in containers, or that nothing does any more."""
    run.mkdir(parents=True, exist_ok=True)
    if state is None:
        (run / _CONTAINERS).unlink(missing_ok=True)
    else:
        _replace(run / _CONTAINERS, state)


def read(run: Path) -> State | None:
    """Give the state of the platform that runs, None when none does (a file left by a killed supervisor is ignored)."""
    return _parse(run / _OWN) if _locked(run) else read_containers(run)


def read_containers(run: Path) -> State | None:
    """Give the state of the platform that was started in containers, None when none was."""
    return _parse(run / _CONTAINERS)


def running_state(run: Path) -> State:
    """Give the state of the platform that runs, or say how to start it."""
    state = read(run)
    if state is None:
        raise DevstackError("Forkant is not running", hint="start it with `make up` (or `forkant up`)", exit_code=3)
    return state


@contextlib.contextmanager
def hold(run: Path) -> Iterator[bool]:
    """Be the only supervisor, or learn (False) that there is another one; takes the state file along when done."""
    run.mkdir(parents=True, exist_ok=True)
    with (run / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        try:
            yield True
        finally:
            (run / _OWN).unlink(missing_ok=True)


def clear_leftovers(run: Path) -> int:
    """Wait for the children of a killed supervisor, which the kernel has told to end; kill those that stay."""
    state = _parse(run / _OWN)
    if state is None:
        return 0
    left = [process for child in state.processes if (process := _same_process(child)) is not None]
    _, alive = psutil.wait_procs(left, timeout=_GONE_DEADLINE_S)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=_GONE_DEADLINE_S)
    (run / _OWN).unlink(missing_ok=True)
    return len(left)


def new(*, broker: str, ports: Mapping[str, int]) -> State:
    """Give the first state of this process as the supervisor."""
    return State(supervisor_pid=os.getpid(), started_at=time.time(), phase="starting", broker=broker, ports=ports)


def _locked(run: Path) -> bool:
    try:
        with (run / "lock").open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _replace(file: Path, state: State) -> None:
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(state), indent=2), encoding="utf-8")
    fresh.replace(file)


def _parse(file: Path) -> State | None:
    try:
        data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        processes = tuple(ProcessState(**(each | {"ports": tuple(each["ports"])})) for each in data.pop("processes"))
        return State(**data, processes=processes)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _same_process(child: ProcessState) -> psutil.Process | None:
    """Give the process when it still is the one that was started: a number may belong to another by now."""
    try:
        process = psutil.Process(child.pid)
        return process if abs(process.create_time() - child.started_at) < 5 else None  # noqa: PLR2004
    except psutil.NoSuchProcess:
        return None
