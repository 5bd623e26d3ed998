"""Finding cases by words that people wrote.

A search is a POST although it changes nothing: its words are personal, and what stands in an address is kept by every
proxy and browser on the way. They are in no entry of the audit trail and in no cursor, log, span or answer either.
"""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.api import paging, sparse
from case_service.api.calls import Call, reading
from case_service.api.description import operation_id
from case_service.api.search_bodies import SearchCases
from case_service.api.views.cases import CaseLine, CasePage
from case_service.queries import listing
from case_service.store.units import words_of_units
from case_service.words import sought

router = APIRouter(prefix="/v1/cases", tags=["cases"], generate_unique_id_function=operation_id)


@router.post("/search", response_model=CasePage, summary="Search cases by words")
async def search(
    body: SearchCases, call: Annotated[Call, reading("case.read")], fields: sparse.Fields = None
) -> Response:
    """Find the cases that the caller may see and that have all the words, newest first, as codes.

    It changes nothing, so that it needs no key. Words are looked for in what is written in a case, save in its
    information.
    """
    shown = sparse.shown(CaseLine, fields)

    async def work(conn: AsyncConnection) -> Any:
        units = await words_of_units(conn)
        chosen = replace(body.chosen(), words=sought(call.context.vault, body.words, units))
        name = f"search|{chosen.key()}"
        start = paging.before(call, name, body.cursor)
        rows = await listing.list_cases(conn, call.context.scope, chosen, before=start, limit=body.limit + 1)
        await call.audit_read(conn, action="case.search", ids=(row["id"] for row in rows[: body.limit]))
        return rows, name

    rows, name = await call.read(work)
    following = paging.next_by_id(call, name, rows, body.limit)
    page = CasePage(items=[CaseLine.model_validate(dict(row)) for row in rows[: body.limit]], next=following)
    return Response(shown.page(page), media_type="application/json")
