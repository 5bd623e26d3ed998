"""Follow-ups («oppfølging»): scheduled, then held."""

from datetime import date
from uuid import UUID

from forkant_contracts.events.follow_up import FollowUpScheduled
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.commands.change import Outcome, begin, finish
from case_service.commands.context import Context, Receipt, Target
from case_service.domain.attempt import Action, Attempt, Kind
from case_service.domain.lifecycle import decide
from case_service.domain.moments import due
from case_service.domain.standing import FollowUpState
from case_service.store import items


async def schedule_follow_up(conn: AsyncConnection, context: Context, target: Target, *, due_on: date) -> Receipt:
    """Schedule a follow-up.

    Raises:
        Refusal: the due day is out of range, or the rules say no.
    """
    change = await begin(conn, context, target)
    due(due_on=due_on, opened_at=change.loaded.opened_at, now=context.now)
    follow_up_id = context.new_id()
    attempt = Attempt(action=Action.SCHEDULE_FOLLOW_UP, actor=change.actor, item_id=follow_up_id, due_on=due_on)
    details = {Kind.FOLLOW_UP_SCHEDULED: FollowUpScheduled(follow_up_id=follow_up_id, due_on=due_on)}
    outcome = Outcome(action=attempt.action, details=details, item_id=follow_up_id)
    receipt = await finish(change, decide(change.case, attempt), outcome)
    await items.insert_follow_up(
        conn,
        {
            "id": follow_up_id,
            "case_id": receipt.id,
            "round": change.case.round,
            "state": FollowUpState.SCHEDULED,
            "due_on": due_on,
            "scheduled_by": change.actor,
            "scheduled_at": change.at,
        },
    )
    return receipt


async def hold_follow_up(
    conn: AsyncConnection, context: Context, target: Target, follow_up_id: UUID, *, notes: str | None
) -> Receipt:
    """Hold a follow-up; once no measure is open, following up begins.

    Raises:
        Refusal: the rules say no.
    """
    change = await begin(conn, context, target, follow_up_id)
    attempt = Attempt(action=Action.HOLD_FOLLOW_UP, actor=change.actor, item_id=follow_up_id)
    outcome = Outcome(action=attempt.action, item_id=follow_up_id)
    receipt = await finish(change, decide(change.case, attempt), outcome)
    values = {"state": FollowUpState.HELD, "held_at": change.at, "held_by": change.actor, "notes": notes}
    await items.update_follow_up(conn, change.key, follow_up_id, values)
    return receipt
