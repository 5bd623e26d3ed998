"""Routes of tasks: whose is what, until when, and giving it to somebody."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from forkant_kit.etag import etag
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.api import paging, sparse
from case_service.api.bodies import Act
from case_service.api.calls import Call, changing, reading
from case_service.api.description import operation_id
from case_service.api.task_bodies import AddTask, AssignTask
from case_service.api.task_filter import TaskQuery
from case_service.api.views.cases import CaseReceipt
from case_service.api.views.tasks import TaskList, TaskPage, TaskView
from case_service.commands import tasks as commands
from case_service.queries import one
from case_service.queries import tasks as queries

router = APIRouter(prefix="/v1", tags=["tasks"], generate_unique_id_function=operation_id)

_Reading = Annotated[Call, reading("case.read")]
_Changing = Annotated[Call, changing("case.tasks")]
_Chosen = Annotated[TaskQuery, Query()]


@router.get("/tasks", response_model=TaskPage, summary="List tasks")
async def list_tasks(
    call: _Reading,
    query: _Chosen,
    limit: paging.Limit = 50,
    cursor: paging.Cursor = None,
    fields: sparse.Fields = None,
) -> Response:
    """List tasks of cases that you may see, the first due first."""
    shown = sparse.shown(TaskView, fields)
    chosen = query.chosen(frozenset(call.principal.roles))
    name = f"tasks|{chosen.key()}"
    position = paging.position_of(call, name, cursor)
    after = None if position is None else (date.fromisoformat(position[0]), UUID(position[1]))

    async def work(conn: AsyncConnection) -> Sequence[RowMapping]:
        rows = await queries.list_tasks(conn, call.context.scope, chosen, after=after, limit=limit + 1)
        await call.audit_read(conn, action="case.list_tasks", ids={row["case_id"] for row in rows[:limit]})
        return rows

    rows = await call.read(work)
    following = _cursor(call, name, rows[limit - 1]) if len(rows) > limit else None
    items = [TaskView.model_validate(dict(row)) for row in rows[:limit]]
    return paging.page(call, TaskPage(items=items, next=following), following, shown=shown)


@router.get("/cases/{case_id}/tasks", response_model=TaskList, summary="List the tasks of a case")
async def list_case_tasks(case_id: UUID, call: _Reading, fields: sparse.Fields = None) -> Response:
    """List every task of a case, ended ones too, the oldest first."""
    shown = sparse.shown(TaskView, fields)

    async def work(conn: AsyncConnection) -> TaskList:
        version, purpose = await one.get_head(conn, call.context.scope, case_id)
        await call.audit_read(conn, action="case.read_tasks", ids=[case_id], version=version, purpose=purpose)
        rows = await queries.of_case(conn, call.context.scope, case_id)
        return TaskList(items=[TaskView.model_validate(dict(row)) for row in rows])

    return Response(shown.page(await call.read(work)), media_type="application/json")


@router.get("/cases/{case_id}/tasks/{task_id}", response_model=TaskView, summary="Read a task")
async def read_task(case_id: UUID, task_id: UUID, call: _Reading, fields: sparse.Fields = None) -> Response:
    """Read a task. The ETag is the case's."""
    shown = sparse.shown(TaskView, fields)

    async def work(conn: AsyncConnection) -> RowMapping:
        row = await queries.get_task(conn, call.context.scope, case_id, task_id)
        await call.audit_read(conn, action="case.read_tasks", ids=[case_id], purpose=row["purpose_code"])
        return row

    row = await call.read(work)
    body = shown.one(TaskView.model_validate(dict(row)))
    return Response(body, headers={"ETag": etag(row["revision"])}, media_type="application/json")


@router.post("/cases/{case_id}/tasks", status_code=201, response_model=CaseReceipt, summary="Add a task")
async def add_task(case_id: UUID, body: AddTask, call: _Changing) -> Response:
    """Add a review of the case by hand; `item_id` is the task's id."""
    return await call.change(
        lambda conn: commands.add_task(conn, call.context, call.target(case_id, body), due_on=body.due_on),
        makes="tasks",
    )


@router.post("/cases/{case_id}/tasks/{task_id}/completion", response_model=CaseReceipt, summary="Complete a review")
async def complete_task(case_id: UUID, task_id: UUID, body: Act, call: _Changing) -> Response:
    """Say that a review is done; every other task ends by doing what it is about."""
    return await call.change(
        lambda conn: commands.complete_task(conn, call.context, call.target(case_id, body), task_id)
    )


@router.post("/cases/{case_id}/tasks/{task_id}/assignment", response_model=CaseReceipt, summary="Give a task")
async def assign_task(case_id: UUID, task_id: UUID, body: AssignTask, call: _Changing) -> Response:
    """Give a task to a member of the case; what somebody has, they and a prevention lead pass on."""
    assignment = commands.Assignment(task_id=task_id, assignee=body.assignee, roles=frozenset(call.principal.roles))
    return await call.change(
        lambda conn: commands.assign_task(conn, call.context, call.target(case_id, body), assignment)
    )


def _cursor(call: Call, name: str, row: RowMapping) -> str:
    position: Any = [row["due_on"].isoformat(), str(row["id"])]
    return paging.cursor_at(call, name, position)
