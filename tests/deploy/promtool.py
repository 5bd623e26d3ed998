"""The program that checks what Prometheus reads, and what is said where it is missing."""

import shutil
import subprocess
from pathlib import Path

import pytest

_OWN = Path(__file__).parents[2] / ".forkant/promtool"


def program(name: str) -> str | None:
    """Return what scripts/ensure-promtool.sh brings, or the machine's own."""
    return str(_OWN / name) if (_OWN / name).is_file() else shutil.which(name)


PROGRAM = program("promtool")

needed = pytest.mark.skipif(
    PROGRAM is None,
    reason="promtool is missing, so what Prometheus makes of it was not tested: scripts/ensure-promtool.sh",
)


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run it, and return what it said."""
    return subprocess.run([str(PROGRAM), *map(str, arguments)], capture_output=True, text=True, check=False)
