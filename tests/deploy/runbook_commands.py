"""Every command that a runbook gives: those of its blocks, of its sentences, and of the remarks behind a command."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SHELL = ("forkant", "curl", "openssl", "kubectl", "python", "TOKEN=")
"""What a command of a shell begins with."""
METHODS = ("GET", "PATCH", "POST", "PUT", "DELETE")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`]+)`")
_REMARK = re.compile(r"\s+#\s*(.*)$")
_IN_REMARK = re.compile(rf"(?:{'|'.join(SHELL)})\b[^,;]*")


@dataclass(frozen=True)
class Command:
    """One command as the page has it; `kind` is `sh`, `sql`, `promql` or `http`."""

    page: str
    line: int
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}.md:{self.line}: {self.text}"


def commands_of(path: Path) -> list[Command]:
    """Return the commands of a page in the order in which they stand.

    Raises:
        AssertionError: a block, or code of several words in a sentence, is nothing that is known to be run.
    """
    text = path.read_text(encoding="utf-8")
    found = [*_of_blocks(path.stem, text), *_of_sentences(path.stem, text)]
    return sorted(found, key=lambda each: each.line)


def _of_blocks(page: str, text: str) -> Iterator[Command]:
    for block in _FENCE.finditer(text):
        language, first = block[1], text.count("\n", 0, block.start(2)) + 1
        assert language in {"sh", "sql", "promql"}, f"{page}.md:{first - 1}: a block of {language!r} is not run"
        if language == "sql":
            yield Command(page, first, "sql", block[2].strip())
            continue
        for line, each in enumerate(block[2].splitlines(), first):
            yield Command(page, line, language, _REMARK.sub("", each).strip())
            if remark := _REMARK.search(each):
                yield from (Command(page, line, "sh", part.strip()) for part in _IN_REMARK.findall(remark[1]))


def _of_sentences(page: str, text: str) -> Iterator[Command]:
    blank = _FENCE.sub(lambda block: re.sub(r"[^\n]", "", block[0]), text)
    for code in _INLINE.finditer(blank):
        said, line = " ".join(code[1].split()), blank.count("\n", 0, code.start()) + 1
        if " " in said:
            yield Command(page, line, _kind(said, f"{page}.md:{line}"), said)


def _kind(said: str, place: str) -> str:
    word = said.split(maxsplit=1)[0]
    if word in SHELL:
        return "sh"
    if word in METHODS:
        return "http"
    assert word == "SELECT", f"{place}: `{said}` is not known to be a command"
    return "sql"
