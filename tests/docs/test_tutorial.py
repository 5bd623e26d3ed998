"""The tutorial is walked as it stands: each command is run on a platform of the test's own, and prints what the page says."""

import asyncio
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from forkant_devstack.native.ports import free_ports
from forkant_devstack.stack.ports import DEFAULT_PORTS

from .pages import ROOT, blocks_of

pytestmark = [pytest.mark.kafka, pytest.mark.faults, pytest.mark.timeout(600)]
START = 'make up ARGS="--detach --no-demo"'
MARK = "---- the next block of the page ----"
DEADLINE_S = 540


@dataclass(frozen=True)
class Step:
    """A block of commands, and what the page says that they print; nothing when it says nothing."""

    line: int
    commands: str
    printed: str | None


def steps() -> list[Step]:
    found: list[Step] = []
    for block in blocks_of(ROOT / "docs/tutorial.md"):
        if block.language == "bash":
            found.append(Step(block.line, block.text, None))
        elif block.language == "text":
            found[-1] = Step(found[-1].line, found[-1].commands, block.text)
        else:
            raise AssertionError(f"a block of {block.language} on line {block.line} is neither run nor compared")
    return found


def on_ports(text: str, ports: dict[str, int]) -> str:
    """Return a text with the test's own ports for those that the platform takes by itself."""
    for name, number in DEFAULT_PORTS.items():
        text = re.sub(rf"127\.0\.0\.1:{number}\b", f"127.0.0.1:{ports[name]}", text)
    return text


def as_pattern(printed: str) -> str:
    """Return what the page shows as a pattern, in which `…` is anything, on this line and the next ones."""
    return ".*?".join(re.escape(part) for part in re.split(r"\s*…\s*", printed.strip()))


def differs(step: Step, output: str) -> str | None:
    if step.printed is None or re.fullmatch(as_pattern(step.printed), output.strip(), re.DOTALL):
        return None
    return f"docs/tutorial.md:{step.line} says\n{step.printed}\nand it printed\n{output}"


@pytest.fixture
def ports() -> dict[str, int]:
    return dict(zip(DEFAULT_PORTS, free_ports(len(DEFAULT_PORTS)), strict=True))


@pytest.fixture
def environment(tmp_path) -> Iterator[dict[str, str]]:
    # What this run's own make was told is nothing to those of the page.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    found = {**inherited, "FORKANT_ROOT": str(tmp_path), "TMPDIR": str(tmp_path), "COLUMNS": "200"}
    yield found
    command = [str(ROOT / ".venv/bin/forkant"), "reset", "--yes"]
    subprocess.run(command, env=found, cwd=ROOT, check=False, capture_output=True, timeout=120)


def script(ports: dict[str, int]) -> str:
    """Return all commands of the page as one shell runs them, each block's output after a mark."""
    choices = " ".join(f"--port {name}={number}" for name, number in ports.items())
    parts = []
    for step in steps():
        commands = on_ports(step.commands, ports)
        parts.append(f"echo '{MARK}'\n{commands.replace(START, f'{START[:-1]} {choices}{START[-1]}')}")
    return "set -euo pipefail\n" + "".join(parts)


async def run(text: str, environment: dict[str, str]) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *("bash", "-c", text),
        cwd=ROOT,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(DEADLINE_S):
            out, err = await process.communicate()
    except TimeoutError:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return process.returncode or 0, out.decode(), err.decode()


async def test_every_command_of_the_tutorial_works_and_prints_what_the_page_says(environment, ports):
    assert START in steps()[0].commands
    code, out, err = await run(script(ports), environment)
    outputs = out.split(f"{MARK}\n")[1:]
    told = [differs(step, on_ports_back(output, ports)) for step, output in zip(steps(), outputs, strict=False)]
    assert [each for each in told if each] == [], err
    assert (code, len(outputs)) == (0, len(steps())), out + err


def on_ports_back(text: str, ports: dict[str, int]) -> str:
    for name, number in ports.items():
        text = re.sub(rf"127\.0\.0\.1:{number}\b", f"127.0.0.1:{DEFAULT_PORTS[name]}", text)
    return text


@pytest.mark.parametrize(
    ("page", "output", "same"),
    [
        ("200 closed\n", "200 closed\n", True),
        ("200 closed\n", "409 -\n", False),
        ("…is stopped…\n", "Forkant is stopped.\nBye.\n", True),
        ('{\n    "id": "…",\n    "state": "received"\n}\n', '{\n    "id": "019",\n    "state": "decided"\n}\n', False),
        ("200 closed\n", "200 closed\n200 closed\n", False),
    ],
)
def test_what_is_printed_otherwise_would_be_found(page, output, same):
    assert (differs(Step(1, "", page), output) is None) is same


def test_the_page_shows_what_each_step_prints_save_where_nothing_is_printed():
    silent = [step.line for step in steps() if step.printed is None]
    assert len(silent) == 1, silent  # the one that sets the PATH
