"""An entry as it is hashed, exported and shown: text, numbers and lists of them, the same for ever."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from forkant_kit.audit.standalone import FIELDS

COLUMNS: Final = ", ".join(f"e.{name}" for name in FIELDS)
"""The columns of ``audit_entry AS e``, in the order of the canonical form."""


def entry_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entry of a row."""
    return {name: _plain(row[name]) for name in FIELDS}


def moment(at: datetime) -> str:
    """Return a moment as entries and heads have it: UTC, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    # The driver's UUIDs are of a class of its own.
    return str(value) if isinstance(value, UUID) else value
