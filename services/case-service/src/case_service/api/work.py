"""Routes of the written work of a case: assessment, plan, approval, evaluation, and what it is to serve."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from case_service.api.bodies import Act, SaveAssessment, SaveEvaluation, SavePlan, SetGoal
from case_service.api.calls import Call, changing, saving
from case_service.api.description import operation_id
from case_service.api.views.cases import CaseReceipt
from case_service.commands import goals
from case_service.commands import work as commands

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["work"], generate_unique_id_function=operation_id)


@router.put("/assessment", response_model=CaseReceipt, summary="Save the assessment")
async def assess(case_id: UUID, body: SaveAssessment, call: Annotated[Call, saving("case.assess")]) -> Response:
    """Save the assessment; the first save starts it, `completed` completes it, and a completed one may be rewritten.

    Of somebody under 18 a completed one says what is best for the child, what the child thinks or why that is not
    known, whether the guardians were contacted, and what came of considering the duty to report; of others none does.
    """
    return await call.save(
        lambda conn: commands.assess(
            conn,
            call.context,
            call.target(case_id, body),
            risk_factors=sorted(body.risk_factors),
            protective_factors=sorted(body.protective_factors),
            summary=body.summary,
            child=body.child(),
            completed=body.completed,
        )
    )


@router.put("/plan", response_model=CaseReceipt, summary="Write the plan")
async def plan(case_id: UUID, body: SavePlan, call: Annotated[Call, saving("case.plan")]) -> Response:
    """Write the plan as a whole; it awaits approval, also when an earlier text of it was approved."""
    return await call.save(
        lambda conn: commands.plan(
            conn,
            call.context,
            call.target(case_id, body),
            goals=[goal.goal() for goal in body.goals],
            summary=body.summary,
        )
    )


@router.post("/plan/approval", response_model=CaseReceipt, summary="Approve the plan")
async def approve(case_id: UUID, body: Act, call: Annotated[Call, changing("case.approve_plan")]) -> Response:
    """Approve the plan; only a prevention lead may, and not the one who wrote it."""
    return await call.change(lambda conn: commands.approve_plan(conn, call.context, call.target(case_id, body)))


@router.put("/prevention-goal", response_model=CaseReceipt, summary="Tie the case to a goal of the unit's plan")
async def set_goal(case_id: UUID, body: SetGoal, call: Annotated[Call, saving("case.goal")]) -> Response:
    """Tie a case that is open to a goal of its unit's prevention plan, instead of another, or to none any more."""
    return await call.save(
        lambda conn: goals.set_goal(conn, call.context, call.target(case_id, body), goal=body.prevention_goal)
    )


@router.put("/evaluation", response_model=CaseReceipt, summary="Save the evaluation")
async def evaluate(case_id: UUID, body: SaveEvaluation, call: Annotated[Call, saving("case.evaluate")]) -> Response:
    """Save the evaluation; the first save starts it, `completed` completes it and needs an effect."""
    return await call.save(
        lambda conn: commands.evaluate(
            conn, call.context, call.target(case_id, body), emmie=body.emmie(), completed=body.completed
        )
    )
