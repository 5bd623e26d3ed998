"""The program that checks what Prometheus reads, and what is said where it is missing."""

import shutil
import subprocess
from pathlib import Path

import pytest

_OWN = Path(__file__).parents[2] / ".forkant/promtool/promtool"
PROGRAM = str(_OWN) if _OWN.is_file() else shutil.which("promtool")
"""What scripts/ensure-promtool.sh brings, or the machine's own."""

needed = pytest.mark.skipif(
    PROGRAM is None,
    reason="promtool is missing, so what Prometheus makes of it was not tested: scripts/ensure-promtool.sh",
)


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run it, and return what it said."""
    return subprocess.run([str(PROGRAM), *map(str, arguments)], capture_output=True, text=True, check=False)
