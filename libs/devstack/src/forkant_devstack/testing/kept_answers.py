"""Answers of a real service as examples in its API description: recorded by a test, and held against it ever after.

An example is made of a real answer, with ids, moments and days that are always the same, and lists cut short.
"""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

RECORD: Final = "FORKANT_RECORD_EXAMPLES"
"""The environment variable that, when set, writes the examples anew instead of comparing them."""

_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_LONGEST: Final = 2
_CURSOR: Final = "next"


def example_of(answer: Any) -> Any:
    """Return an answer as an example."""
    return _plain(answer, {})


def hold(kept: Path, answers: Mapping[str, Any], *, again: str) -> None:
    """Compare examples with real answers by operation, or write them anew.

    Args:
        kept: the file of examples.
        answers: what each operation answered just now.
        again: the command that runs this test, for the message.

    Raises:
        AssertionError: an operation has no example, or its answer has other fields than its example.
    """
    made = {name: example_of(answers[name]) for name in sorted(answers)}
    if os.environ.get(RECORD):
        kept.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    found = json.loads(kept.read_text(encoding="utf-8"))
    advice = f"run {RECORD}=1 {again}, then write the API description anew"
    assert sorted(found) == sorted(made), f"examples are missing or left over: {advice}"
    for name, example in made.items():
        assert _alike(found[name], example), f"{name} answers otherwise than its example: {advice}"


def _plain(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, dict):
        cut = {name: "signed" if name == _CURSOR and part else part for name, part in value.items()}
        return {_text(name, ids): _plain(part, ids) for name, part in cut.items()}
    if isinstance(value, list):
        return [_plain(part, ids) for part in value[:_LONGEST]]
    return _text(value, ids) if isinstance(value, str) else value


def _text(text: str, ids: dict[str, str]) -> str:
    def numbered(found: re.Match[str]) -> str:
        return ids.setdefault(found[0], f"0190b3a0-0000-7000-8000-{len(ids) + 1:012d}")

    with_ids = _UUID.sub(numbered, text)
    return (
        _MOMENT.sub("2026-03-02T08:30:00Z", with_ids) if _MOMENT.search(with_ids) else _DAY.sub("2026-03-02", with_ids)
    )


def _alike(one: Any, other: Any) -> bool:
    """Whether two answers have the same fields; what is absent in one of them may be anything in the other."""
    if one is None or other is None:
        return True
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(part, other[name]) for name, part in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return not one or not other or _alike(one[0], other[0])
    return type(one) is type(other) or {type(one), type(other)} == {int, float}
