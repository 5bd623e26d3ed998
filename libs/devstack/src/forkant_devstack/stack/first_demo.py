"""Fills an empty platform with the demo, as a process of its own whose progress the terminal shows."""

import contextlib
import os
import subprocess
import sys

import asyncpg
from rich.console import Console

from forkant_devstack.native.children import wrapped_argv
from forkant_devstack.process import ProcessSpec
from forkant_devstack.supervisor.exits import exit_code
from forkant_devstack.supervisor.state import State

CASES = 120
SEED = 1


async def is_empty(case_database_url: str) -> bool:
    """Say whether the case service has never published anything."""
    connection = await asyncpg.connect(case_database_url)
    try:
        return not await connection.fetchval("SELECT EXISTS (SELECT FROM event_archive)")
    finally:
        await connection.close()


async def load(console: Console, *, running: State) -> None:
    """Run `forkant demo`; a failure is told, and the platform stays up."""
    console.print(f"The platform is empty: filling it with the demo ({CASES} cases; `--no-demo` skips this).")
    urls = {
        "FORKANT_CASE_URL": running.url("case-api"),
        "FORKANT_INDICATOR_URL": running.url("indicator-api"),
        "FORKANT_OIDC_ISSUER": running.issuer,
    }
    command = (sys.executable, "-m", "forkant_devstack.cli", "demo", "--cases", str(CASES), "--seed", str(SEED))
    argv = wrapped_argv(ProcessSpec(name="demo", argv=command))
    # It writes to our terminal, so it isn't one of the supervisor's children, which write to log files.
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, env={**os.environ, **urls}, start_new_session=True)  # noqa: ASYNC220
    try:
        code = await exit_code(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.wait()
    if code != 0:
        console.print(f"[bold yellow]The demo ended with exit code {code}[/]; try again with `forkant demo`.")
