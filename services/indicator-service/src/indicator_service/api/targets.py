"""Routes of targets: what a unit is to reach, who proposed and who approved it, and what was in force when."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from forkant_kit.etag import etag
from forkant_kit.idempotency import Answer
from forkant_kit.problems import PROBLEM_RESPONSES
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service.api.steering_bodies import (
    Nothing,
    PeriodKind,
    ProposeTarget,
    ProposeVersion,
    UnitOrNational,
    WithdrawVersion,
)
from indicator_service.api.steering_calls import Call, Cursor, Limit, Work, changing, creating, reading, shown
from indicator_service.api.steering_views import SteeringReceipt, TargetLine, TargetPage, TargetView
from indicator_service.audit_names import LAST_NUMBER
from indicator_service.policy import APPROVE_TARGETS, PROPOSE_TARGETS, READ_TARGETS, WITHDRAW_TARGETS
from indicator_service.steering import target_store as store
from indicator_service.steering import targets as commands
from indicator_service.steering.context import Receipt
from indicator_service.steering.refusals import Code, Refusal
from indicator_service.steering.units import until_unit_ends

router = APIRouter(prefix="/v1/targets", tags=["targets"], responses=PROBLEM_RESPONSES)

Number = Annotated[int, Path(ge=1, le=10_000, description="The version of the target.", examples=[1])]
AsOf = Annotated[date | None, Query(description="Show what was, is or will be in force on this day; else today.")]


@router.get("", response_model=TargetPage)
async def list_targets(
    *,
    call: Annotated[Call, reading(READ_TARGETS)],
    unit: Annotated[UnitOrNational | None, Query()] = None,
    indicator: Annotated[int | None, Query(ge=1, le=LAST_NUMBER)] = None,
    period: Annotated[PeriodKind | None, Query()] = None,
    as_of: AsOf = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List the targets of all units with the version in force; proposals show to their unit and the directorate."""
    filters = {"unit": unit, "indicator": indicator, "period": period}
    name, day = f"targets|{filters}|{as_of}", as_of or call.context.today

    async def work(conn: AsyncConnection) -> Any:
        rows = await store.page(conn, before=call.before(name, cursor), limit=limit + 1, **filters)
        return rows, await store.version_rows(conn, [row["id"] for row in rows[:limit]])

    rows, versions = await call.read(work)
    following = call.following(name, rows, limit)
    there = call.context.units
    items = tuple(
        TargetLine.of(row, until_unit_ends(versions[row["id"]], row["unit"], there), day) for row in rows[:limit]
    )
    return call.page(TargetPage(items=items, next=following), following)


@router.post("", status_code=201, response_model=SteeringReceipt)
async def propose_target(body: ProposeTarget, call: Annotated[Call, creating(PROPOSE_TARGETS)]) -> Response:
    """Propose a target: a lead for the own unit, the directorate for any unit or for all together."""

    async def work(conn: AsyncConnection) -> Receipt:
        return await commands.propose(
            conn, call.context, body.draft(), unit=body.unit, indicator=body.indicator, period=body.period
        )

    return await _once(call, work, made=True)


@router.get("/{target_id}", response_model=TargetView)
async def read_target(call: Annotated[Call, reading(READ_TARGETS)], target_id: UUID, as_of: AsOf = None) -> Response:
    """Show a target with its history."""

    async def work(conn: AsyncConnection) -> Any:
        return await store.find_target(conn, target_id), await store.version_rows(conn, [target_id])

    target, versions = await call.read(work)
    if target is None:
        raise Refusal(Code.NOT_FOUND)
    row = {
        "id": target.id,
        "version": target.version,
        "unit": target.unit,
        "indicator": target.indicator,
        "period": target.period,
    }
    history = until_unit_ends(versions[target_id], target.unit, call.context.units)
    return shown(TargetView.of(row, history, as_of or call.context.today), target.version)


@router.post("/{target_id}/versions", status_code=201, response_model=SteeringReceipt)
async def propose_version(
    target_id: UUID, body: ProposeVersion, call: Annotated[Call, changing(PROPOSE_TARGETS)]
) -> Response:
    """Propose the next version; what is in force goes on until it is approved and its first day comes."""
    seen = call.seen(target_id)
    return await _once(call, lambda conn: commands.revise(conn, call.context, seen, body.draft()), made=True)


@router.post("/{target_id}/versions/{number}/approval", response_model=SteeringReceipt)
async def approve_version(
    target_id: UUID, number: Number, _body: Nothing, call: Annotated[Call, changing(APPROVE_TARGETS)]
) -> Response:
    """Approve a version that somebody else proposed: it ends the one before it on its first day."""
    seen = call.seen(target_id)
    return await _once(call, lambda conn: commands.approve(conn, call.context, seen, number))


@router.post("/{target_id}/versions/{number}/withdrawal", response_model=SteeringReceipt)
async def withdraw_version(
    target_id: UUID, number: Number, body: WithdrawVersion, call: Annotated[Call, changing(WITHDRAW_TARGETS)]
) -> Response:
    """Take a version back from today on; on the days before it was in force, and stays so in their figures."""
    seen = call.seen(target_id)
    return await _once(call, lambda conn: commands.withdraw(conn, call.context, seen, number, reason=body.reason))


async def _once(call: Call, work: Work[Receipt], *, made: bool = False) -> Response:
    async def answered(conn: AsyncConnection) -> Answer:
        receipt = await work(conn)
        headers = {"ETag": etag(receipt.version)}
        if made:
            headers["Location"] = f"/v1/targets/{receipt.id}"
        body = SteeringReceipt.model_validate(receipt, from_attributes=True).model_dump(mode="json")
        return Answer(201 if made else 200, body, headers=headers, aggregate_id=receipt.id)

    return await call.once(answered)
