"""Protection of the people in a case: restriction («sperring») and erasure («sletting»)."""

from forkant_contracts.codes import ErasureBasis, RestrictionReason
from forkant_contracts.events.case import CaseErased, CaseRestricted
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.commands.change import Outcome, begin, finish
from case_service.commands.context import Context, Receipt, Target
from case_service.domain.attempt import Action, Attempt, Kind
from case_service.domain.lifecycle import decide
from case_service.store import erasure


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


async def erase(conn: AsyncConnection, context: Context, target: Target, *, basis: ErasureBasis) -> Receipt:
    """Erase what is written in a case and in the concern that it came from; a row of codes stays as its tombstone.

    Raises:
        Refusal: it was erased before.
    """
    change = await begin(conn, context, target)
    decision = decide(change.case, Attempt(action=Action.ERASE, actor=change.actor))
    outcome = Outcome(
        action=Action.ERASE,
        details={Kind.ERASED: CaseErased(basis=basis)},
        columns={**erasure.EMPTIED, "erased_at": context.now, "erasure_basis": basis},
    )
    receipt = await finish(change, decision, outcome)
    await erasure.erase_items(conn, case_id=receipt.id, concern_id=change.loaded.concern_id, at=context.now)
    # What the rows held is in dead rows, replicas and backups still: without its key nobody reads it there.
    for owner in (receipt.id, change.loaded.concern_id):
        if owner is not None:
            await context.vault.shred(conn, owner)
    return receipt
