"""Reviews of broken glass: opened with it, done once, by somebody else, and reminded of when they are late."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from forkant_contracts.codes import AccessVerdict
from sqlalchemy import ColumnElement, RowMapping, Text, Uuid, bindparam, column, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.tables import access_review

_r: Final = access_review.c
_BEHIND: Final = select("*").select_from(
    func.case_behind_glass(bindparam("case_id", type_=Uuid)).table_valued(
        column("unit", Text), column("purpose_code", Text)
    )
)


async def behind_glass(conn: AsyncConnection, case_id: UUID) -> tuple[str, str] | None:
    """Return the unit and the purpose of a case that broken glass would open to the caller, or nothing."""
    row = (await conn.execute(_BEHIND, {"case_id": case_id})).one_or_none()
    return None if row is None else (row.unit, row.purpose_code)


async def add(conn: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Insert a review that is still to be done."""
    await conn.execute(insert(access_review).values(**values))


async def get(conn: AsyncConnection, review_id: UUID, *, unit: str) -> RowMapping | None:
    """Return a review of a unit, or nothing."""
    statement = select(access_review).where(_r.id == review_id, _r.unit == unit)
    return (await conn.execute(statement)).mappings().one_or_none()


async def listed(
    conn: AsyncConnection, *, unit: str, done: bool | None, before: UUID | None, limit: int
) -> Sequence[RowMapping]:
    """Return a page of a unit's reviews, newest first."""
    statement = select(access_review).where(_r.unit == unit).order_by(_r.id.desc()).limit(limit)
    if done is not None:
        statement = statement.where(_r.verdict.is_not(None) if done else _r.verdict.is_(None))
    if before is not None:
        statement = statement.where(_r.id < before)
    return (await conn.execute(statement)).mappings().all()


async def decide(
    conn: AsyncConnection, review_id: UUID, *, version: int, verdict: AccessVerdict, by: str, at: datetime
) -> bool:
    """Write the verdict; return whether the review stood as the caller saw it."""
    statement = update(access_review).where(_r.id == review_id, _r.version == version, _r.verdict.is_(None))
    done = statement.values(version=version + 1, verdict=verdict.value, reviewed_by=by, reviewed_at=at)
    return (await conn.execute(done)).rowcount == 1


async def lock_to_remind_of(conn: AsyncConnection, *, due_by: datetime, limit: int) -> Sequence[RowMapping]:
    """Return reviews that were due by a moment and that nobody was reminded of; others leave them alone meanwhile."""
    waits = (_r.verdict.is_(None), _r.reminded_at.is_(None), _r.due_at <= due_by)
    return await _lock(conn, *waits, oldest=_r.due_at, limit=limit)


async def lock_to_escalate(conn: AsyncConnection, *, reminded_by: datetime, limit: int) -> Sequence[RowMapping]:
    """Return reviews of which was reminded by a moment, in vain; others leave them alone meanwhile."""
    waits = (_r.verdict.is_(None), _r.escalated_at.is_(None), _r.reminded_at <= reminded_by)
    return await _lock(conn, *waits, oldest=_r.reminded_at, limit=limit)


async def _lock(
    conn: AsyncConnection, *waits: ColumnElement[bool], oldest: ColumnElement[datetime], limit: int
) -> Sequence[RowMapping]:
    statement = select(access_review).where(*waits).order_by(oldest, _r.id).limit(limit)
    return (await conn.execute(statement.with_for_update(skip_locked=True))).mappings().all()


async def note_reminder(conn: AsyncConnection, review_id: UUID, *, at: datetime, escalated: bool) -> None:
    """Note that a review, which is locked, was reminded of."""
    noted = {"escalated_at": at} if escalated else {"reminded_at": at}
    await conn.execute(update(access_review).where(_r.id == review_id).values(version=_r.version + 1, **noted))
