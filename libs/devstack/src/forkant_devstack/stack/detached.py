"""Starts the platform in the background: a new session shows its progress here until its banner, then lets go."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from forkant_devstack.supervisor import logs

READY_FD_VARIABLE = "FORKANT_READY_FD"


def start_detached(arguments: Sequence[str]) -> int:
    """Run `forkant up` with these arguments in a session of its own; return when it is ready or has failed."""
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "forkant_devstack.cli", "up", *arguments],
        stdin=subprocess.DEVNULL,
        env={**os.environ, READY_FD_VARIABLE: str(writing)},
        pass_fds=(writing,),
        start_new_session=True,
    )
    os.close(writing)

    def pass_on(number: int, _frame: FrameType | None) -> None:
        process.send_signal(number)

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, pass_on)
    with os.fdopen(reading, "rb") as pipe:
        is_ready = bool(pipe.read(1))
    return 0 if is_ready else process.wait()


def letting_go(folder: Path) -> Callable[[], None]:
    """Give what to call when ready: in the background it leaves the terminal for a log file, else nothing."""
    variable = os.environ.pop(READY_FD_VARIABLE, None)
    if variable is None:
        return lambda: None

    def let_go() -> None:
        sys.stdout.flush()
        with logs.fresh(folder, "supervisor").open("ab") as log:
            for stream in (sys.stdout, sys.stderr):
                os.dup2(log.fileno(), stream.fileno())
        os.write(int(variable), b"r")
        os.close(int(variable))

    return let_go
