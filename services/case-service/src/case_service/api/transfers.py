"""Routes of transfers between units."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from forkant_kit.etag import etag
from forkant_kit.idempotency import Answer
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.api import paging
from case_service.api.bodies import Act, OfferTransfer
from case_service.api.calls import Call, changing, reading
from case_service.api.description import operation_id
from case_service.api.views.cases import CaseReceipt
from case_service.api.views.transfers import OfferReceipt, TransferLine, TransferPage
from case_service.commands import transfers as commands
from case_service.queries import transfers as queries

router = APIRouter(prefix="/v1", tags=["transfers"], generate_unique_id_function=operation_id)

_Offering = Annotated[Call, changing("case.offer_transfer")]
_Answering = Annotated[Call, changing("case.answer_transfer")]


@router.get("/transfers", response_model=TransferPage, summary="List offers")
async def list_transfers(
    call: Annotated[Call, reading("case.read")], limit: paging.Limit = 50, cursor: paging.Cursor = None
) -> Response:
    """List offers from and to the caller's unit, newest first, as codes."""

    async def work(conn: AsyncConnection) -> Any:
        start = paging.before(call, "transfers", cursor)
        rows = await queries.list_transfers(conn, call.context.scope, before=start, limit=limit + 1)
        await call.audit_read(conn, action="case.list_transfers", ids={row["case_id"] for row in rows[:limit]})
        return rows

    rows = await call.read(work)
    following = paging.next_by_id(call, "transfers", rows, limit)
    return paging.page(call, TransferPage(items=[_line(row) for row in rows[:limit]], next=following), following)


@router.get("/cases/{case_id}/transfers/{transfer_id}", response_model=TransferLine, summary="Read an offer")
async def read(case_id: UUID, transfer_id: UUID, call: Annotated[Call, reading("case.read")]) -> Response:
    """Read an offer; its ETag is what accepting or rejecting it takes in If-Match."""

    async def work(conn: AsyncConnection) -> RowMapping:
        row = await queries.get_transfer(conn, call.context.scope, case_id, transfer_id)
        await call.audit_read(conn, action="case.read_transfer", ids=[case_id])
        return row

    line = _line(await call.read(work))
    return Response(line.model_dump_json(), headers={"ETag": line.etag}, media_type="application/json")


@router.post(
    "/cases/{case_id}/transfers", status_code=201, response_model=CaseReceipt, summary="Offer a case to another unit"
)
async def offer(case_id: UUID, body: OfferTransfer, call: _Offering) -> Response:
    """Offer a case to another unit, which sees the offer's codes and no more; `item_id` is the offer's id."""
    return await call.change(
        lambda conn: commands.offer(
            conn, call.context, call.target(case_id, body), to_unit=body.to_unit, note=body.note
        ),
        makes="transfers",
    )


@router.post("/cases/{case_id}/transfers/{transfer_id}/accept", response_model=CaseReceipt, summary="Accept an offer")
async def accept(case_id: UUID, transfer_id: UUID, body: Act, call: _Answering) -> Response:
    """Take over a case; If-Match is the offer's ETag, the answer's ETag is the case's."""
    return await call.change(lambda conn: commands.accept(conn, call.context, call.target(case_id, body), transfer_id))


@router.post("/cases/{case_id}/transfers/{transfer_id}/reject", response_model=OfferReceipt, summary="Reject an offer")
async def reject(case_id: UUID, transfer_id: UUID, body: Act, call: _Answering) -> Response:
    """Turn an offer down; If-Match is the offer's ETag."""

    async def work(conn: AsyncConnection) -> Answer:
        receipt = await commands.reject(conn, call.context, call.target(case_id, body), transfer_id)
        shown = OfferReceipt.model_validate(receipt).model_dump(mode="json")
        return Answer(status=200, body=shown, headers={"ETag": etag(receipt.revision)}, aggregate_id=receipt.case_id)

    return await call.once(work)


@router.post("/cases/{case_id}/transfers/{transfer_id}/revoke", response_model=CaseReceipt, summary="Revoke an offer")
async def revoke(case_id: UUID, transfer_id: UUID, body: Act, call: _Offering) -> Response:
    """Take an offer back; If-Match is the case's ETag."""
    return await call.change(lambda conn: commands.revoke(conn, call.context, call.target(case_id, body), transfer_id))


def _line(row: RowMapping) -> TransferLine:
    return TransferLine.model_validate({**row, "etag": etag(row["revision"])})
