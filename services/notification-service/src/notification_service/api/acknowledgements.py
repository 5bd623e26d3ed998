"""Who acknowledged what, for those who lead a unit or answer for its cases."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.api.calls import Call, Cursor, Limit, reading
from notification_service.api.sight import look_at_demands
from notification_service.api.views import Demands, DemandView
from notification_service.queries import demands as queries

router = APIRouter(prefix="/v1/acknowledgements", tags=["inbox"])


@router.get("", response_model=Demands)
async def read_acknowledgements(
    call: Annotated[Call, reading("acknowledgement.read")],
    open_ones: Annotated[
        bool | None, Query(alias="open", description="Only what still waits, or only what does not.")
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Return the unit's messages that must be acknowledged, of cases that you may see, the newest first.

    A page may be shorter than `limit`: go on while there is a `next`.
    """
    name = f"acknowledgements|{open_ones}"
    found = await look_at_demands(call, open_ones=open_ones, before=call.before(name, cursor), limit=limit)

    async def work(conn: AsyncConnection) -> list[DemandView]:
        rows = await queries.several(conn, found.call.reader, found.ids)
        items = [DemandView.of(row) for row in rows]
        ids = (id_ for item in items for id_ in (item.id, item.subject_id))
        await call.record(conn, "acknowledgement.list", ids)
        return items

    following = call.cursor_at(name, found.following)
    return call.page(Demands(items=await found.call.read(work), next=following), following)
