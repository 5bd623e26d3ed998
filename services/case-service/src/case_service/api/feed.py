"""The feed of changes, for those who keep a copy of what they may see."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.api import paging
from case_service.api.calls import Call, reading
from case_service.api.description import operation_id
from case_service.api.fields import Moment
from case_service.api.views.cases import ChangeLine, ChangePage
from case_service.queries import changes as queries

router = APIRouter(prefix="/v1/changes", tags=["changes"], generate_unique_id_function=operation_id)


@router.get("", response_model=ChangePage, summary="Read what changed")
async def list_changes(
    call: Annotated[Call, reading("case.read")],
    changed_since: Annotated[Moment | None, Query(description="Where to begin without a cursor.")] = None,
    limit: paging.Limit = 100,
    cursor: paging.Cursor = None,
) -> Response:
    """Read what changed, each case once, oldest change first; a case that is gone for the caller comes as a tombstone.

    `next` is always given: asked with again, it tells what came since.
    """

    async def work(conn: AsyncConnection) -> Any:
        position = paging.position_of(call, "changes", cursor)
        after = queries.Position(position[0], UUID(position[1])) if position else None
        rows = await queries.list_changes(conn, call.context.scope, after=after, since=changed_since, limit=limit + 1)
        await call.audit_read(conn, action="case.changes", ids=(row["id"] for row in rows[:limit]))
        return rows

    rows = await call.read(work, whole_unit=True)
    shown = rows[:limit]
    following = paging.cursor_at(call, "changes", [shown[-1]["change_xid"], str(shown[-1]["id"])]) if shown else cursor
    body = ChangePage(items=[_line(row) for row in shown], next=following, more=len(rows) > limit)
    return paging.page(call, body, following if body.more else None)


def _line(row: RowMapping) -> ChangeLine:
    gone = row["reason"] is not None
    codes = {name: None if gone else row[name] for name in ("state", "case_type", "theme")}
    return ChangeLine.model_validate({**row, **codes, "change": "gone" if gone else "upsert"})
