"""Removing what was written: rows that hold text go, the case row stays without it."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    CompoundSelect,
    Select,
    Table,
    Uuid,
    bindparam,
    delete,
    func,
    literal,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.store import links
from case_service.tables import (
    assessment,
    attachment,
    attachment_content,
    best_practice_draft,
    case_link,
    case_note,
    case_words,
    concern,
    concern_mark,
    disclosure,
    evaluation,
    follow_up,
    information,
    measure,
    measure_step,
    partner,
    plan,
    plan_goal,
    subject_mark,
    task,
    transfer,
)
from case_service.texts import SEALED

EMPTIED: Final[Mapping[str, None]] = MappingProxyType(
    {"title": None, "subject": None, "description": None, "necessity_reason": None}
)
"""The columns of the case row that hold text."""

_TABLES: Final = (
    task,
    plan_goal,
    plan,
    assessment,
    evaluation,
    follow_up,
    partner,
    information,
    attachment,
    attachment_content,
    case_note,
    transfer,
    measure,
    # By a trigger, what a search finds the case by goes with these.
    case_words,
    subject_mark,
    best_practice_draft,
)
_TEXTS_GO: Final = (disclosure,)
"""Tables whose rows stay without their texts."""
_OF_CASES: Final = bindparam("case_ids", type_=ARRAY(Uuid))
_DRAFTS: Final = (
    select(best_practice_draft.c.id, best_practice_draft.c.case_id)
    .where(best_practice_draft.c.case_id == func.any(_OF_CASES))
    .with_for_update()
)
_FORGET_ANSWERS: Final = text("SELECT aggregate_id, gone FROM forget_answers_of(CAST(:answered AS uuid[]))")
_ANSWERS: Final = "idempotency_key"


def _counted(table: Table, deleted: Any) -> Select[Any]:
    gone = deleted.cte(f"gone_{table.name}")
    return select(literal(str(table.name)).label("name"), gone.c.case_id, func.count().label("n")).group_by(
        gone.c.case_id
    )


def _deletion() -> CompoundSelect[Any]:
    # One statement for all tables and cases: each part sees the rows as they were before, so that their order is free.
    steps = (
        delete(measure_step)
        .where(measure_step.c.measure_id == measure.c.id, measure.c.case_id == func.any(_OF_CASES))
        .returning(measure.c.case_id)
    )
    rows = [delete(table).where(table.c.case_id == func.any(_OF_CASES)).returning(table.c.case_id) for table in _TABLES]
    emptied = [
        update(table)
        .where(table.c.case_id == func.any(_OF_CASES))
        .values(dict.fromkeys(SEALED[str(table.name)]))
        .returning(table.c.case_id)
        for table in _TEXTS_GO
    ]
    gone = [(measure_step, steps), *zip(_TABLES, rows, strict=True), *zip(_TEXTS_GO, emptied, strict=True)]
    return union_all(*(_counted(table, each) for table, each in gone))


_DELETE: Final = _deletion()


async def erase_items(
    conn: AsyncConnection, concerns: Mapping[UUID, UUID | None], *, at: datetime
) -> dict[UUID, dict[str, int]]:
    """Delete everything below cases, forget answers kept for repeats, and empty the concerns that they came from.

    Args:
        conn: the transaction that moved the cases on, and so holds them.
        concerns: the cases, each with the concern that it came from.
        at: when they are erased.

    Returns:
        For each case how many rows went or were emptied, by table.
    """
    names = [str(table.name) for table in (measure_step, *_TABLES, *_TEXTS_GO)]
    drafts = {row.id: row.case_id for row in await conn.execute(_DRAFTS, {"case_ids": list(concerns)})}
    gone = {case_id: dict.fromkeys([*names, str(case_link.name), _ANSWERS], 0) for case_id in concerns}
    for row in await conn.execute(_DELETE, {"case_ids": list(concerns)}):
        gone[row.case_id][row.name] = row.n
    for case_id, links_gone in (await links.forget(conn, concerns)).items():
        gone[case_id][str(case_link.name)] = links_gone
    case_of = {concern_id: case_id for case_id, concern_id in concerns.items() if concern_id is not None}
    for row in await conn.execute(_FORGET_ANSWERS, {"answered": [*concerns, *case_of, *drafts]}):
        gone[(case_of | drafts).get(row.aggregate_id, row.aggregate_id)][_ANSWERS] += row.gone
    if case_of:
        emptied = update(concern).where(concern.c.id.in_(case_of)).values(description=None, note=None, erased_at=at)
        for row in await conn.execute(emptied.returning(concern.c.id)):
            gone[case_of[row.id]][str(concern.name)] = 1
        marks = delete(concern_mark).where(concern_mark.c.concern_id.in_(case_of)).returning(concern_mark.c.concern_id)
        for concern_id in (await conn.execute(marks)).scalars():
            of_case = gone[case_of[concern_id]]
            of_case[str(concern_mark.name)] = of_case.get(str(concern_mark.name), 0) + 1
    return gone
