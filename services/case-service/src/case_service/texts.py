"""Which columns hold what people wrote, and how it is sealed before it is written and opened after it is read.

A text is sealed under the data key of its owner, the case or the concern that it is about, and bound to its place: its
table, column and row. Moved to another row, or into another case, it can't be opened.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from forkant_kit.vault import DataKey
from sqlalchemy import Table

SEALED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "concern": ("description", "note"),
        "preventive_case": ("title", "subject", "description", "necessity_reason"),
        "assessment": ("summary", "best_interests", "child_view"),
        "plan": ("summary",),
        "plan_goal": ("text", "baseline", "target"),
        "measure": ("description",),
        "follow_up": ("notes",),
        "evaluation": ("mechanism", "moderators", "implementation", "economics"),
        "partner": ("name",),
        "information": ("text", "basis", "necessity_reason", "clarification"),
        "disclosure": ("recipient", "reason"),
        "attachment": ("name", "sha256"),
        "transfer": ("note",),
        "case_note": ("text",),
        "saved_search": ("name", "words"),
        "best_practice_draft": ("title", "context", "what_was_done", "mechanism", "conditions", "advice"),
    }
)
"""The columns of each table that hold text."""

_ROW: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "concern": (),
        "preventive_case": (),
        "assessment": ("round",),
        "plan": ("round",),
        "plan_goal": ("round", "position"),
        "evaluation": ("round",),
    }
)
_BY_ID: Final = ("id",)
_HEX: Final = "\\x"


def place(table: str, column: str, row: Mapping[str, Any]) -> str:
    """Return what a text is bound to besides its owner: its table, column and row."""
    return "/".join((table, column, *(str(row[name]) for name in _ROW.get(table, _BY_ID))))


def sealed(key: DataKey, table: Table, values: Mapping[str, object], **row: object) -> dict[str, object]:
    """Return values to write with every text sealed.

    Args:
        key: the data key of the case or concern that the row is of.
        table: where they are written.
        values: the values by column.
        row: what names the row, as far as the values don't.
    """
    named = {**values, **row}
    texts = {
        name: key.seal(value, place=place(table.name, name, named))
        for name in SEALED[table.name]
        if isinstance(value := values.get(name), str)
    }
    return {**values, **texts}


def opened(key: DataKey, table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row that was read with every text opened; as a row or as PostgreSQL puts one into JSON.

    Raises:
        UnsealError: a text was changed, or belongs to another place.
    """
    texts = {
        name: key.unseal(_bytes(row[name]), place=place(table.name, name, row))
        for name in SEALED[table.name]
        if row[name] is not None
    }
    return {**row, **texts}


def _bytes(value: bytes | str) -> bytes:
    return bytes.fromhex(value.removeprefix(_HEX)) if isinstance(value, str) else value
