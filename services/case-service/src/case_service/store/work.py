"""The written work of a case's round: assessment, plan and evaluation, one of each, saved over and over."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import delete, insert, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.store import words
from case_service.tables import assessment, evaluation, plan, plan_goal
from case_service.texts import sealed
from case_service.words import CaseKey


async def save_assessment(
    conn: AsyncConnection, key: CaseKey, *, case_id: UUID, number: int, values: Mapping[str, object]
) -> None:
    """Save the assessment of a round."""
    saved = sealed(key, assessment, values, round=number)
    await conn.execute(
        upsert(assessment)
        .values(case_id=case_id, round=number, **saved)
        .on_conflict_do_update(index_elements=["case_id", "round"], set_=saved)
    )
    await words.save(conn, key, assessment, [{**values, "round": number}])


async def save_evaluation(
    conn: AsyncConnection, key: CaseKey, *, case_id: UUID, number: int, values: Mapping[str, object]
) -> None:
    """Save the evaluation of a round."""
    saved = sealed(key, evaluation, values, round=number)
    await conn.execute(
        upsert(evaluation)
        .values(case_id=case_id, round=number, **saved)
        .on_conflict_do_update(index_elements=["case_id", "round"], set_=saved)
    )
    await words.save(conn, key, evaluation, [{**values, "round": number}])


async def save_plan(
    conn: AsyncConnection,
    key: CaseKey,
    *,
    case_id: UUID,
    number: int,
    values: Mapping[str, object],
    goals: Sequence[Mapping[str, object]],
) -> None:
    """Save the plan of a round with its goals, unapproved."""
    unapproved = {**sealed(key, plan, values, round=number), "approved_by": None, "approved_at": None}
    await conn.execute(
        upsert(plan)
        .values(case_id=case_id, round=number, **unapproved)
        .on_conflict_do_update(index_elements=["case_id", "round"], set_=unapproved)
    )
    await conn.execute(delete(plan_goal).where(plan_goal.c.case_id == case_id, plan_goal.c.round == number))
    rows = [{"case_id": case_id, "round": number, "position": place, **goal} for place, goal in enumerate(goals, 1)]
    await conn.execute(insert(plan_goal), [sealed(key, plan_goal, row) for row in rows])
    await words.save(conn, key, plan, [{**values, "round": number}])
    await words.save(conn, key, plan_goal, rows)


async def approve_plan(conn: AsyncConnection, *, case_id: UUID, number: int, values: Mapping[str, object]) -> None:
    """Write who approved the plan of a round."""
    await conn.execute(update(plan).where(plan.c.case_id == case_id, plan.c.round == number).values(**values))
