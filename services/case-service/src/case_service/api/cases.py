"""Routes that open and read cases."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from forkant_kit.etag import etag
from forkant_kit.idempotency import Answer
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.api import paging, sparse
from case_service.api.bodies import OpenCase
from case_service.api.calls import Call, case_answer, creating, reading
from case_service.api.case_filter import CaseFilter
from case_service.api.description import operation_id
from case_service.api.views.cases import CaseLine, CasePage, CaseReceipt, CaseView, Count, HistoryLine, HistoryPage
from case_service.commands.opening import open_case
from case_service.queries import listing, one

router = APIRouter(prefix="/v1/cases", tags=["cases"], generate_unique_id_function=operation_id)


_Chosen = Annotated[CaseFilter, Query()]


@router.post("", status_code=201, response_model=CaseReceipt, summary="Open a case")
async def open_(body: OpenCase, call: Annotated[Call, creating("case.open")]) -> Response:
    """Open a case of the caller's unit; its state is `registered`."""

    async def work(conn: AsyncConnection) -> Answer:
        receipt = await open_case(conn, call.context, body.new_case(), occurred_at=body.occurred_at)
        return case_answer(receipt, made=f"/v1/cases/{receipt.id}")

    return await call.once(work)


@router.get("", response_model=CasePage, summary="List cases")
async def list_cases(
    call: Annotated[Call, reading("case.read")],
    chosen: _Chosen,
    limit: paging.Limit = 50,
    cursor: paging.Cursor = None,
    fields: sparse.Fields = None,
) -> Response:
    """List the cases that the caller may see, newest first, as codes."""
    found, shown = chosen.chosen(), sparse.shown(CaseLine, fields)
    name = f"cases|{found.key()}"

    async def work(conn: AsyncConnection) -> Any:
        start = paging.before(call, name, cursor)
        rows = await listing.list_cases(conn, call.context.scope, found, before=start, limit=limit + 1)
        await call.audit_read(conn, action="case.list", ids=(row["id"] for row in rows[:limit]))
        return rows

    rows = await call.read(work)
    following = paging.next_by_id(call, name, rows, limit)
    items = [CaseLine.model_validate(dict(row)) for row in rows[:limit]]
    return paging.page(call, CasePage(items=items, next=following), following, shown=shown)


@router.get("/count", summary="Count cases")
async def count(call: Annotated[Call, reading("case.read")], chosen: _Chosen) -> Count:
    """Count the cases that the caller may see: a lead's count holds restricted cases, an officer's does not."""

    async def work(conn: AsyncConnection) -> int:
        await call.audit_read(conn, action="case.count")
        return await listing.count_cases(conn, call.context.scope, chosen.chosen())

    return Count(count=await call.read(work))


@router.get("/{case_id}", response_model=CaseView, summary="Read a case")
async def read(
    case_id: UUID,
    call: Annotated[Call, reading("case.read")],
    round_: Annotated[
        int | None,
        Query(alias="round", ge=1, le=1000, description="Whose assessment, plan and evaluation; the current one's."),
    ] = None,
    fields: sparse.Fields = None,
) -> Response:
    """Read a case with everything below it; the reading is written in the audit trail."""
    shown = sparse.shown(CaseView, fields)

    async def work(conn: AsyncConnection) -> one.CaseView:
        view = await one.get_case(conn, call.context.scope, case_id, vault=call.context.vault, number=round_)
        row = view.row
        await call.audit_read(
            conn, action="case.read", ids=[case_id], version=row["version"], purpose=row["purpose_code"]
        )
        return view

    view = await call.read(work)
    body = shown.one(_shown(view, round_))
    return Response(body, headers={"ETag": etag(view.row["revision"])}, media_type="application/json")


@router.get("/{case_id}/history", response_model=HistoryPage, summary="Read the history of a case")
async def history(
    case_id: UUID,
    call: Annotated[Call, reading("case.read")],
    limit: paging.Limit = 100,
    cursor: paging.Cursor = None,
) -> Response:
    """Read the events of a case, oldest first, as they were published: codes and ids."""
    name = f"history|{case_id}"

    async def work(conn: AsyncConnection) -> Any:
        version, purpose = await one.get_head(conn, call.context.scope, case_id)
        await call.audit_read(conn, action="case.history", ids=[case_id], version=version, purpose=purpose)
        after = paging.position_of(call, name, cursor) or 0
        return await one.list_history(conn, call.context.scope, case_id, after=after, limit=limit + 1)

    rows = await call.read(work)
    shown = [{**row, "version": row["aggregate_version"]} for row in rows[:limit]]
    following = paging.cursor_at(call, name, shown[-1]["version"]) if len(rows) > limit else None
    items = [HistoryLine.model_validate(row) for row in shown]
    return paging.page(call, HistoryPage(items=items, next=following), following)


def _shown(view: one.CaseView, number: int | None) -> CaseView:
    row = dict(view.row)
    listed = {name: row[name] or [] for name in ("measures", "follow_ups", "partners", "transfers", "notes")}
    plan = {**row["plan"], "goals": row["goals"]} if row["plan"] else None
    shown_round = number or row["round"]
    return CaseView.model_validate(
        {**row, **listed, "plan": plan, "shown_round": shown_round, "allowed": [*view.allowed]}
    )
