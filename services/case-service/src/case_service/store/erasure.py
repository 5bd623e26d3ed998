"""Removing what was written: rows that hold text go, the case row stays without it."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.tables import (
    assessment,
    case_note,
    concern,
    evaluation,
    follow_up,
    information,
    measure,
    measure_step,
    partner,
    plan,
    plan_goal,
    transfer,
)

EMPTIED: Final[Mapping[str, None]] = MappingProxyType(
    {"title": None, "subject": None, "description": None, "necessity_reason": None}
)
"""The columns of the case row that hold text."""

# Children before parents.
_TABLES: Final = (
    plan_goal,
    plan,
    assessment,
    evaluation,
    follow_up,
    partner,
    information,
    case_note,
    transfer,
    measure,
)
_FORGET_ANSWERS: Final = text("SELECT forget_answers(CAST(:answered AS uuid[]))")
_ANSWERS: Final = "idempotency_key"


async def erase_items(conn: AsyncConnection, *, case_id: UUID, concern_id: UUID | None, at: datetime) -> dict[str, int]:
    """Delete everything below a case, forget answers kept for repeats, and empty the concern that it came from.

    Returns:
        How many rows went or were emptied, by table.
    """
    of_case = select(measure.c.id).where(measure.c.case_id == case_id)
    steps = await conn.execute(delete(measure_step).where(measure_step.c.measure_id.in_(of_case)))
    gone = {str(measure_step.name): steps.rowcount}
    for table in _TABLES:
        gone[str(table.name)] = (await conn.execute(delete(table).where(table.c.case_id == case_id))).rowcount
    answered = [case_id] if concern_id is None else [case_id, concern_id]
    gone[_ANSWERS] = (await conn.execute(_FORGET_ANSWERS, {"answered": answered})).scalar_one()
    if concern_id is not None:
        emptied = update(concern).where(concern.c.id == concern_id).values(description=None, note=None, erased_at=at)
        gone[str(concern.name)] = (await conn.execute(emptied)).rowcount
    return gone
