"""Assessment, plan, approval and evaluation: the written work of a round."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from forkant_contracts.codes import Effect, ProtectiveFactor, RiskFactor
from forkant_contracts.events.case import CaseAssessed, CaseEvaluated, CasePlanApproved, CasePlanned
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.commands.change import Outcome, begin, finish
from case_service.commands.context import Context, Receipt, Target
from case_service.domain.attempt import Action, Attempt, Kind
from case_service.domain.children import ChildConsidered
from case_service.domain.lifecycle import decide
from case_service.domain.standing import Turn
from case_service.store import work


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A goal of a plan."""

    text: str
    measurable: bool
    baseline: str | None
    target: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Emmie:
    """What an evaluation says: effect, mechanism, moderators, implementation, economics."""

    effect: Effect | None
    mechanism: str | None
    moderators: str | None
    implementation: str | None
    economics: str | None


async def assess(
    conn: AsyncConnection,
    context: Context,
    target: Target,
    *,
    risk_factors: Sequence[RiskFactor],
    protective_factors: Sequence[ProtectiveFactor],
    summary: str | None,
    child: ChildConsidered,
    completed: bool,
) -> Receipt:
    """Save the assessment.

    Raises:
        Refusal: see :func:`~case_service.commands.change.begin` and :data:`~case_service.domain.lifecycle.RULES`.
    """
    change = await begin(conn, context, target)
    decision = decide(change.case, Attempt(action=Action.ASSESS, actor=change.actor, completed=completed, child=child))
    assessed = CaseAssessed(
        risk_factors=tuple(risk_factors),
        protective_factors=tuple(protective_factors),
        child_view_recorded=child.child_view is not None if change.case.minor else None,
    )
    receipt = await finish(change, decision, Outcome(action=Action.ASSESS, details={Kind.ASSESSED: assessed}))
    values = {
        "risk_factors": list(risk_factors),
        "protective_factors": list(protective_factors),
        "summary": summary,
        **asdict(child),
        "completed": completed,
        "completed_at": change.at if completed else None,
        "author": change.actor,
        "saved_at": context.now,
    }
    await work.save_assessment(conn, change.key, case_id=receipt.id, number=decision.case.round, values=values)
    return receipt


async def plan(
    conn: AsyncConnection, context: Context, target: Target, *, goals: Sequence[Goal], summary: str | None
) -> Receipt:
    """Write the plan; it awaits approval by somebody else.

    Raises:
        Refusal: see :func:`~case_service.commands.change.begin` and :data:`~case_service.domain.lifecycle.RULES`.
    """
    change = await begin(conn, context, target, Turn.ASSESSED)
    counts = CasePlanned(
        goals=len(goals),
        goals_with_baseline=sum(goal.measurable and goal.baseline is not None for goal in goals),
    )
    attempt = Attempt(action=Action.PLAN, actor=change.actor, **counts.model_dump())
    decision = decide(change.case, attempt)
    receipt = await finish(change, decision, Outcome(action=Action.PLAN, details={Kind.PLANNED: counts}))
    await work.save_plan(
        conn,
        change.key,
        case_id=receipt.id,
        number=decision.case.round,
        values={**counts.model_dump(), "summary": summary, "author": change.actor, "written_at": change.at},
        goals=[asdict(goal) for goal in goals],
    )
    return receipt


async def approve_plan(conn: AsyncConnection, context: Context, target: Target) -> Receipt:
    """Approve the plan.

    Raises:
        Refusal: the caller wrote it, it was approved before; see also :func:`~case_service.commands.change.begin`.
    """
    change = await begin(conn, context, target, Turn.PLANNED)
    decision = decide(change.case, Attempt(action=Action.APPROVE_PLAN, actor=change.actor))
    written = decision.case.plan
    if written is None:
        raise ValueError("an approved plan must be there")
    approved = CasePlanApproved(goals=written.goals, goals_with_baseline=written.goals_with_baseline)
    receipt = await finish(
        change, decision, Outcome(action=Action.APPROVE_PLAN, details={Kind.PLAN_APPROVED: approved})
    )
    values = {"approved_by": change.actor, "approved_at": change.at}
    await work.approve_plan(conn, case_id=receipt.id, number=decision.case.round, values=values)
    return receipt


async def evaluate(
    conn: AsyncConnection, context: Context, target: Target, *, emmie: Emmie, completed: bool
) -> Receipt:
    """Save the evaluation; a completed one must name its effect.

    Raises:
        Refusal: see :func:`~case_service.commands.change.begin` and :data:`~case_service.domain.lifecycle.RULES`.
    """
    change = await begin(conn, context, target)
    decision = decide(change.case, Attempt(action=Action.EVALUATE, actor=change.actor, completed=completed))
    details = {Kind.EVALUATED: CaseEvaluated(effect=emmie.effect)} if completed and emmie.effect else {}
    receipt = await finish(change, decision, Outcome(action=Action.EVALUATE, details=details))
    values = {
        **asdict(emmie),
        "completed": completed,
        "completed_at": change.at if completed else None,
        "author": change.actor,
        "saved_at": context.now,
    }
    await work.save_evaluation(conn, change.key, case_id=receipt.id, number=decision.case.round, values=values)
    return receipt
