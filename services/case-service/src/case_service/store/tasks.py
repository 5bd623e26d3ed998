"""Tasks of cases: written as the rules decide, given to people, and noted as late."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from forkant_contracts.codes import CaseState, Role, TaskKind
from forkant_kit.access.schema import access_grant, access_substitution
from sqlalchemy import JSON, RowMapping, bindparam, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.domain.processes import Counting
from case_service.domain.tasks import Task, TaskChanges, TaskState
from case_service.tables import preventive_case, task

_t: Final = task.c
_OPEN: Final = _t.state == TaskState.OPEN.value
_FACTS: Final[Any] = func.json_build_array(
    _t.id,
    _t.kind,
    _t.item_id,
    _t.role,
    _t.due_on,
    _t.counted,
    _t.runs_on_hold,
    _t.by_hand,
    _t.assignee,
    _t.level,
    _t.escalates_on,
)
_IN_ORDER: Final[Any] = aggregate_order_by(_FACTS, _t.id)
OPEN_TASKS: Final = select(func.json_agg(_IN_ORDER, type_=JSON)).where(_OPEN)
"""The open tasks as :func:`open_task` reads them; of which case is for the statement around it to say."""

_ON_PROCESS: Final = text("SELECT put_on_process(:case_id, :revision, :process, :events)")
_MOVE: Final = (
    update(task)
    .where(_t.id == bindparam("task_id"))
    .values(due_on=bindparam("new_due_on"), escalates_on=bindparam("new_escalates_on"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class By:
    """Whose change of which case it is, and when."""

    case_id: UUID
    unit: str
    subject: str
    at: datetime
    answering_unit: str | None = None
    """The unit that an offer goes to: answering it is that unit's task."""


def open_task(facts: Sequence[Any]) -> Task:
    """Return a task of :data:`OPEN_TASKS`."""
    key, kind, item_id, role, due_on, counted, runs_on_hold, by_hand, assignee, level, escalates_on = facts
    return Task(
        id=UUID(key),
        kind=TaskKind(kind),
        item_id=None if item_id is None else UUID(item_id),
        role=Role(role),
        due_on=date.fromisoformat(due_on),
        counted=Counting(counted),
        runs_on_hold=runs_on_hold,
        by_hand=by_hand,
        assignee=assignee,
        level=level,
        escalates_on=None if escalates_on is None else date.fromisoformat(escalates_on),
    )


async def write(conn: AsyncConnection, changes: TaskChanges, by: By) -> None:
    """Write what became of a case's tasks; what has not changed costs no statement."""
    for state in (TaskState.DONE, TaskState.LAPSED):
        ended = [one.id for one, became in changes.ended if became is state]
        if ended:
            values = {"state": state.value, "ended_by": by.subject, "ended_at": by.at}
            await conn.execute(update(task).where(_t.id.in_(ended)).values(**values))
    if shifted := [*changes.moved, *changes.deferred]:
        rows = [{"task_id": one.id, "new_due_on": one.due_on, "new_escalates_on": one.escalates_on} for one in shifted]
        await conn.execute(_MOVE, rows)
    if changes.made:
        await conn.execute(insert(task), rows_of(changes.made, by))


def rows_of(made: Sequence[Task], by: By) -> list[dict[str, object]]:
    """Return the rows of tasks that are made."""
    return [_row(one, by) for one in made]


async def move_to(conn: AsyncConnection, case_id: UUID, unit: str) -> None:
    """Let the tasks of a case go with it to another unit, whose people they are given to anew."""
    await conn.execute(update(task).where(_t.case_id == case_id).values(unit=unit, assignee=None))


async def take_back(conn: AsyncConnection, case_id: UUID, grant_id: UUID) -> None:
    """Take open tasks of a case back from whom a membership was of."""
    whose = select(access_grant.c.subject).where(access_grant.c.id == grant_id).scalar_subquery()
    await conn.execute(update(task).where(_t.case_id == case_id, _OPEN, _t.assignee == whose).values(assignee=None))


async def assign(conn: AsyncConnection, task_id: UUID, assignee: str | None) -> None:
    """Write who is to do a task."""
    await conn.execute(update(task).where(_t.id == task_id).values(assignee=assignee))


async def stood_in_for(conn: AsyncConnection, subject: str, *, unit: str, at: datetime) -> frozenset[str]:
    """Return for whom somebody stands in at a moment."""
    s = access_substitution.c
    holds = (s.substitute == subject, s.unit == unit, s.valid_from <= at, s.valid_to > at)
    return frozenset((await conn.execute(select(s.absent).where(*holds))).scalars())


async def on_no_process(conn: AsyncConnection, *, limit: int) -> Sequence[UUID]:
    """Return cases from before there was a work process, the oldest first."""
    c = preventive_case.c
    waits = (c.process_version.is_(None), c.erased_at.is_(None), ~c.restricted)
    return (await conn.execute(select(c.id).where(*waits).order_by(c.id).limit(limit))).scalars().all()


async def put_on_process(conn: AsyncConnection, case_id: UUID, *, revision: int, process: int, events: int) -> bool:
    """Put a case on a version of the process and move it on by its events; return whether it stood as it was read."""
    params = {"case_id": case_id, "revision": revision, "process": process, "events": events}
    return bool((await conn.execute(_ON_PROCESS, params)).scalar_one())


async def late(conn: AsyncConnection, *, day: date, limit: int) -> Sequence[RowMapping]:
    """Return open tasks that go to the next level by a day, the longest late first, but none that stands still."""
    c = preventive_case.c
    query = (
        select(_t.id, _t.case_id, _t.level, c.process_version)
        .join(preventive_case, c.id == _t.case_id)
        .where(_OPEN, _t.escalates_on <= day, _t.runs_on_hold | (c.state != CaseState.ON_HOLD.value))
        .order_by(_t.escalates_on, _t.id)
        .limit(limit)
    )
    return (await conn.execute(query)).mappings().all()


async def still_late(conn: AsyncConnection, task_id: UUID, *, level: int, day: date) -> RowMapping | None:
    """Return a task, whose case is locked, that goes from a level to the next by a day; nothing when it does not."""
    c = preventive_case.c
    waits = (_t.id == task_id, _OPEN, _t.level == level, _t.escalates_on <= day)
    query = select(_t.kind, _t.unit, _t.due_on, _t.escalates_on).join(preventive_case, c.id == _t.case_id)
    runs = _t.runs_on_hold | (c.state != CaseState.ON_HOLD.value)
    return (await conn.execute(query.where(*waits, runs))).mappings().one_or_none()


async def raise_level(conn: AsyncConnection, task_id: UUID, *, level: int, escalates_on: date | None) -> None:
    """Write to which level a late task went, and when it goes further."""
    await conn.execute(update(task).where(_t.id == task_id).values(level=level, escalates_on=escalates_on))


def _row(one: Task, by: By) -> dict[str, object]:
    answers = one.kind is TaskKind.ANSWER_TRANSFER and by.answering_unit is not None
    return {
        "id": one.id,
        "case_id": by.case_id,
        "unit": by.answering_unit if answers else by.unit,
        "kind": one.kind.value,
        "item_id": one.item_id,
        "role": one.role.value,
        "due_on": one.due_on,
        "counted": one.counted.value,
        "runs_on_hold": one.runs_on_hold,
        "by_hand": one.by_hand,
        "state": TaskState.OPEN.value,
        "assignee": one.assignee,
        "made_by": by.subject,
        "made_at": by.at,
        "level": one.level,
        "escalates_on": one.escalates_on,
    }
