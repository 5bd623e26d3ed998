"""Routes of links between cases."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from forkant_kit.etag import etag
from forkant_kit.idempotency import Answer
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.api import paging
from case_service.api.calls import Call, creating, reading, saving
from case_service.api.description import operation_id
from case_service.api.links_bodies import LinkCases
from case_service.api.views.cases import CaseLine
from case_service.api.views.links import LinkPage, LinkReceipt, LinkView
from case_service.commands import links as commands
from case_service.queries import links as queries
from case_service.queries import one

router = APIRouter(prefix="/v1/cases/{case_id}/links", tags=["links"], generate_unique_id_function=operation_id)

_Reading = Annotated[Call, reading("case.read")]


@router.get("", response_model=LinkPage, summary="List the links of a case")
async def list_links(case_id: UUID, call: _Reading, limit: paging.Limit = 50, cursor: paging.Cursor = None) -> Response:
    """List the links of a case, newest first; those alone whose other end you may see."""
    name = f"links|{case_id}"

    async def work(conn: AsyncConnection) -> Sequence[RowMapping]:
        version, purpose = await one.get_head(conn, call.context.scope, case_id)
        start = paging.before(call, name, cursor)
        rows = await queries.list_links(conn, call.context.scope, case_id, before=start, limit=limit + 1)
        shown = [row["id"] for row in rows[:limit]]
        await call.audit_read(conn, action="case.list_links", ids=[case_id, *shown], version=version, purpose=purpose)
        return rows

    rows = await call.read(work)
    following = paging.cursor_at(call, name, str(rows[limit - 1]["link_id"])) if len(rows) > limit else None
    return paging.page(call, LinkPage(items=[_shown(row) for row in rows[:limit]], next=following), following)


@router.get("/{link_id}", response_model=LinkView, summary="Read a link")
async def read_link(case_id: UUID, link_id: UUID, call: _Reading) -> Response:
    """Read a link whose other end you may see; its ETag is its own."""

    async def work(conn: AsyncConnection) -> RowMapping:
        version, purpose = await one.get_head(conn, call.context.scope, case_id)
        row = await queries.get_link(conn, call.context.scope, case_id, link_id)
        await call.audit_read(
            conn, action="case.read_link", ids=[case_id, link_id, row["id"]], version=version, purpose=purpose
        )
        return row

    body = _shown(await call.read(work)).model_dump_json()
    return Response(body, headers={"ETag": etag(commands.ONLY_REVISION)}, media_type="application/json")


@router.post("", status_code=201, response_model=LinkReceipt, summary="Link a case to another")
async def link(case_id: UUID, body: LinkCases, call: Annotated[Call, creating("case.link")]) -> Response:
    """Link two cases that you see both; neither moves on, and who does not see both does not see the link."""

    async def work(conn: AsyncConnection) -> Answer:
        link_id = await commands.link(conn, call.context, case_id, other_id=body.other_case, kind=body.kind)
        receipt = LinkReceipt(id=link_id, case_id=case_id, other_case=body.other_case, kind=body.kind)
        headers = {"ETag": etag(commands.ONLY_REVISION), "Location": f"/v1/cases/{case_id}/links/{link_id}"}
        return Answer(status=201, body=receipt.model_dump(mode="json"), headers=headers, aggregate_id=case_id)

    return await call.once(work)


@router.delete("/{link_id}", status_code=204, summary="Take a link away")
async def unlink(case_id: UUID, link_id: UUID, call: Annotated[Call, saving("case.link")]) -> Response:
    """Take a link away, of which you see both ends."""
    seen = call.target_at(link_id, None).revision
    await call.saved(lambda conn: commands.unlink(conn, call.context, case_id, link_id, revision=seen))
    return Response(status_code=204)


def _shown(row: RowMapping) -> LinkView:
    return LinkView.model_validate({**row, "id": row["link_id"], "case": CaseLine.model_validate(dict(row))})
