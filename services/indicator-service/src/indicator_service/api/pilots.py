"""Routes of pilot programmes: what is tried where and when, who decided it, and which units take part."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from forkant_contracts.codes import CaseType
from forkant_kit.etag import etag
from forkant_kit.idempotency import Answer
from forkant_kit.problems import PROBLEM_RESPONSES
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service.api.pilot_bodies import EndPilot, Enrol, ProposePilot, UnitName, WithdrawUnit
from indicator_service.api.pilot_views import PilotLine, PilotPage, PilotView
from indicator_service.api.steering_bodies import Nothing
from indicator_service.api.steering_calls import Call, Cursor, Limit, Work, changing, creating, reading, shown
from indicator_service.api.steering_views import SteeringReceipt
from indicator_service.policy import (
    APPROVE_PILOTS,
    END_PILOTS,
    ENROL_IN_PILOTS,
    PROPOSE_PILOTS,
    READ_PILOTS,
    WITHDRAW_FROM_PILOTS,
)
from indicator_service.steering import pilot_store as store
from indicator_service.steering import pilots as commands
from indicator_service.steering.context import Receipt
from indicator_service.steering.refusals import Code, Refusal

router = APIRouter(prefix="/v1/pilots", tags=["pilots"], responses=PROBLEM_RESPONSES)

AsOf = Annotated[date | None, Query(description="Show which units take part on this day; else today.")]


@router.get("", response_model=PilotPage)
async def list_pilots(
    *,
    call: Annotated[Call, reading(READ_PILOTS)],
    unit: Annotated[UnitName | None, Query(description="Only those in which this unit was ever enrolled.")] = None,
    case_type: Annotated[CaseType | None, Query()] = None,
    as_of: AsOf = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List the pilot programmes; those that are only proposed show to the directorate."""
    name, day = f"pilots|{unit}|{case_type}|{as_of}", as_of or call.context.today

    async def work(conn: AsyncConnection) -> Any:
        rows = await store.page(
            conn,
            before=call.before(name, cursor),
            limit=limit + 1,
            unit=unit,
            case_type=None if case_type is None else case_type.value,
        )
        return rows, await store.enrolment_rows(conn, [row["id"] for row in rows[:limit]])

    rows, enrolments = await call.read(work)
    following = call.following(name, rows, limit)
    items = tuple(PilotLine.of(row, enrolments[row["id"]], day) for row in rows[:limit])
    return call.page(PilotPage(items=items, next=following), following)


@router.post("", status_code=201, response_model=SteeringReceipt)
async def propose_pilot(body: ProposePilot, call: Annotated[Call, creating(PROPOSE_PILOTS)]) -> Response:
    """Propose a pilot programme: what it opens, what it is judged by and when; none of that changes afterwards."""
    return await _once(call, lambda conn: commands.propose(conn, call.context, body.programme()), made=True)


@router.get("/{pilot_id}", response_model=PilotView)
async def read_pilot(call: Annotated[Call, reading(READ_PILOTS)], pilot_id: UUID, as_of: AsOf = None) -> Response:
    """Show a pilot programme with who decided what, and all enrolments."""

    async def work(conn: AsyncConnection) -> Any:
        return await store.find_row(conn, pilot_id), await store.enrolment_rows(conn, [pilot_id])

    row, enrolments = await call.read(work)
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    return shown(PilotView.of(row, enrolments[pilot_id], as_of or call.context.today), row["version"])


@router.post("/{pilot_id}/approval", response_model=SteeringReceipt)
async def approve_pilot(pilot_id: UUID, _body: Nothing, call: Annotated[Call, changing(APPROVE_PILOTS)]) -> Response:
    """Approve a programme that somebody else proposed; units can then be enrolled."""
    seen = call.seen(pilot_id)
    return await _once(call, lambda conn: commands.approve(conn, call.context, seen))


@router.post("/{pilot_id}/ending", response_model=SteeringReceipt)
async def end_pilot(pilot_id: UUID, body: EndPilot, call: Annotated[Call, changing(END_PILOTS)]) -> Response:
    """Take a proposal back, or end a programme before its last day, for every unit that takes part."""
    seen = call.seen(pilot_id)
    return await _once(
        call, lambda conn: commands.end(conn, call.context, seen, since=body.valid_from, reason=body.reason)
    )


@router.post("/{pilot_id}/enrolments", response_model=SteeringReceipt)
async def enrol_unit(pilot_id: UUID, body: Enrol, call: Annotated[Call, changing(ENROL_IN_PILOTS)]) -> Response:
    """Let a unit take part from a day on: what the programme opens can be opened there as soon as it is known."""
    seen = call.seen(pilot_id)
    return await _once(
        call, lambda conn: commands.enrol(conn, call.context, seen, unit=body.unit, first=body.valid_from)
    )


@router.post("/{pilot_id}/enrolments/{unit}/withdrawal", response_model=SteeringReceipt)
async def withdraw_unit(
    pilot_id: UUID, unit: UnitName, body: WithdrawUnit, call: Annotated[Call, changing(WITHDRAW_FROM_PILOTS)]
) -> Response:
    """Let a unit take part no longer from a day on; the cases that it opened go on."""
    seen = call.seen(pilot_id)
    return await _once(call, lambda conn: commands.withdraw(conn, call.context, seen, unit=unit, since=body.valid_from))


async def _once(call: Call, work: Work[Receipt], *, made: bool = False) -> Response:
    async def answered(conn: AsyncConnection) -> Answer:
        receipt = await work(conn)
        headers = {"ETag": etag(receipt.version)}
        if made:
            headers["Location"] = f"/v1/pilots/{receipt.id}"
        body = SteeringReceipt.model_validate(receipt, from_attributes=True).model_dump(mode="json")
        return Answer(201 if made else 200, body, headers=headers, aggregate_id=receipt.id)

    return await call.once(answered)
