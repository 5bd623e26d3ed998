"""Partners outside the police: joining and leaving the work on a case."""

from uuid import UUID

from forkant_contracts.codes import PartnerKind
from forkant_contracts.events.partner import PartnerAdded
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.commands.change import Outcome, begin, finish
from case_service.commands.context import Context, Receipt, Target
from case_service.domain.attempt import Action, Attempt, Kind
from case_service.domain.lifecycle import decide
from case_service.store import items


async def add_partner(
    conn: AsyncConnection, context: Context, target: Target, *, kind: PartnerKind, name: str | None
) -> Receipt:
    """Let a partner join.

    Raises:
        Refusal: the rules say no.
    """
    change = await begin(conn, context, target)
    partner_id = context.new_id()
    attempt = Attempt(action=Action.ADD_PARTNER, actor=change.actor, item_id=partner_id)
    details = {Kind.PARTNER_ADDED: PartnerAdded(partner_id=partner_id, kind=kind)}
    outcome = Outcome(action=attempt.action, details=details, item_id=partner_id)
    receipt = await finish(change, decide(change.case, attempt), outcome)
    await items.insert_partner(
        conn,
        change.key,
        {
            "id": partner_id,
            "case_id": receipt.id,
            "kind": kind,
            "name": name,
            "added_by": change.actor,
            "added_at": change.at,
        },
    )
    return receipt


async def remove_partner(conn: AsyncConnection, context: Context, target: Target, partner_id: UUID) -> Receipt:
    """Let a partner leave.

    Raises:
        Refusal: the rules say no.
    """
    change = await begin(conn, context, target, partner_id)
    attempt = Attempt(action=Action.REMOVE_PARTNER, actor=change.actor, item_id=partner_id)
    outcome = Outcome(action=attempt.action, item_id=partner_id)
    receipt = await finish(change, decide(change.case, attempt), outcome)
    await items.remove_partner(conn, partner_id, at=change.at)
    return receipt
