"""Log files of the children: a fresh one each start, the last one kept, the end of one, following all of them."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

MAX_BYTES = 50_000_000
_TAIL_BYTES = 16_384
_CHUNK_BYTES = 262_144


def fresh(folder: Path, name: str) -> Path:
    """Give the log file of `name`, empty; that of the last start is kept beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.log"
    if path.exists() and path.stat().st_size:
        path.replace(folder / f"{name}.log.1")
    path.touch()
    return path


def shorten(path: Path) -> None:
    """Start a file over when it has grown too long; its writer appends, so that it goes on at the start."""
    try:
        if path.stat().st_size > MAX_BYTES:
            path.with_suffix(".log.1").unlink(missing_ok=True)
            os.truncate(path, 0)
    except FileNotFoundError:
        return


def last_lines(path: Path, count: int) -> list[str]:
    """Give the last lines of a file, none when it isn't there."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
            return file.read().decode(errors="replace").splitlines()[-count:]
    except FileNotFoundError:
        return []


@dataclass(slots=True)
class Follower:
    """Gives the lines that were added to log files since it was asked last."""

    folder: Path
    only: frozenset[str] = frozenset()
    from_start: bool = True
    _positions: dict[Path, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.from_start:
            self._positions = {path: path.stat().st_size for path in self.folder.glob("*.log")}

    def new_lines(self) -> Iterator[tuple[str, str]]:
        """Give (name, line) of every whole new line, file by file."""
        for path in sorted(self.folder.glob("*.log")):
            if not self.only or path.stem in self.only:
                for line in self._read(path):
                    yield path.stem, line

    def _read(self, path: Path) -> list[str]:
        position = self._positions.get(path, 0)
        if path.stat().st_size < position:  # started over
            position = 0
        with path.open("rb") as file:
            file.seek(position)
            chunk = file.read(_CHUNK_BYTES)
        whole, newline, _ = chunk.rpartition(b"\n")
        self._positions[path] = position + len(whole) + len(newline)
        return whole.decode(errors="replace").splitlines()
