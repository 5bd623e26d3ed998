"""Routes of priorities: which indicators and themes come first for a unit, or for all of them, for a time."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from forkant_kit.etag import etag
from forkant_kit.idempotency import Answer
from forkant_kit.problems import PROBLEM_RESPONSES
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service.api.steering_bodies import Nothing, SetPriority, UnitOrNational
from indicator_service.api.steering_calls import Call, Cursor, Limit, Work, changing, creating, reading, shown
from indicator_service.api.steering_views import PriorityPage, PriorityView, SteeringReceipt
from indicator_service.policy import READ_PRIORITIES, SET_PRIORITIES
from indicator_service.steering import priorities as commands
from indicator_service.steering.context import Receipt
from indicator_service.steering.refusals import Code, Refusal

router = APIRouter(prefix="/v1/priorities", tags=["priorities"], responses=PROBLEM_RESPONSES)


@router.get("", response_model=PriorityPage)
async def list_priorities(
    call: Annotated[Call, reading(READ_PRIORITIES)],
    unit: Annotated[UnitOrNational | None, Query()] = None,
    as_of: Annotated[date | None, Query(description="Only those that hold on this day.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List the priorities of all units; they stay when their time is over."""
    name = f"priorities|{unit}|{as_of}"

    async def work(conn: AsyncConnection) -> Any:
        before = call.before(name, cursor)
        return await commands.page(conn, before=before, limit=limit + 1, unit=unit, as_of=as_of)

    rows = await call.read(work)
    following = call.following(name, rows, limit)
    items = tuple(PriorityView.of(dict(row)) for row in rows[:limit])
    return call.page(PriorityPage(items=items, next=following), following)


@router.post("", status_code=201, response_model=SteeringReceipt)
async def set_priority(body: SetPriority, call: Annotated[Call, creating(SET_PRIORITIES)]) -> Response:
    """Give an indicator or a theme priority: a lead in the own unit, the directorate in any or in all."""
    return await _once(call, lambda conn: commands.set_priority(conn, call.context, body.priority()), made=True)


@router.get("/{priority_id}", response_model=PriorityView)
async def read_priority(call: Annotated[Call, reading(READ_PRIORITIES)], priority_id: UUID) -> Response:
    """Show a priority."""
    row = await call.read(lambda conn: commands.find(conn, priority_id))
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    return shown(PriorityView.of(dict(row)), row["version"])


@router.post("/{priority_id}/withdrawal", response_model=SteeringReceipt)
async def withdraw_priority(
    priority_id: UUID, _body: Nothing, call: Annotated[Call, changing(SET_PRIORITIES)]
) -> Response:
    """Let it have priority no longer, from today on."""
    seen = call.seen(priority_id)
    return await _once(call, lambda conn: commands.withdraw(conn, call.context, seen))


async def _once(call: Call, work: Work[Receipt], *, made: bool = False) -> Response:
    async def answered(conn: AsyncConnection) -> Answer:
        receipt = await work(conn)
        headers = {"ETag": etag(receipt.version)}
        if made:
            headers["Location"] = f"/v1/priorities/{receipt.id}"
        body = SteeringReceipt.model_validate(receipt, from_attributes=True).model_dump(mode="json")
        return Answer(201 if made else 200, body, headers=headers, aggregate_id=receipt.id)

    return await call.once(answered)
