"""Routes of reorganisations: two people of the directorate decide on them, and the worker does them on their day."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from forkant_kit.etag import etag
from forkant_kit.idempotency import Answer
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.api import paging
from case_service.api.bodies import Act
from case_service.api.calls import Call, Work, national, national_changing, national_creating
from case_service.api.description import operation_id
from case_service.api.reorganisation_bodies import ProposeReorganisation
from case_service.api.views.reorganisations import (
    ReorganisationLine,
    ReorganisationPage,
    ReorganisationReceiptView,
    ReorganisationView,
)
from case_service.commands import reorganisations as commands
from case_service.commands.reorganisations import ReorganisationReceipt
from case_service.domain.refusals import Code, Refusal
from case_service.domain.reorganisations import ReorganisationMove, ReorganisationState, allowed_moves
from case_service.store import reorganisations as store

router = APIRouter(prefix="/v1", tags=["reorganisations"], generate_unique_id_function=operation_id)

_ONE = "/reorganisations/{reorganisation_id}"
Changing = Annotated[Call, national_changing("reorganisation.decide")]


@router.get("/reorganisations", response_model=ReorganisationPage, summary="List reorganisations")
async def list_reorganisations(
    call: Annotated[Call, national("reorganisation.read")],
    state: Annotated[ReorganisationState | None, Query(description="Only those that stand so.")] = None,
    limit: paging.Limit = 50,
    cursor: paging.Cursor = None,
) -> Response:
    """List what was proposed, is approved, and was done, the newest first."""
    name = f"reorganisations|{state}"

    async def work(conn: AsyncConnection) -> Any:
        start = paging.before(call, name, cursor)
        return await store.listed(conn, state=state, before=start, limit=limit + 1)

    rows = await call.read(work)
    following = paging.next_by_id(call, name, rows, limit)
    items = [ReorganisationLine.model_validate(dict(row)) for row in rows[:limit]]
    return paging.page(call, ReorganisationPage(items=items, next=following), following)


@router.post(
    "/reorganisations",
    status_code=201,
    response_model=ReorganisationReceiptView,
    summary="Propose a reorganisation",
)
async def propose_reorganisation(
    body: ProposeReorganisation, call: Annotated[Call, national_creating("reorganisation.propose")]
) -> Response:
    """Propose that units merge, one is split, or municipalities move to another district, from a day that is ahead."""
    draft = body.draft()
    return await _once(call, lambda conn: commands.propose(conn, call.context, draft, summary=body.summary), made=True)


@router.get(_ONE, response_model=ReorganisationView, summary="Read a reorganisation")
async def read_reorganisation(
    reorganisation_id: UUID, call: Annotated[Call, national("reorganisation.read")]
) -> Response:
    """Read whose work goes to whom, and how far it has come."""

    async def work(conn: AsyncConnection) -> Any:
        found = await store.get(conn, reorganisation_id)
        if found is None:
            raise Refusal(Code.NOT_FOUND)
        return found

    row = await call.read(work)
    allowed = allowed_moves(ReorganisationState(row["state"]))
    shown = ReorganisationView.model_validate({**row, "allowed": allowed})
    return Response(shown.model_dump_json(), headers={"ETag": etag(row["version"])}, media_type="application/json")


@router.post(f"{_ONE}/approval", response_model=ReorganisationReceiptView, summary="Approve a reorganisation")
async def approve_reorganisation(reorganisation_id: UUID, _body: Act, call: Changing) -> Response:
    """Approve it before its day; not who proposed it. It takes effect by itself when the day begins."""
    return await _decide(call, reorganisation_id, ReorganisationMove.APPROVE)


@router.post(f"{_ONE}/rejection", response_model=ReorganisationReceiptView, summary="Turn a reorganisation down")
async def reject_reorganisation(reorganisation_id: UUID, _body: Act, call: Changing) -> Response:
    """Turn it down before it is approved."""
    return await _decide(call, reorganisation_id, ReorganisationMove.REJECT)


@router.post(f"{_ONE}/withdrawal", response_model=ReorganisationReceiptView, summary="Take a reorganisation back")
async def withdraw_reorganisation(reorganisation_id: UUID, _body: Act, call: Changing) -> Response:
    """Take it back before it takes effect, also when it was approved."""
    return await _decide(call, reorganisation_id, ReorganisationMove.WITHDRAW)


async def _decide(call: Call, reorganisation_id: UUID, move: ReorganisationMove) -> Response:
    target = call.target_at(reorganisation_id, None)
    return await _once(call, lambda conn: commands.decide(conn, call.context, target, move))


async def _once(call: Call, work: Work[ReorganisationReceipt], *, made: bool = False) -> Response:
    async def answered(conn: AsyncConnection) -> Answer:
        receipt = await work(conn)
        headers = {"ETag": etag(receipt.version)}
        if made:
            headers["Location"] = f"/v1/reorganisations/{receipt.id}"
        body = ReorganisationReceiptView.model_validate(receipt).model_dump(mode="json")
        return Answer(status=201 if made else 200, body=body, headers=headers)

    return await call.once(answered)
