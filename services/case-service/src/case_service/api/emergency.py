"""Routes of emergency access and its review."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from forkant_kit.etag import etag
from forkant_kit.idempotency import Answer
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.api import paging
from case_service.api.bodies import BreakGlass, ReviewAccess
from case_service.api.calls import Call, changing, creating, reading
from case_service.api.description import operation_id
from case_service.api.views.access import GlassReceipt, ReviewPage, ReviewReceipt, ReviewView
from case_service.commands import emergency as commands
from case_service.domain.refusals import Code, Refusal
from case_service.store import reviews

router = APIRouter(prefix="/v1", tags=["access"], generate_unique_id_function=operation_id)


@router.post(
    "/cases/{case_id}/break-glass", status_code=201, response_model=GlassReceipt, summary="Break the glass of a case"
)
async def break_glass(case_id: UUID, body: BreakGlass, call: Annotated[Call, creating("case.break_glass")]) -> Response:
    """Open one case, of any unit, for reading, for 30 minutes; its leads are told at once, and it is reviewed."""

    async def work(conn: AsyncConnection) -> Answer:
        receipt = await commands.break_glass(conn, call.context, case_id, reason=body.reason)
        shown = GlassReceipt.model_validate(receipt).model_dump(mode="json")
        return Answer(status=201, body=shown, headers={"Location": f"/v1/cases/{case_id}"}, aggregate_id=case_id)

    return await call.once(work)


@router.get("/access-reviews", response_model=ReviewPage, summary="List reviews of broken glass")
async def list_reviews(
    call: Annotated[Call, reading("case.review_access")],
    done: Annotated[bool | None, Query(description="Those that are done, or those that are still to do.")] = None,
    limit: paging.Limit = 50,
    cursor: paging.Cursor = None,
) -> Response:
    """List who looked into cases of the caller's unit by broken glass, newest first."""
    name = f"access-reviews|{done}"

    async def work(conn: AsyncConnection) -> Any:
        start = paging.before(call, name, cursor)
        rows = await reviews.listed(conn, unit=call.context.unit, done=done, before=start, limit=limit + 1)
        await call.audit_read(conn, action="access.list_reviews", ids={row["case_id"] for row in rows[:limit]})
        return rows

    rows = await call.read(work)
    following = paging.next_by_id(call, name, rows, limit)
    return paging.page(call, ReviewPage(items=[_view(row) for row in rows[:limit]], next=following), following)


@router.get("/access-reviews/{review_id}", response_model=ReviewView, summary="Read a review of broken glass")
async def read_review(review_id: UUID, call: Annotated[Call, reading("case.review_access")]) -> Response:
    """Read who looked into a case, when and why."""

    async def work(conn: AsyncConnection) -> RowMapping:
        row = await reviews.get(conn, review_id, unit=call.context.unit)
        if row is None:
            raise Refusal(Code.NOT_FOUND)
        await call.audit_read(conn, action="access.read_review", ids=[row["case_id"]])
        return row

    view = _view(await call.read(work))
    return Response(view.model_dump_json(), headers={"ETag": view.etag}, media_type="application/json")


@router.post("/access-reviews/{review_id}/verdict", response_model=ReviewReceipt, summary="Review broken glass")
async def review(
    review_id: UUID, body: ReviewAccess, call: Annotated[Call, changing("case.review_access")]
) -> Response:
    """Say whether it was justified; nobody reviews their own access."""

    async def work(conn: AsyncConnection) -> Answer:
        seen = call.target_at(review_id, None).revision
        receipt = await commands.review(conn, call.context, review_id, seen=seen, verdict=body.verdict)
        shown = ReviewReceipt.model_validate(receipt).model_dump(mode="json")
        headers = {"ETag": etag(receipt.version)}
        return Answer(status=200, body=shown, headers=headers, aggregate_id=receipt.case_id)

    return await call.once(work)


def _view(row: RowMapping) -> ReviewView:
    return ReviewView.model_validate({**row, "etag": etag(row["version"])})
