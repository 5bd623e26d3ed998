"""Routes of prevention plans: what each unit aims at, who wrote and who approved it, and which units have one."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from forkant_kit.etag import etag
from forkant_kit.idempotency import Answer
from forkant_kit.problems import PROBLEM_RESPONSES
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service.api.plan_bodies import UnitOfPlan, WithdrawPlan, WritePlan, WriteVersion
from indicator_service.api.plan_views import CoverageView, PlanLine, PlanPage, PlanView
from indicator_service.api.steering_bodies import Day, Nothing
from indicator_service.api.steering_calls import Call, Cursor, Limit, Work, changing, creating, reading, shown
from indicator_service.api.steering_views import SteeringReceipt
from indicator_service.api.targets import AsOf, Number
from indicator_service.policy import APPROVE_PLANS, READ_PLANS, WITHDRAW_PLANS, WRITE_PLANS
from indicator_service.steering import plan_store as store
from indicator_service.steering import plans as commands
from indicator_service.steering.context import Receipt
from indicator_service.steering.plan_versions import coverage
from indicator_service.steering.refusals import Code, Refusal
from indicator_service.steering.units import until_unit_ends

router = APIRouter(prefix="/v1/plans", tags=["plans"], responses=PROBLEM_RESPONSES)


@router.get("", response_model=PlanPage)
async def list_plans(
    call: Annotated[Call, reading(READ_PLANS)],
    unit: Annotated[UnitOfPlan | None, Query()] = None,
    as_of: AsOf = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List the plans of all units with the version in force; a draft shows to its unit alone."""
    name, day = f"plans|{unit}|{as_of}", as_of or call.context.today

    async def work(conn: AsyncConnection) -> Any:
        rows = await store.page(conn, before=call.before(name, cursor), limit=limit + 1, unit=unit)
        return rows, await store.version_rows(conn, [row["id"] for row in rows[:limit]])

    rows, versions = await call.read(work)
    following = call.following(name, rows, limit)
    catalogue = call.context.catalogue
    there = call.context.units
    items = tuple(
        PlanLine.of(row, until_unit_ends(versions[row["id"]], row["unit"], there), day, catalogue)
        for row in rows[:limit]
    )
    return call.page(PlanPage(items=items, next=following), following)


@router.post("", status_code=201, response_model=SteeringReceipt)
async def write_plan(body: WritePlan, call: Annotated[Call, creating(WRITE_PLANS)]) -> Response:
    """Write the first draft of the own unit's plan."""
    return await _once(call, lambda conn: commands.write(conn, call.context, body.draft(), unit=body.unit), made=True)


@router.get("/coverage", response_model=CoverageView)
async def read_coverage(
    call: Annotated[Call, reading(READ_PLANS)],
    on: Annotated[Day | None, Query(description="The day; else today in Norway.")] = None,
) -> Response:
    """Tell how many of a day's units have a plan in force on it, which have none, and whose ends within 60 days."""
    day = on or call.context.today
    held = await call.read(lambda conn: store.held_on(conn, day))
    units = call.context.units.on(day)
    names = await call.tools.unit_names.of(units, authorization=call.request.headers["authorization"])
    body = CoverageView.at(coverage(held, units, day), day, call.context.units, names)
    return Response(body.model_dump_json(), media_type="application/json")


@router.get("/{plan_id}", response_model=PlanView)
async def read_plan(call: Annotated[Call, reading(READ_PLANS)], plan_id: UUID, as_of: AsOf = None) -> Response:
    """Show a plan with its history."""

    async def work(conn: AsyncConnection) -> Any:
        return await store.find_plan(conn, plan_id), await store.version_rows(conn, [plan_id])

    plan, versions = await call.read(work)
    if plan is None:
        raise Refusal(Code.NOT_FOUND)
    row = {"id": plan.id, "version": plan.version, "unit": plan.unit}
    day = as_of or call.context.today
    history = until_unit_ends(versions[plan_id], plan.unit, call.context.units)
    return shown(PlanView.of(row, history, day, call.context.catalogue), plan.version)


@router.post("/{plan_id}/versions", status_code=201, response_model=SteeringReceipt)
async def write_version(plan_id: UUID, body: WriteVersion, call: Annotated[Call, changing(WRITE_PLANS)]) -> Response:
    """Write the draft of the next version; what is in force goes on until it is approved and its first day comes."""
    seen = call.seen(plan_id)
    return await _once(call, lambda conn: commands.revise(conn, call.context, seen, body.draft()), made=True)


@router.put("/{plan_id}/versions/{number}", response_model=SteeringReceipt)
async def rewrite_version(
    plan_id: UUID, number: Number, body: WriteVersion, call: Annotated[Call, changing(WRITE_PLANS)]
) -> Response:
    """Write a draft anew, as a whole."""
    seen = call.seen(plan_id)

    async def work(conn: AsyncConnection) -> Answer:
        return _answer(await commands.rewrite(conn, call.context, seen, number, body.draft()), made=False)

    return (await call.read(work)).response()


@router.post("/{plan_id}/versions/{number}/submission", response_model=SteeringReceipt)
async def submit_version(
    plan_id: UUID, number: Number, _body: Nothing, call: Annotated[Call, changing(WRITE_PLANS)]
) -> Response:
    """Submit a draft for approval; to change it afterwards, withdraw it and write another."""
    seen = call.seen(plan_id)
    return await _once(call, lambda conn: commands.submit(conn, call.context, seen, number))


@router.post("/{plan_id}/versions/{number}/approval", response_model=SteeringReceipt)
async def approve_version(
    plan_id: UUID, number: Number, _body: Nothing, call: Annotated[Call, changing(APPROVE_PLANS)]
) -> Response:
    """Approve a version that somebody else wrote and submitted: it ends the one before it on its first day."""
    seen = call.seen(plan_id)
    return await _once(call, lambda conn: commands.approve(conn, call.context, seen, number))


@router.post("/{plan_id}/versions/{number}/withdrawal", response_model=SteeringReceipt)
async def withdraw_version(
    plan_id: UUID, number: Number, body: WithdrawPlan, call: Annotated[Call, changing(WITHDRAW_PLANS)]
) -> Response:
    """Take a version back from today on, or turn down one that was submitted; on days before it was in force."""
    seen = call.seen(plan_id)
    return await _once(call, lambda conn: commands.withdraw(conn, call.context, seen, number, reason=body.reason))


async def _once(call: Call, work: Work[Receipt], *, made: bool = False) -> Response:
    async def answered(conn: AsyncConnection) -> Answer:
        return _answer(await work(conn), made=made)

    return await call.once(answered)


def _answer(receipt: Receipt, *, made: bool) -> Answer:
    headers = {"ETag": etag(receipt.version)}
    if made:
        headers["Location"] = f"/v1/plans/{receipt.id}"
    body = SteeringReceipt.model_validate(receipt, from_attributes=True).model_dump(mode="json")
    return Answer(201 if made else 200, body, headers=headers, aggregate_id=receipt.id)
