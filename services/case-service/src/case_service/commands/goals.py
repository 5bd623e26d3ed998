"""Tying a case to a goal of its unit's prevention plan («forebyggingsplan»).

The plans are the indicator service's. Whether a goal is one of a plan in force is judged there, on each day, and never
here: a case may be tied to the goal of a plan that is approved tomorrow, and stay open after the plan has ended.
"""

from uuid import UUID

from forkant_contracts.events.case import CaseGoalChanged
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.commands.change import Outcome, begin, finish
from case_service.commands.context import Context, Receipt, Target
from case_service.domain.attempt import Action, Attempt, Kind
from case_service.domain.lifecycle import decide


async def set_goal(conn: AsyncConnection, context: Context, target: Target, *, goal: UUID | None) -> Receipt:
    """Tie a case to a goal, instead of the one that it was tied to, or to none any more.

    Raises:
        Refusal: the case has ended; see also :func:`~case_service.commands.change.begin`.
    """
    change = await begin(conn, context, target)
    outcome = Outcome(
        action=Action.SET_GOAL,
        details={Kind.GOAL_CHANGED: CaseGoalChanged(prevention_goal_id=goal)},
        columns={"prevention_goal": goal},
    )
    return await finish(change, decide(change.case, Attempt(action=outcome.action, actor=change.actor)), outcome)
