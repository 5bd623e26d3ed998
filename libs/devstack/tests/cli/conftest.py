"""Runs the forkant command as a user would, on a state folder of the test's own."""

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

DEADLINE_S = 120.0


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Forkant:
    root: Path

    @property
    def run_folder(self) -> Path:
        return self.root / ".forkant" / "run"

    async def __call__(self, *arguments: str, answer: str = "") -> Answer:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "forkant_devstack.cli",
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "FORKANT_ROOT": str(self.root), "COLUMNS": "200"},
        )
        async with asyncio.timeout(DEADLINE_S):
            out, err = await process.communicate(answer.encode())
        return Answer(code=process.returncode, out=out.decode(), err=err.decode())


@pytest.fixture
def forkant(tmp_path: Path) -> Forkant:
    return Forkant(tmp_path)
