"""Routes that list what looks like a case or a concern."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.api import paging
from case_service.api.calls import Call, reading
from case_service.api.description import operation_id
from case_service.api.views.duplicates import DuplicatePage, DuplicateView
from case_service.domain.duplicates import Reason
from case_service.queries import duplicates as queries

router = APIRouter(tags=["duplicates"], generate_unique_id_function=operation_id)


@router.get("/v1/cases/{case_id}/duplicates", response_model=DuplicatePage, summary="List cases like a case")
async def list_like_case(
    case_id: UUID,
    call: Annotated[Call, reading("case.read")],
    limit: paging.Limit = 50,
    cursor: paging.Cursor = None,
) -> Response:
    """List cases that you may see and that may be about the same, newest first; people say if they are.

    Those of the unit whose codes are the same, and those of any unit that were opened with the same subject reference.
    """
    name = f"duplicates|{case_id}"

    async def work(conn: AsyncConnection) -> Sequence[RowMapping]:
        start = paging.before(call, name, cursor)
        head, rows = await queries.like_case(conn, call.context.scope, case_id, before=start, limit=limit + 1)
        shown = [row["id"] for row in rows[:limit]]
        await call.audit_read(
            conn,
            action="case.list_duplicates",
            ids=[case_id, *shown],
            version=head["version"],
            purpose=head["purpose_code"],
        )
        return rows

    return _page(call, name, await call.read(work), limit)


@router.get(
    "/v1/concerns/{concern_id}/duplicates",
    response_model=DuplicatePage,
    summary="List concerns and cases like a concern",
)
async def list_like_concern(
    concern_id: UUID,
    call: Annotated[Call, reading("concern.read")],
    limit: paging.Limit = 50,
    cursor: paging.Cursor = None,
) -> Response:
    """List concerns and cases that you may see and that may be about the same, newest first.

    Those of the unit whose codes are the same, and those with the same subject reference: cases of any unit.
    """
    name = f"duplicates|{concern_id}"

    async def work(conn: AsyncConnection) -> Sequence[RowMapping]:
        start = paging.before(call, name, cursor)
        head, rows = await queries.like_concern(conn, call.context.scope, concern_id, before=start, limit=limit + 1)
        shown = [row["id"] for row in rows[:limit]]
        await call.audit_read(
            conn, action="concern.list_duplicates", kind="concern", ids=[concern_id, *shown], version=head["version"]
        )
        return rows

    return _page(call, name, await call.read(work), limit)


def _page(call: Call, name: str, rows: Sequence[RowMapping], limit: int) -> Response:
    following = paging.next_by_id(call, name, rows, limit)
    items = [DuplicateView.model_validate({**row, "reasons": _reasons(row)}) for row in rows[:limit]]
    return paging.page(call, DuplicatePage(items=items, next=following), following)


def _reasons(row: RowMapping) -> list[Reason]:
    return [reason for reason in Reason if row[reason.value]]
