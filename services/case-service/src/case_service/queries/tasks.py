"""Tasks as people find them: their own, their role's, their unit's, and those of one case; codes, days and ids only."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import orjson
from forkant_contracts.codes import CaseState, TaskKind
from sqlalchemy import ColumnElement, Date, RowMapping, and_, bindparam, select, tuple_, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.domain.moments import local_day
from case_service.domain.refusals import Code, Refusal
from case_service.domain.tasks import TaskState
from case_service.scope import (
    CASES_FROM_ELSEWHERE,
    GRANTED_IDS,
    OFFERED_CASES,
    UNIT_CASES,
    VISIBLE_CASES,
    Scope,
    of_the_caller,
)
from case_service.tables import preventive_case, task

_t: Final = task.c
_c: Final = preventive_case.c
_PAUSED: Final = and_(_c.state == CaseState.ON_HOLD.value, ~_t.runs_on_hold)
_OPEN: Final = _t.state == TaskState.OPEN.value
_LATE: Final = and_(_OPEN, _t.due_on < bindparam("today", type_=Date), ~_PAUSED)
_INSIDE: Final = frozenset({"counted", "runs_on_hold", "escalates_on", "reminded_for", "reminded_unit"})
_COLUMNS: Final = (
    *(column for column in _t if column.name not in _INSIDE),
    and_(_OPEN, _PAUSED).label("paused"),
    _LATE.label("overdue"),
    _c.revision,
    _c.purpose_code,
)
_TASKS: Final = select(*_COLUMNS).join_from(task, preventive_case, _c.id == _t.case_id)
# An offer is answered by the unit that it goes to, which sees nothing else of the case.
_TO_ANSWER: Final = and_(_t.kind == TaskKind.ANSWER_TRANSFER.value, _t.unit == bindparam("scope_unit"), OFFERED_CASES)
_OF_CASE: Final = _TASKS.where(_t.case_id == bindparam("case_id"), VISIBLE_CASES)


class Whose(StrEnum):
    """Whose tasks a list holds."""

    MINE = "mine"
    ROLE = "role"
    UNIT = "unit"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFilter:
    """Which tasks to list, all conditions together.

    Attributes:
        whose: given to the caller or who they stand in for; given to nobody yet and of a role of theirs; or all.
        roles_of_caller: what the second of these asks for.
        due_before: those due before a day.
        overdue: only those that are late, or only others.
    """

    whose: Whose
    roles_of_caller: Sequence[str] = ()
    kinds: Sequence[str] = ()
    roles: Sequence[str] = ()
    states: Sequence[str] = field(default=(TaskState.OPEN.value,))
    due_before: date | None = None
    overdue: bool | None = None

    def key(self) -> str:
        """Return what binds a cursor to this filter, however its parts were ordered."""
        codes = [sorted({*part}) for part in (self.roles_of_caller, self.kinds, self.roles, self.states)]
        return orjson.dumps([self.whose, codes, self.due_before, self.overdue]).decode()


async def list_tasks(
    conn: AsyncConnection, scope: Scope, chosen: TaskFilter, *, after: tuple[date, UUID] | None, limit: int
) -> Sequence[RowMapping]:
    """Return a page of tasks that the caller may see, the first due first."""
    conditions = _conditions(chosen)
    if after is not None:
        conditions.append(tuple_(_t.due_on, _t.id) > tuple_(*after))
    # Each side is cut before they are joined, so that each reads no more of its index than a page.
    pages = [
        _TASKS.where(side, *conditions).order_by(_t.due_on, _t.id).limit(limit).subquery() for side in _sides(scope)
    ]
    rows = union_all(*(select(page) for page in pages)).subquery()
    statement = select(rows).order_by(rows.c.due_on, rows.c.id).limit(limit)
    return (await conn.execute(statement, _params(scope.without_broken_glass()))).mappings().all()


async def of_case(conn: AsyncConnection, scope: Scope, case_id: UUID) -> Sequence[RowMapping]:
    """Return the tasks of a case that the caller may see, the oldest first; none for a case that is not there."""
    statement = _OF_CASE.order_by(_t.id)
    return (await conn.execute(statement, {"case_id": case_id, **_params(scope)})).mappings().all()


async def get_task(conn: AsyncConnection, scope: Scope, case_id: UUID, task_id: UUID) -> RowMapping:
    """Return a task of a case.

    Raises:
        Refusal: there is none, for this caller.
    """
    params = {"case_id": case_id, **_params(scope)}
    row = (await conn.execute(_OF_CASE.where(_t.id == task_id), params)).mappings().one_or_none()
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    return row


def _sides(scope: Scope) -> tuple[ColumnElement[bool], ...]:
    """Return predicates that together, and never two of them, hold on the tasks that the caller may see."""
    of_holder = _t.unit == _c.unit
    if scope.members_only:
        return (and_(VISIBLE_CASES, GRANTED_IDS, of_holder), _TO_ANSWER)
    # Said of the task too, so that its index has a unit's tasks in order.
    own = and_(UNIT_CASES, _t.unit == bindparam("scope_unit"))
    return (own, and_(CASES_FROM_ELSEWHERE, of_holder), _TO_ANSWER)


def _params(scope: Scope) -> dict[str, Any]:
    return {**scope.params(), "today": local_day(scope.at)}


def _conditions(chosen: TaskFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [_t.state.in_(chosen.states)]
    if chosen.whose is Whose.MINE:
        conditions.append(of_the_caller(_t.assignee))
    elif chosen.whose is Whose.ROLE:
        conditions.append(and_(_t.assignee.is_(None), _t.role.in_(chosen.roles_of_caller)))
    if chosen.kinds:
        conditions.append(_t.kind.in_(chosen.kinds))
    if chosen.roles:
        conditions.append(_t.role.in_(chosen.roles))
    if chosen.due_before is not None:
        conditions.append(_t.due_on < chosen.due_before)
    if chosen.overdue is not None:
        conditions.append(_LATE if chosen.overdue else ~_LATE)
    return conditions
