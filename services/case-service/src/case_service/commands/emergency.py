"""Emergency access: breaking the glass of one case, and the review that each time gets."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from forkant_contracts.codes import AccessVerdict, BreakGlassReason
from forkant_contracts.events.access import AccessEvent, AccessGlassBroken, AccessReviewed
from forkant_kit.access.grants import BREAK_GLASS_LASTS, Grant, GrantKind
from forkant_kit.audit.record import Entry
from forkant_kit.outbox import append_events
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.commands.context import Context
from case_service.domain.refusals import Code, Refusal
from case_service.events import Stamp, stamped
from case_service.store import cases, grants, reviews

REVIEW_WITHIN: Final = timedelta(days=7)
"""How soon somebody else has to look at whether it was justified [assumed]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GlassReceipt:
    """What somebody gets who broke the glass."""

    id: UUID
    case_id: UUID
    valid_to: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewReceipt:
    """A review after it was done."""

    id: UUID
    case_id: UUID
    verdict: AccessVerdict
    version: int
    recorded_at: datetime


async def break_glass(
    conn: AsyncConnection, context: Context, case_id: UUID, *, reason: BreakGlassReason
) -> GlassReceipt:
    """Open one case to the caller for reading, for half an hour, and tell its unit at once.

    Raises:
        Refusal: there is no such case for the caller's clearance, it is restricted or erased, or the caller sees it.
    """
    behind = await reviews.behind_glass(conn, case_id)
    if behind is None:
        raise Refusal(Code.NOT_FOUND)
    unit, purpose = behind
    ends = context.now + BREAK_GLASS_LASTS
    glass = Grant(
        kind=GrantKind.BREAK_GLASS,
        subject=context.subject,
        object_id=case_id,
        valid_from=context.now,
        valid_to=ends,
        reason=reason.value,
    )
    if await grants.has(conn, glass) or await cases.is_visible(conn, context.scope, case_id):
        raise Refusal(Code.ALREADY_MEMBER)
    made = await grants.add(conn, glass, by=context.subject)
    await reviews.add(
        conn,
        {
            "id": made,
            "case_id": case_id,
            "unit": unit,
            "version": 1,
            "reason": reason.value,
            "opened_by": context.subject,
            "opened_by_unit": context.unit,
            "opened_at": context.now,
            "due_at": context.now + REVIEW_WITHIN,
        },
    )
    told = AccessGlassBroken(case_id=case_id, reason=reason, by_unit=context.unit)
    await _publish(conn, context, told, review_id=made, unit=unit, version=1)
    # The review first, whose version it is; the case, so that it is found by who asks who saw it.
    entry = Entry(
        action="case.break_glass",
        object_kind="access_review",
        object_ids=[made, case_id],
        version=1,
        purpose=purpose,
    )
    await context.trail.record(conn, entry)
    return GlassReceipt(id=made, case_id=case_id, valid_to=ends, recorded_at=context.now)


async def review(
    conn: AsyncConnection, context: Context, review_id: UUID, *, seen: int, verdict: AccessVerdict
) -> ReviewReceipt:
    """Say whether broken glass was justified.

    Raises:
        Refusal: the caller's unit has no such review, it is the caller's own access, or somebody was first.
    """
    found = await reviews.get(conn, review_id, unit=context.unit)
    if found is None:
        raise Refusal(Code.NOT_FOUND)
    if found["version"] != seen:
        raise Refusal(Code.STALE_VERSION)
    if found["verdict"] is not None:
        raise Refusal(Code.ALREADY_REVIEWED)
    if found["opened_by"] == context.subject:
        raise Refusal(Code.OWN_ACCESS)
    if not await reviews.decide(conn, review_id, version=seen, verdict=verdict, by=context.subject, at=context.now):
        raise Refusal(Code.STALE_VERSION)
    told = AccessReviewed(case_id=found["case_id"], verdict=verdict)
    await _publish(conn, context, told, review_id=review_id, unit=found["unit"], version=seen + 1)
    entry = Entry(
        action="access.review",
        object_kind="access_review",
        object_ids=[review_id, found["case_id"]],
        version=seen + 1,
    )
    await context.trail.record(conn, entry)
    return ReviewReceipt(
        id=review_id, case_id=found["case_id"], verdict=verdict, version=seen + 1, recorded_at=context.now
    )


async def _publish(
    conn: AsyncConnection, context: Context, data: AccessEvent, *, review_id: UUID, unit: str, version: int
) -> None:
    stamp = Stamp(
        aggregate_id=review_id,
        unit=unit,
        version=version,
        occurred_at=context.now,
        recorded_at=context.now,
        new_id=context.new_id,
    )
    await append_events(conn, stamped(stamp, [data]))
