"""Protection of the people in a case: restriction («sperring»), legal holds, and erasure («sletting»)."""

from uuid import UUID

from forkant_contracts.codes import ErasureBasis, RestrictionReason
from forkant_contracts.events.case import CaseRestricted
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.commands import erasing
from case_service.commands.change import Outcome, begin, finish
from case_service.commands.context import Context, Receipt, Target
from case_service.domain.attempt import Action, Attempt, Kind
from case_service.domain.erasing import ArchiveOutcome, LegalHoldReason
from case_service.domain.lifecycle import decide
from case_service.domain.refusals import Code, Refusal
from case_service.store import cases, keeping


async def restrict(
    conn: AsyncConnection, context: Context, target: Target, *, restricted: bool, reason: RestrictionReason
) -> Receipt:
    """Set or lift a restriction.

    Raises:
        Refusal: it stands so already.
    """
    change = await begin(conn, context, target)
    action = Action.RESTRICT if restricted else Action.LIFT_RESTRICTION
    decision = decide(change.case, Attempt(action=action, actor=change.actor))
    outcome = Outcome(
        action=action,
        details={Kind.RESTRICTED: CaseRestricted(restricted=restricted, reason=reason)},
        columns={"restricted": restricted, "restriction_reason": reason if restricted else None},
    )
    return await finish(change, decision, outcome)


async def place_legal_hold(
    conn: AsyncConnection, context: Context, target: Target, *, reason: LegalHoldReason
) -> Receipt:
    """Keep a case from being erased until the hold is lifted.

    Raises:
        Refusal: see :func:`~case_service.commands.change.begin`.
    """
    change = await begin(conn, context, target)
    hold_id = context.new_id()
    attempt = Attempt(action=Action.PLACE_LEGAL_HOLD, actor=change.actor, item_id=hold_id)
    # Until it is lifted, nothing that happens to the case makes it be kept for less than now.
    floor = {} if change.case.legal_holds else {"retention_floor": change.case.retention_until}
    outcome = Outcome(action=attempt.action, columns=floor, item_id=hold_id)
    receipt = await finish(change, decide(change.case, attempt), outcome)
    values = {"id": hold_id, "case_id": receipt.id, "reason": reason.value}
    await keeping.place_hold(conn, {**values, "placed_by": change.actor, "placed_at": context.now})
    return receipt


async def lift_legal_hold(conn: AsyncConnection, context: Context, target: Target, hold_id: UUID) -> Receipt:
    """Lift a legal hold.

    Raises:
        Refusal: there is none that stands; see also :func:`~case_service.commands.change.begin`.
    """
    change = await begin(conn, context, target)
    attempt = Attempt(action=Action.LIFT_LEGAL_HOLD, actor=change.actor, item_id=hold_id)
    floor = {"retention_floor": None} if change.case.legal_holds == {hold_id} else {}
    outcome = Outcome(action=attempt.action, columns=floor, item_id=hold_id)
    receipt = await finish(change, decide(change.case, attempt), outcome)
    await keeping.lift_hold(conn, hold_id, by=change.actor, at=context.now)
    return receipt


async def decide_archive(
    conn: AsyncConnection, context: Context, target: Target, *, outcome: ArchiveOutcome, reference: str | None
) -> Receipt:
    """Decide what the archives keep of a case before it is erased; a later decision takes the place of an earlier one.

    Raises:
        Refusal: the reference does not fit the outcome; see also :func:`~case_service.commands.change.begin`.
    """
    if (reference is not None) != (outcome is ArchiveOutcome.TRANSFERRED):
        raise Refusal(Code.ARCHIVE_REFERENCE_MISPLACED)
    change = await begin(conn, context, target)
    attempt = Attempt(action=Action.DECIDE_ARCHIVE, actor=change.actor)
    receipt = await finish(change, decide(change.case, attempt), Outcome(action=attempt.action))
    decided = {"outcome": outcome.value, "reference": reference}
    await keeping.save_decision(conn, receipt.id, {**decided, "decided_by": change.actor, "decided_at": context.now})
    return receipt


async def erase(conn: AsyncConnection, context: Context, target: Target, *, basis: ErasureBasis) -> Receipt:
    """Erase what is written in a case and in the concern that it came from, and certify it; a row of codes stays.

    What was merged into the case goes with it, each case by the same rules and with a certificate of its own: nothing
    of it goes before all of it can.

    Raises:
        Refusal: it was erased before, a legal hold stands on it, its archiving is not decided by somebody else, or its
            retention has not expired when that is the ground; or one of these, then named by ``case``, holds for a case
            that was merged into it, or the caller can't see one.
    """
    merged = (await cases.below(conn, [target.id]))[target.id]
    await cases.lock(conn, context.scope, (target.id, *merged))
    change = await begin(conn, context, target)
    erasing.check(change, basis=basis)
    below = [await erasing.below(change, case_id, basis=basis) for case_id in merged]
    receipts = await erasing.erase_all(conn, context, [change, *below], basis=basis)
    if len(receipts) <= len(below):
        raise Refusal(Code.STALE_VERSION)
    return receipts[0]
