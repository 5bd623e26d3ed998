"""Standing in for somebody on leave: the substitute has the absent person's memberships meanwhile, and nothing else."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from forkant_kit.access.grants import Substitution
from forkant_kit.audit.record import Entry
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.commands.context import Context
from case_service.domain.refusals import Code, Refusal
from case_service.store import substitutions

LONGEST_LEAVE: Final = timedelta(days=366)
"""The longest that somebody stands in before it must be said anew [assumed]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubstituteReceipt:
    """A substitution as it was made or ended."""

    id: UUID
    recorded_at: datetime


async def add_substitute(
    conn: AsyncConnection,
    context: Context,
    *,
    absent: str,
    substitute: str,
    valid_from: datetime | None,
    valid_to: datetime,
) -> SubstituteReceipt:
    """Let somebody of the caller's unit stand in for another.

    Raises:
        Refusal: both are one person, or the time is over, backwards, or too long.
    """
    begins = max(valid_from or context.now, context.now)
    if not begins < valid_to <= begins + LONGEST_LEAVE:
        latest = begins + LONGEST_LEAVE
        raise Refusal(Code.ACCESS_TOO_LONG, earliest=begins.isoformat(), latest=latest.isoformat())
    if absent == substitute:
        raise Refusal(Code.SAME_PERSON)
    leave = Substitution(absent=absent, substitute=substitute, valid_from=begins, valid_to=valid_to)
    made = context.new_id()
    await substitutions.add(conn, made, leave, unit=context.unit, by=context.subject)
    await _audit(conn, context, "access.substitute", made)
    return SubstituteReceipt(id=made, recorded_at=context.now)


async def end_substitute(conn: AsyncConnection, context: Context, substitution_id: UUID) -> SubstituteReceipt:
    """End a substitution at once.

    Raises:
        Refusal: the caller's unit has no such substitution that is not over.
    """
    if not await substitutions.end(conn, substitution_id, unit=context.unit, at=context.now, by=context.subject):
        raise Refusal(Code.NOT_FOUND)
    await _audit(conn, context, "access.end_substitute", substitution_id)
    return SubstituteReceipt(id=substitution_id, recorded_at=context.now)


async def _audit(conn: AsyncConnection, context: Context, action: str, substitution_id: UUID) -> None:
    await context.trail.record(conn, Entry(action=action, object_kind="substitution", object_ids=[substitution_id]))
