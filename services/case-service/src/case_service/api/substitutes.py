"""Routes of standing in for somebody on leave."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from forkant_kit.idempotency import Answer
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.api import paging
from case_service.api.bodies import AddSubstitute
from case_service.api.calls import Call, creating, reading
from case_service.api.description import operation_id
from case_service.api.views.access import SubstitutePage, SubstituteReceipt, SubstituteView
from case_service.commands import substitutes as commands
from case_service.store import substitutions

router = APIRouter(prefix="/v1/substitutions", tags=["access"], generate_unique_id_function=operation_id)


@router.get("", response_model=SubstitutePage, summary="List who stands in for whom")
async def list_substitutes(
    call: Annotated[Call, reading("case.substitute")], limit: paging.Limit = 50, cursor: paging.Cursor = None
) -> Response:
    """List who stands in for whom in the caller's unit, ended ones too, newest first."""

    async def work(conn: AsyncConnection) -> Any:
        start = paging.before(call, "substitutions", cursor)
        rows = await substitutions.listed(conn, unit=call.context.unit, before=start, limit=limit + 1)
        ids = (row["id"] for row in rows[:limit])
        await call.audit_read(conn, action="access.list_substitutes", kind="substitution", ids=ids)
        return rows

    rows = await call.read(work)
    following = paging.next_by_id(call, "substitutions", rows, limit)
    items = [SubstituteView.model_validate(dict(row)) for row in rows[:limit]]
    return paging.page(call, SubstitutePage(items=items, next=following), following)


@router.post("", status_code=201, response_model=SubstituteReceipt, summary="Let somebody stand in")
async def add_substitute(body: AddSubstitute, call: Annotated[Call, creating("case.substitute")]) -> Response:
    """Let somebody of the unit have another's memberships for a time; role and clearance stay their own."""

    async def work(conn: AsyncConnection) -> Answer:
        receipt = await commands.add_substitute(
            conn,
            call.context,
            absent=body.absent,
            substitute=body.substitute,
            valid_from=body.valid_from,
            valid_to=body.valid_to,
        )
        shown = SubstituteReceipt.model_validate(receipt).model_dump(mode="json")
        return Answer(status=201, body=shown)

    return await call.once(work)


@router.post("/{substitution_id}/end", response_model=SubstituteReceipt, summary="End a substitution")
async def end_substitute(substitution_id: UUID, call: Annotated[Call, creating("case.substitute")]) -> Response:
    """End it at once; one that has not begun never does."""

    async def work(conn: AsyncConnection) -> Answer:
        receipt = await commands.end_substitute(conn, call.context, substitution_id)
        return Answer(status=200, body=SubstituteReceipt.model_validate(receipt).model_dump(mode="json"))

    return await call.once(work)
