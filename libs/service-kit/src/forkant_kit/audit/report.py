"""Who did or saw what: entries of the audit trail, newest first, by keyset.

Errors::

    ProblemError    503 ``audit-unavailable``: the trail can't be read; 400 ``invalid-cursor``
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import RowMapping, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from forkant_kit.audit import metrics
from forkant_kit.audit.entries import COLUMNS, moment
from forkant_kit.paging import decode_cursor, encode_cursor
from forkant_kit.problems import ProblemError

_PARTS: Final = {
    "object_id": "e.object_ids @> ARRAY[CAST(:object_id AS uuid)]",
    "subject": "e.subject = :subject",
    "unit": "e.unit = :unit",
    "since": "e.at >= :since",
    "until": "e.at < :until",
}
_log = structlog.get_logger(__name__)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """The pages of one question: cursors that fit no other."""

    secret: str = field(repr=False)
    """The key that signs cursors."""
    name: str
    """Who asks what."""

    def before(self, cursor: str | None) -> tuple[datetime, int] | None:
        """Return the moment and number of the last entry of the page before.

        Raises:
            ProblemError: 400 ``invalid-cursor`` when the cursor was made for another question.
        """
        if cursor is None:
            return None
        at, seq = decode_cursor(self.secret, self.name, cursor)
        return datetime.fromisoformat(at), seq

    def following(self, rows: Sequence[RowMapping], *, limit: int) -> str | None:
        """Return the cursor of the next page, given one row more than the page; None for the last page."""
        if len(rows) <= limit:
            return None
        last = rows[limit - 1]
        return encode_cursor(self.secret, self.name, [moment(last["at"]), last["seq"]])


async def list_entries(
    conn: AsyncConnection, question: Question, *, before: tuple[datetime, int] | None, limit: int
) -> Sequence[RowMapping]:
    """Return a page of entries, newest first; ``before`` is the moment and number of the last one seen.

    Raises:
        ProblemError: 503 ``audit-unavailable`` when the database refuses to tell.
    """
    given = question.given()
    conditions = [_PARTS[name] for name in given]
    if before is not None:
        conditions.append("(e.at, e.seq) < (:before_at, :before_seq)")
        given |= {"before_at": before[0], "before_seq": before[1]}
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    statement = text(f"SELECT {COLUMNS} FROM audit_entry AS e {where} ORDER BY e.at DESC, e.seq DESC LIMIT :limit")  # noqa: S608
    try:
        return (await conn.execute(statement, {**given, "limit": limit})).mappings().all()
    except DBAPIError as error:
        metrics.FAILURES.labels("read").inc()
        _log.error("audit_not_read", exc_info=error)
        raise ProblemError(
            503,
            "audit-unavailable",
            "The audit trail can't be read",
            "Ask again in a moment; if it stays, give operations the trace id.",
            headers={"Retry-After": "5"},
        ) from None
