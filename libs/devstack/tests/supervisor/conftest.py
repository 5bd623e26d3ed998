"""What the supervisor's tests share: small real children, their journal, waiting for a condition."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from forkant_devstack.process import ProcessSpec
from forkant_devstack.supervisor.engine import Supervisor
from forkant_devstack.supervisor.graph import Node
from forkant_devstack.supervisor.report import Silent

CHILD = Path(__file__).with_name("child.py")
DEADLINE_S = 30.0


@dataclass(frozen=True)
class Bench:
    """A folder for one test."""

    folder: Path

    @property
    def journal(self) -> Path:
        return self.folder / "journal"

    def lines(self) -> list[str]:
        return self.journal.read_text().splitlines() if self.journal.exists() else []

    def spec(self, name: str, how: str = "stays", *, stop_deadline_s: float = 10.0) -> ProcessSpec:
        """Describe a child that is ready once it has written its start."""

        async def ready() -> bool:
            return f"started {name}" in self.lines()

        return ProcessSpec(
            name=name,
            argv=(sys.executable, "-I", "-S", str(CHILD), name, str(self.journal), how),
            ready=ready,
            ready_deadline_s=DEADLINE_S,
            stop_deadline_s=stop_deadline_s,
        )

    @asynccontextmanager
    async def supervising(self, *nodes: Node, changed: Callable[[], None] = lambda: None) -> AsyncIterator[Supervisor]:
        supervisor = Supervisor(nodes=nodes, logs=self.folder / "logs", report=Silent(), changed=changed)
        try:
            yield supervisor
        finally:
            supervisor.kill()
            await supervisor.stop()

    async def eventually(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not condition():
            if time.monotonic() > deadline:
                pytest.fail("the condition did not come true in time")
            await asyncio.sleep(0.02)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)
