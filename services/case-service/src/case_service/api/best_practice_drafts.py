"""Routes of how an example of best practice comes to be: drafted from a case, reviewed, published."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from forkant_kit.etag import etag
from forkant_kit.idempotency import Answer
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.api import paging
from case_service.api.best_practice_bodies import (
    DiscardExample,
    DraftExample,
    PublishExample,
    ReviewExample,
    RewriteExample,
)
from case_service.api.calls import Call, Work, changing, creating, reading
from case_service.api.description import operation_id
from case_service.api.views.best_practices import (
    DraftLine,
    DraftPage,
    DraftReceiptView,
    DraftView,
    ExampleReceiptView,
)
from case_service.commands import example_drafts, examples
from case_service.commands.example_drafts import DraftReceipt
from case_service.domain.best_practice import DraftState, allowed_moves
from case_service.queries import example_drafts as queries

router = APIRouter(prefix="/v1", tags=["best-practice-drafts"], generate_unique_id_function=operation_id)

_DRAFTS = "/best-practice-drafts"
_DRAFT = f"{_DRAFTS}/{{draft_id}}"


@router.post("/best-practices", status_code=201, response_model=DraftReceiptView, summary="Draft an example")
async def draft_example(body: DraftExample, call: Annotated[Call, creating("example.draft")]) -> Response:
    """Draft an example from an evaluated case; its codes are the case's, its texts are written anew."""
    return await _once(
        call,
        lambda conn: example_drafts.draft_example(
            conn, call.context, body.case_id, body.texts(), measure_id=body.measure_id
        ),
        made=True,
    )


@router.get(_DRAFTS, response_model=DraftPage, summary="List the drafts")
async def list_drafts(
    call: Annotated[Call, reading("example.read_draft")], limit: paging.Limit = 50, cursor: paging.Cursor = None
) -> Response:
    """List the drafts of cases that you may see, the newest first."""
    name = "best-practice-drafts"

    async def work(conn: AsyncConnection) -> Any:
        start = paging.before(call, name, cursor)
        rows = await queries.list_drafts(conn, call.context.scope, before=start, limit=limit + 1)
        ids = [found for row in rows[:limit] for found in (row["id"], row["case_id"])]
        await call.audit_read(conn, action="example.list_drafts", ids=ids, kind="draft")
        return rows

    rows = await call.read(work)
    following = paging.next_by_id(call, name, rows, limit)
    items = [DraftLine.model_validate(dict(row)) for row in rows[:limit]]
    return paging.page(call, DraftPage(items=items, next=following), following)


@router.get(_DRAFT, response_model=DraftView, summary="Read a draft")
async def read_draft(draft_id: UUID, call: Annotated[Call, reading("example.read_draft")]) -> Response:
    """Read a draft with its texts, and the warnings that its reviewer has to answer."""

    async def work(conn: AsyncConnection) -> Any:
        found = await queries.get_draft(conn, call.context.scope, draft_id, vault=call.context.vault)
        ids = (draft_id, found["case_id"])
        await call.audit_read(conn, action="example.read_draft", ids=ids, kind="draft")
        return found

    found = await call.read(work)
    shown = DraftView.model_validate({**found, "allowed": allowed_moves(DraftState(found["state"]))})
    return Response(shown.model_dump_json(), headers={"ETag": etag(shown.revision)}, media_type="application/json")


@router.post(f"{_DRAFT}/rewriting", response_model=DraftReceiptView, summary="Write a draft anew")
async def rewrite_draft(
    draft_id: UUID, body: RewriteExample, call: Annotated[Call, changing("example.draft")]
) -> Response:
    """Write it anew; it is to be reviewed again, by somebody who did not write on it."""
    target = call.target_at(draft_id, None)
    return await _once(call, lambda conn: example_drafts.rewrite_draft(conn, call.context, target, body.texts()))


@router.post(f"{_DRAFT}/review", response_model=DraftReceiptView, summary="Review a draft")
async def review_draft(
    draft_id: UUID, body: ReviewExample, call: Annotated[Call, changing("example.review")]
) -> Response:
    """Confirm that it points to nobody, and answer each warning; not who wrote on it."""
    target = call.target_at(draft_id, None)
    return await _once(call, lambda conn: example_drafts.review_draft(conn, call.context, target, body.review()))


@router.post(f"{_DRAFT}/discarding", response_model=DraftReceiptView, summary="Throw a draft away")
async def discard_draft(
    draft_id: UUID, _body: DiscardExample, call: Annotated[Call, changing("example.draft")]
) -> Response:
    """Throw it away; nothing of it is kept."""
    target = call.target_at(draft_id, None)
    return await _once(call, lambda conn: example_drafts.discard_draft(conn, call.context, target))


@router.post(f"{_DRAFT}/publication", response_model=ExampleReceiptView, summary="Publish a draft")
async def publish_draft(
    draft_id: UUID, body: PublishExample, call: Annotated[Call, changing("example.publish")]
) -> Response:
    """Publish a reviewed draft to every unit, and end its way back to the case; `id` is the example's."""
    target = call.target_at(draft_id, None)

    async def work(conn: AsyncConnection) -> Answer:
        receipt = await examples.publish(conn, call.context, target, revises=body.revises)
        headers = {"ETag": etag(receipt.version), "Location": f"/v1/best-practices/{receipt.id}"}
        shown = ExampleReceiptView.model_validate(receipt).model_dump(mode="json")
        return Answer(status=200, body=shown, headers=headers)

    return await call.once(work)


async def _once(call: Call, work: Work[DraftReceipt], *, made: bool = False) -> Response:
    async def answered(conn: AsyncConnection) -> Answer:
        receipt = await work(conn)
        headers = {"ETag": etag(receipt.revision)}
        if made:
            headers["Location"] = f"/v1/best-practice-drafts/{receipt.id}"
        body = DraftReceiptView.model_validate(receipt).model_dump(mode="json")
        # Forgotten when the draft is published, or its case erased.
        return Answer(status=201 if made else 200, body=body, headers=headers, aggregate_id=receipt.id)

    return await call.once(answered)
