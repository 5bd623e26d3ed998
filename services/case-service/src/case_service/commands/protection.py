"""Protection of the people in a case: restriction («sperring»), legal holds, and erasure («sletting»)."""

from uuid import UUID

from forkant_contracts.codes import ErasureBasis, RestrictionReason
from forkant_contracts.events.case import CaseErased, CaseRestricted
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.commands.change import Outcome, begin, finish
from case_service.commands.context import Context, Receipt, Target
from case_service.domain.attempt import Action, Attempt, Kind
from case_service.domain.erasing import ArchiveOutcome, LegalHoldReason
from case_service.domain.lifecycle import decide
from case_service.domain.refusals import Code, Refusal
from case_service.store import erasure, keeping


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
    outcome = Outcome(action=attempt.action, item_id=hold_id)
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
    outcome = Outcome(action=attempt.action, item_id=hold_id)
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

    Raises:
        Refusal: it was erased before, a legal hold stands on it, or its archiving is not decided by somebody else.
    """
    change = await begin(conn, context, target)
    attempt = Attempt(action=Action.ERASE, actor=change.actor, erasure_basis=basis)
    decision = decide(change.case, attempt)
    outcome = Outcome(
        action=Action.ERASE,
        details={Kind.ERASED: CaseErased(basis=basis)},
        columns={**erasure.EMPTIED, "erased_at": context.now, "erasure_basis": basis},
    )
    receipt = await finish(change, decision, outcome)
    concern_id = change.loaded.concern_id
    gone = await erasure.erase_items(conn, case_id=receipt.id, concern_id=concern_id, at=context.now)
    # What the rows held is in dead rows, replicas and backups still: without its key nobody reads it there.
    owners = [receipt.id] if concern_id is None else [receipt.id, concern_id]
    keys = [await context.vault.shred(conn, owner) for owner in owners]
    await keeping.certify(
        conn,
        {
            "case_id": receipt.id,
            "version": receipt.version,
            "basis": basis.value,
            "erased_by": change.actor,
            "erased_at": context.now,
            "concern_id": concern_id,
            "destroyed": {**gone, "preventive_case": 1, "data_key": sum(keys)},
        },
    )
    return receipt
