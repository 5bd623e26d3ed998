"""Routes of merging a duplicate into the case that goes on."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from forkant_kit.etag import expected_version
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.api.calls import Call, changing, reading
from case_service.api.description import operation_id
from case_service.api.merging_bodies import MergeCase
from case_service.api.views.cases import CaseLine, CaseReceipt, MergedList
from case_service.commands import merging
from case_service.commands.context import Target
from case_service.queries import one

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["duplicates"], generate_unique_id_function=operation_id)


@router.post("/merge", response_model=CaseReceipt, summary="Merge a case into another")
async def merge(case_id: UUID, body: MergeCase, call: Annotated[Call, changing("case.merge")]) -> Response:
    """Merge a duplicate into the case that goes on, which alone counts then; this can't be undone.

    Nothing is moved: the merged case stays readable as it was. `item_id` is the case that goes on; its ETag moves too.
    """
    into = Target(id=body.into, revision=expected_version(body.into_etag))
    return await call.change(
        lambda conn: merging.merge(conn, call.context, call.target(case_id, body), into=into, note=body.note)
    )


@router.get("/merged", summary="List what was merged into a case")
async def list_merged(case_id: UUID, call: Annotated[Call, reading("case.read")]) -> MergedList:
    """List the duplicates of a case that were merged into it and that you may see, newest first, as codes."""

    async def work(conn: AsyncConnection) -> MergedList:
        await one.get_head(conn, call.context.scope, case_id)
        rows = await one.list_merged(conn, call.context.scope, case_id)
        await call.audit_read(conn, action="case.list_merged", ids=[case_id, *(row["id"] for row in rows)])
        return MergedList(items=[CaseLine.model_validate(dict(row)) for row in rows])

    return await call.read(work)
