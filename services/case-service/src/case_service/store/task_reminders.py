"""Which tasks are due soon, and of which that was told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from forkant_contracts.codes import CaseState, TaskKind
from sqlalchemy import ColumnElement, RowMapping, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.domain.tasks import TaskState
from case_service.tables import preventive_case, task

_t: Final = task.c
_c: Final = preventive_case.c
_RUNS: Final = _t.runs_on_hold | (_c.state != CaseState.ON_HOLD.value)
# A due day moves forward alone. Whoever takes a case over was not told before.
_NOT_TOLD: Final = or_(_t.reminded_for.is_(None), _t.reminded_for < _t.due_on, _t.reminded_unit != _t.unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """Which due days are near: from the day itself to the last one of each kind; another kind is never told of."""

    day: date
    until: Mapping[TaskKind, date]


async def due_soon(conn: AsyncConnection, near: Near, *, limit: int) -> list[RowMapping]:
    """Return open tasks that are due soon and that nobody was told of, nearest first, but none that stands still."""
    query = select(_t.id, _t.case_id).join(preventive_case, _c.id == _t.case_id).where(_is_near(near))
    return list((await conn.execute(query.order_by(_t.due_on, _t.id).limit(limit))).mappings())


async def still_due_soon(conn: AsyncConnection, task_id: UUID, near: Near) -> RowMapping | None:
    """Return a task, whose case is locked, that is still to be told of; nothing when it is not."""
    columns = (_t.kind, _t.role, _t.unit, _t.due_on)
    query = select(*columns).join(preventive_case, _c.id == _t.case_id).where(_t.id == task_id, _is_near(near))
    return (await conn.execute(query)).mappings().one_or_none()


async def note(conn: AsyncConnection, task_id: UUID, *, due_on: date, unit: str) -> None:
    """Note of which due day of a task whose people were told."""
    told = {"reminded_for": due_on, "reminded_unit": unit}
    await conn.execute(update(task).where(_t.id == task_id).values(told))


def _is_near(near: Near) -> ColumnElement[bool]:
    kinds = (and_(_t.kind == kind.value, _t.due_on <= last) for kind, last in sorted(near.until.items()))
    is_open = _t.state == TaskState.OPEN.value
    return and_(is_open, _t.due_on >= near.day, or_(*kinds), _NOT_TOLD, _RUNS)
