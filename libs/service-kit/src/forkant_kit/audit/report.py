"""Who did or saw what: entries of the audit trail, newest first, by keyset."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from forkant_kit.audit.entries import COLUMNS

_PARTS: Final = {
    "object_id": "e.object_ids @> ARRAY[CAST(:object_id AS uuid)]",
    "subject": "e.subject = :subject",
    "unit": "e.unit = :unit",
    "since": "e.at >= :since",
    "until": "e.at < :until",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which entries are asked for; what is absent is not asked about."""

    object_id: UUID | None = None
    """The object that was changed, shown or asked for."""
    subject: str | None = None
    """Who acted."""
    unit: str | None = None
    """The unit of whoever acted."""
    since: datetime | None = None
    until: datetime | None = None

    def given(self) -> dict[str, Any]:
        """Return what is asked about."""
        return {name: value for name in _PARTS if (value := getattr(self, name)) is not None}


async def list_entries(
    conn: AsyncConnection, question: Question, *, before: tuple[datetime, int] | None, limit: int
) -> Sequence[RowMapping]:
    """Return a page of entries, newest first; ``before`` is the moment and number of the last one seen."""
    given = question.given()
    conditions = [_PARTS[name] for name in given]
    if before is not None:
        conditions.append("(e.at, e.seq) < (:before_at, :before_seq)")
        given |= {"before_at": before[0], "before_seq": before[1]}
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    statement = text(f"SELECT {COLUMNS} FROM audit_entry AS e {where} ORDER BY e.at DESC, e.seq DESC LIMIT :limit")  # noqa: S608
    return (await conn.execute(statement, {**given, "limit": limit})).mappings().all()
