"""What the supervisor must know of one long-running program; back ends describe themselves and start nothing."""

import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Probe = Callable[[], Awaitable[bool]]
"""Asks once, briefly, and answers; it never waits for readiness itself and never raises for "not yet"."""


class DevstackError(Exception):
    """Something the user can act on: `message` says what is wrong, `hint` what to do; shown without a traceback."""

    def __init__(self, message: str, *, hint: str = "", exit_code: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_code = exit_code


@dataclass(frozen=True, kw_only=True, slots=True)
class ProcessSpec:
    """One program, ready to start.

    Attributes:
        name: Short and unique; names the log file and the prefix in the terminal.
        argv: The program and its arguments; no shell is involved.
        env: Set on top of the supervisor's own environment.
        cwd: Working folder; the supervisor's own when None.
        uid: Runs as this user when given (groups are dropped); needs root.
        gid: Runs as this group when given.
        stop_signal: Asks the program to end in order (SIGINT for PostgreSQL's fast shutdown).
        stop_deadline_s: After this long the whole process group is killed.
        death_signal: What the kernel sends when the supervisor itself is killed.
        ready: Asked again and again until it says True; without one the program is ready once it runs.
        ready_deadline_s: A start that takes longer has failed.
        ports: TCP ports on 127.0.0.1 it will listen on; all must be free before anything starts.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    uid: int | None = None
    gid: int | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_deadline_s: float = 10.0
    death_signal: signal.Signals = signal.SIGKILL
    ready: Probe | None = None
    ready_deadline_s: float = 60.0
    ports: tuple[int, ...] = ()
