"""The course of a case: hold and resume, close, refer, reject, reopen."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Final
from uuid import UUID

from forkant_contracts import EventData
from forkant_contracts.codes import (
    CloseReason,
    HoldReason,
    PartnerKind,
    RejectReason,
    ReopenReason,
    TransferReason,
)
from forkant_contracts.events.case import (
    CaseClosed,
    CasePutOnHold,
    CaseReferred,
    CaseRejected,
    CaseReopened,
    CaseResumed,
    CaseTransferred,
)
from forkant_contracts.events.follow_up import FollowUpRescheduled
from forkant_contracts.events.measure import MeasureRescheduled
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.commands.change import Change, Outcome, begin, finish
from case_service.commands.context import Context, Receipt, Target
from case_service.domain.attempt import Action, Attempt, Decision, Happening, Kind
from case_service.domain.lifecycle import decide
from case_service.domain.moments import local_day
from case_service.domain.pauses import moved_due_days
from case_service.domain.standing import TransferState, Turn
from case_service.store import items

_RESCHEDULED: Final[Mapping[Kind, Callable[[UUID, date], EventData]]] = MappingProxyType(
    {
        Kind.MEASURE_RESCHEDULED: lambda item, day: MeasureRescheduled(measure_id=item, due_on=day),
        Kind.FOLLOW_UP_RESCHEDULED: lambda item, day: FollowUpRescheduled(follow_up_id=item, due_on=day),
    }
)
_BEFORE_ITS_END: Final = (Turn.REOPENED, Turn.WORKED, Turn.PUT_ON_HOLD)
"""What comes before a case ends, however it does."""


async def put_on_hold(
    conn: AsyncConnection, context: Context, target: Target, *, reason: HoldReason, note: str | None
) -> Receipt:
    """Pause the work on a case.

    Raises:
        Refusal: the rules say no.
    """
    change = await begin(conn, context, target)
    decision = decide(change.case, Attempt(action=Action.PUT_ON_HOLD, actor=change.actor))
    outcome = Outcome(
        action=Action.PUT_ON_HOLD,
        details={Kind.PUT_ON_HOLD: CasePutOnHold(reason=reason)},
        columns={"hold_reason": reason, "held_on": local_day(change.at)},
        note=note,
    )
    return await finish(change, decision, outcome)


async def resume(conn: AsyncConnection, context: Context, target: Target) -> Receipt:
    """Go on where the work stood before the hold; what stood still meanwhile is due later.

    Raises:
        Refusal: the rules say no.
    """
    change = await begin(conn, context, target, Turn.PUT_ON_HOLD)
    days = _moved_due_days(change)
    decision = decide(change.case, Attempt(action=Action.RESUME, actor=change.actor, due_days=days))
    outcome = Outcome(
        action=Action.RESUME,
        details={Kind.RESUMED: CaseResumed(state=decision.case.state)},
        of_items={
            happening: _RESCHEDULED[happening.kind](happening.item_id, days[happening.item_id])
            for happening in decision.happenings
            if happening.item_id is not None
        },
    )
    receipt = await finish(change, decision, outcome)
    await items.move_due_days(conn, days)
    return receipt


async def close(
    conn: AsyncConnection, context: Context, target: Target, *, reason: CloseReason, note: str | None
) -> Receipt:
    """Close a case on its evaluation or on a coded reason; its open measures are cancelled with it.

    Raises:
        Refusal: the rules say no.
    """
    change = await begin(
        conn, context, target, *_BEFORE_ITS_END, *([Turn.EVALUATED] if reason is CloseReason.EVALUATED else [])
    )
    decision = decide(change.case, Attempt(action=Action.CLOSE, actor=change.actor, close_reason=reason))
    outcome = Outcome(
        action=Action.CLOSE,
        details={Kind.CLOSED: CaseClosed(reason=reason, evaluated=change.case.evaluated)},
        columns={"closed_at": change.at, "close_reason": reason},
        note=note,
    )
    return await _ended(change, decision, outcome)


async def refer(
    conn: AsyncConnection, context: Context, target: Target, *, referred_to: PartnerKind, note: str | None
) -> Receipt:
    """Hand a case to a body outside the police; its open measures are cancelled with it.

    Raises:
        Refusal: the rules say no.
    """
    change = await begin(conn, context, target, *_BEFORE_ITS_END)
    decision = decide(change.case, Attempt(action=Action.REFER, actor=change.actor))
    details = {Kind.REFERRED: CaseReferred(referred_to=referred_to)}
    return await _ended(change, decision, Outcome(action=Action.REFER, details=details, note=note))


async def reject(
    conn: AsyncConnection, context: Context, target: Target, *, reason: RejectReason, note: str | None
) -> Receipt:
    """Reject a case that has no ground.

    Raises:
        Refusal: the rules say no.
    """
    change = await begin(conn, context, target, *_BEFORE_ITS_END)
    decision = decide(change.case, Attempt(action=Action.REJECT, actor=change.actor))
    outcome = Outcome(
        action=Action.REJECT,
        details={Kind.REJECTED: CaseRejected(reason=reason)},
        columns={"reject_reason": reason},
        note=note,
    )
    return await _ended(change, decision, outcome)


async def reopen(
    conn: AsyncConnection, context: Context, target: Target, *, reason: ReopenReason, note: str | None
) -> Receipt:
    """Take an ended case up again in a new round; where its unit ended since, the one that answers for it holds it now.

    Raises:
        Refusal: the rules say no.
    """
    change = await begin(conn, context, target, Turn.ENDED)
    decision = decide(change.case, Attempt(action=Action.REOPEN, actor=change.actor))
    details: dict[Kind, EventData] = {Kind.REOPENED: CaseReopened(reason=reason)}
    before = change.loaded.unit_of_its_time
    if before is not None:
        decision = replace(decision, happenings=(Happening(Kind.TRANSFERRED), *decision.happenings))
        details[Kind.TRANSFERRED] = CaseTransferred(from_unit=before, reason=TransferReason.REORGANISATION)
    outcome = Outcome(
        action=Action.REOPEN,
        details=details,
        columns={"closed_at": None, "close_reason": None, "unit_of_its_time": None},
        note=note,
    )
    return await finish(change, decision, outcome)


def _moved_due_days(change: Change) -> Mapping[UUID, date]:
    loaded, procedures = change.loaded, change.context.procedures
    return moved_due_days(
        change.case,
        process=procedures.of(loaded.process_version, day=local_day(change.context.now)),
        of=(loaded.case_type, loaded.age_band),
        held_on=loaded.held_on,
        resumed_on=local_day(change.at),
        calendar=procedures.calendar,
    )


async def _ended(change: Change, decision: Decision, outcome: Outcome) -> Receipt:
    receipt = await finish(change, decision, outcome)
    await items.cancel_measures(change.conn, change.case.open_measures(), at=change.at)
    if change.case.offer is not None:
        await items.answer_transfer(
            change.conn, change.case.offer, state=TransferState.REVOKED, by=change.actor, at=change.at
        )
    return receipt
