"""Routes of concerns («bekymringer»)."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from forkant_kit.etag import etag
from forkant_kit.idempotency import Answer
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.api import paging, sparse
from case_service.api.bodies import DecideConcern, ReceiveConcern
from case_service.api.calls import Call, changing, creating, reading
from case_service.api.description import operation_id
from case_service.api.fields import ConcernOutcomeCode
from case_service.api.views.concerns import ConcernLine, ConcernPage, ConcernReceipt, ConcernView
from case_service.commands import concerns as commands
from case_service.domain.concerns import ConcernState
from case_service.queries import concerns as queries

router = APIRouter(prefix="/v1/concerns", tags=["concerns"], generate_unique_id_function=operation_id)


@router.post("", status_code=201, response_model=ConcernReceipt, summary="Register a concern")
async def receive(body: ReceiveConcern, call: Annotated[Call, creating("concern.receive")]) -> Response:
    """Register a concern that the caller's unit received; its text stays in this service."""

    async def work(conn: AsyncConnection) -> Answer:
        receipt = await commands.receive_concern(
            conn,
            call.context,
            source=body.source,
            theme=body.theme,
            age_band=body.age_band,
            arena=body.arena,
            municipality_number=body.municipality_number,
            description=body.description,
            occurred_at=body.occurred_at,
            subject_form=body.subject_reference,
        )
        return _answer(receipt, made=f"/v1/concerns/{receipt.id}")

    return await call.once(work)


@router.get("", response_model=ConcernPage, summary="List concerns")
async def list_concerns(
    call: Annotated[Call, reading("concern.read")],
    *,
    state: ConcernState | None = None,
    outcome: ConcernOutcomeCode | None = None,
    limit: paging.Limit = 50,
    cursor: paging.Cursor = None,
    fields: sparse.Fields = None,
) -> Response:
    """List the unit's concerns, newest first, as codes."""
    shown = sparse.shown(ConcernLine, fields)
    name = f"concerns|{state or ''}|{outcome or ''}"

    async def work(conn: AsyncConnection) -> Any:
        rows = await queries.list_concerns(
            conn,
            call.context.scope,
            state=state,
            outcome=outcome,
            before=paging.before(call, name, cursor),
            limit=limit + 1,
        )
        await call.audit_read(conn, action="concern.list", kind="concern", ids=(row["id"] for row in rows[:limit]))
        return rows

    rows = await call.read(work)
    following = paging.next_by_id(call, name, rows, limit)
    items = [ConcernLine.model_validate(dict(row)) for row in rows[:limit]]
    return paging.page(call, ConcernPage(items=items, next=following), following, shown=shown)


@router.get("/{concern_id}", response_model=ConcernView, summary="Read a concern")
async def read(
    concern_id: UUID, call: Annotated[Call, reading("concern.read")], fields: sparse.Fields = None
) -> Response:
    """Read a concern; the reading is written in the audit trail."""
    shown = sparse.shown(ConcernView, fields)

    async def work(conn: AsyncConnection) -> Any:
        row = await queries.get_concern(conn, call.context.scope, concern_id, vault=call.context.vault)
        await call.audit_read(conn, action="concern.read", kind="concern", ids=[concern_id], version=row["version"])
        return row

    row = await call.read(work)
    body = shown.one(ConcernView.model_validate(dict(row)))
    return Response(body, headers={"ETag": etag(row["version"])}, media_type="application/json")


@router.post("/{concern_id}/decision", response_model=ConcernReceipt, summary="Decide a concern")
async def decide(concern_id: UUID, body: DecideConcern, call: Annotated[Call, changing("concern.decide")]) -> Response:
    """Decide a concern: dismiss it, refer it, or open a case from it in the same transaction."""

    async def work(conn: AsyncConnection) -> Answer:
        receipt = await commands.decide(
            conn,
            call.context,
            call.target(concern_id, body),
            outcome=body.outcome,
            note=body.note,
            new_case=body.case.new_case if body.case is not None else None,
        )
        return _answer(receipt)

    return await call.once(work)


def _answer(receipt: commands.ConcernReceipt, *, made: str | None = None) -> Answer:
    headers = {"ETag": etag(receipt.version)}
    if made is not None:
        headers["Location"] = made
    body = ConcernReceipt.model_validate(receipt).model_dump(mode="json")
    return Answer(status=200 if made is None else 201, body=body, headers=headers, aggregate_id=receipt.id)
