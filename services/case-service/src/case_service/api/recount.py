"""What is counted of cases and concerns of all units, for a service that holds figures against it: in codes."""

from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query
from forkant_contracts.recount import MOST_RECOUNTED, RecountedCases, RecountedConcerns
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.api.calls import Call, recounting
from case_service.api.description import operation_id
from case_service.queries import recount as queries

router = APIRouter(prefix="/v1/recount", tags=["recount"], generate_unique_id_function=operation_id)

_BEFORE_ALL: Final = UUID(int=0)
Counts = Annotated[Call, recounting()]
After = Annotated[UUID | None, Query(description="Of a page: the last id of the one before.")]
Asked = Annotated[
    list[UUID],
    Query(default_factory=list, alias="id", max_length=MOST_RECOUNTED, description="Only these, instead of a page."),
]
Limit = Annotated[int, Query(ge=1, le=MOST_RECOUNTED, description="Most items on a page.")]


@router.get("/cases", summary="Recount cases")
async def recount_cases(
    *,
    call: Counts,
    after: After = None,
    asked: Asked,
    limit: Limit = 100,
) -> RecountedCases:
    """Tell what is counted of cases, in order of id, in codes, moments and days; erased and merged ones as such."""

    async def work(conn: AsyncConnection) -> RecountedCases:
        most = _most(asked, limit)
        rows = await queries.cases(conn, after=after or _BEFORE_ALL, asked=asked, most=most)
        found = RecountedCases(as_of=await queries.now(conn), items=rows[: most - 1], more=len(rows) == most)
        await call.audit_read(conn, action="recount.read", ids=(each.id for each in found.items))
        return found

    return await call.read(work)


@router.get("/concerns", summary="Recount concerns")
async def recount_concerns(
    *,
    call: Counts,
    after: After = None,
    asked: Asked,
    limit: Limit = 100,
) -> RecountedConcerns:
    """Tell what is counted of concerns, in order of id, in codes and moments."""

    async def work(conn: AsyncConnection) -> RecountedConcerns:
        most = _most(asked, limit)
        rows = await queries.concerns(conn, after=after or _BEFORE_ALL, asked=asked, most=most)
        found = RecountedConcerns(as_of=await queries.now(conn), items=rows[: most - 1], more=len(rows) == most)
        await call.audit_read(conn, action="recount.read", kind="concern", ids=(each.id for each in found.items))
        return found

    return await call.read(work)


def _most(asked: Sequence[UUID], limit: int) -> int:
    """Return how many rows to read: one more than are shown, to know whether there are more."""
    return (len(asked) or limit) + 1
