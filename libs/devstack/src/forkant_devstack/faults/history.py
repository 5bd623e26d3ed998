"""What a client of the laboratory knows: each change it attempted, and what came of it, one JSON line each.

A line is written before the change is asked for and another after the answer, so an attempt without a second line is
one whose outcome nobody knows. The file survives the process that writes it.
"""

import json
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID


class Outcome(StrEnum):
    """What a client knows of a change."""

    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One change that a client asked for; ``at`` is Unix time in seconds, of the answer when there was one."""

    change: UUID
    aggregate: UUID
    version: int
    outcome: Outcome
    at: float


class History:
    """Writes one client's history; each line is handed to the kernel at once."""

    def __init__(self, path: Path) -> None:
        """Open the file, which may hold the history of an earlier process of the same name."""
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def __enter__(self) -> Self:
        """Give the open history."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        os.close(self._file)

    def attempt(self, change: UUID, *, aggregate: UUID, version: int) -> None:
        """Note that a change is about to be asked for."""
        self._write({"change": str(change), "aggregate": str(aggregate), "version": version})

    def answered(self, change: UUID, outcome: Outcome) -> None:
        """Note the answer to an attempt."""
        self._write({"change": str(change), "outcome": outcome})

    def _write(self, fields: dict[str, object]) -> None:
        os.write(self._file, (json.dumps({**fields, "at": time.time()}) + "\n").encode())


def read_histories(paths: Iterable[Path]) -> list[Attempt]:
    """Return the attempts of all clients; one without an answer is unknown.

    Raises:
        ValueError: a line is no history, or answers what was never attempted.
    """
    return [attempt for path in paths for attempt in _read(path)]


def _read(path: Path) -> Iterable[Attempt]:
    asked: dict[str, dict[str, object]] = {}
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        fields = json.loads(line)
        if "outcome" not in fields:
            asked[fields["change"]] = {**fields, "outcome": Outcome.UNKNOWN}
        elif fields["change"] in asked:
            asked[fields["change"]].update(outcome=fields["outcome"], at=fields["at"])
        else:
            raise ValueError(f"{path}:{number} answers a change that was never attempted")
    for fields in asked.values():
        yield Attempt(
            change=UUID(str(fields["change"])),
            aggregate=UUID(str(fields["aggregate"])),
            version=int(str(fields["version"])),
            outcome=Outcome(str(fields["outcome"])),
            at=float(str(fields["at"])),
        )
