"""Takes the shell blocks of a page apart: bash itself reads them, and every program only writes down how it was called."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .pages import Block

SOME_ID = "019cb000-0000-7000-8000-0000000000aa"
"""What a reader puts in for `<id>`, and what a program that is not run prints."""
GIVEN = ("CASE", "ID", "ETAG", "GOAL", "case", "draft", "etag")
"""Variables that a page tells the reader to fill from an answer."""
REAL = (
    "base64",
    "cat",
    "date",
    "grep",
    "head",
    "ls",
    "mkdir",
    "mktemp",
    "rm",
    "sed",
    "sleep",
    "sort",
    "tail",
    "tee",
    "tr",
)
"""Programs that do no harm in an empty folder, and whose output the lines after them need."""
_PLACEHOLDER = re.compile(r"<(?P<what>[A-Za-z][^<>\n|&;()]*)>")
_PATHS = re.compile(r"(?:^|\s)((?:\./)?(?:scripts|deploy|\.forkant|\.venv)/[\w./-]+)", re.MULTILINE)
# The programs of a pipeline run side by side: each writes its record with one call, lest the two are mixed.
_RECORD = r"""
printf '%s\0' "$@" '' >> "$RECORDED"
case $1 in pg_isready) ;; *) echo "$SOME_ID" ;; esac
exit 0
"""
_HEAD = r"""
command_not_found_handle() { printf '%s\0' "$@" '' >> "$RECORDED"; echo "$SOME_ID"; }
block() { printf '%s\0%s\0\0' block "$1" >> "$RECORDED"; }
set -u
"""


@dataclass(frozen=True)
class Call:
    """A program with its arguments, and where the page calls it."""

    place: str
    words: tuple[str, ...]


def calls(blocks: list[Block], folder: Path) -> list[Call]:
    """Return every call that the blocks of one page make, in order.

    Raises:
        AssertionError: bash does not take them as they stand, or they use a variable that nobody set.
    """
    programs, work, recorded = folder / "programs", folder / "work", folder / "recorded"
    programs.mkdir(parents=True)
    work.mkdir()
    recorded.touch()
    for name in REAL:
        (programs / name).symlink_to(str(shutil.which(name)))
    text = _HEAD + "".join(f"block '{block}'\n{_readable(block.text)}\n" for block in blocks) + "exit 0\n"
    for path in set(_PATHS.findall(text)):
        _stand_in(work / path, path)
    given = {name: '"v1"' if name.lower() == "etag" else SOME_ID for name in GIVEN}
    environment = {"PATH": str(programs), "HOME": str(work), "RECORDED": str(recorded), "SOME_ID": SOME_ID, **given}
    answer = subprocess.run(
        [str(shutil.which("bash")), "--noprofile", "--norc", "-c", text],
        cwd=work,
        env={**environment, "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert answer.returncode == 0, f"{blocks[0].page}: bash ends with {answer.returncode}: {answer.stderr}"
    return list(_recorded(recorded.read_text(encoding="utf-8")))


def _readable(text: str) -> str:
    """Put something in for every `<placeholder>`: a version where an ETag is asked for, else an id."""
    return _PLACEHOLDER.sub(lambda found: "v1" if re.search("ETag|version", found["what"]) else SOME_ID, text)


def _stand_in(path: Path, name: str) -> None:
    if path.suffix in {"", ".sh"}:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/bash\nset -- '{name}' \"$@\"{_RECORD}", encoding="utf-8")
        path.chmod(0o755)


def _recorded(text: str) -> Iterator[Call]:
    place = ""
    for record in text.split("\0\0"):
        words = tuple(record.split("\0"))
        if words[0] == "block":
            place = words[1]
        elif record:
            yield Call(place, words)
