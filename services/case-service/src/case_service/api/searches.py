"""Routes of searches that people keep: their own, and those that a lead shares with the unit."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from forkant_kit.etag import etag
from forkant_kit.idempotency import Answer
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.api import paging, sparse
from case_service.api.calls import Call, creating, reading, saving
from case_service.api.case_filter import CaseFilter
from case_service.api.description import operation_id
from case_service.api.saved_search_bodies import EraseSearches, SaveSearch
from case_service.api.views.cases import CaseLine, CasePage
from case_service.api.views.searches import ErasedSearches, SearchPage, SearchReceiptView, SearchView
from case_service.commands import searches as commands
from case_service.queries import listing
from case_service.store import searches as store
from case_service.store.units import words_of_units
from case_service.words import sought

router = APIRouter(prefix="/v1/searches", tags=["searches"], generate_unique_id_function=operation_id)

_Saving = Annotated[Call, saving("search.keep")]


@router.post("", status_code=201, response_model=SearchReceiptView, summary="Save a search")
async def save(body: SaveSearch, call: Annotated[Call, creating("search.keep")]) -> Response:
    """Keep a search for a year; its name and words are sealed, and a lead may share it with the unit."""
    roles = frozenset(call.principal.roles)

    async def work(conn: AsyncConnection) -> Answer:
        return _answer(await commands.save(conn, call.context, body.new_search(), roles=roles), made=True)

    return await call.once(work)


@router.get("", response_model=SearchPage, summary="List saved searches")
async def list_searches(
    call: Annotated[Call, reading("search.keep")], limit: paging.Limit = 50, cursor: paging.Cursor = None
) -> Response:
    """List the searches that you keep and those that are shared with your unit, the newest first."""
    name = f"searches|{call.context.subject}"

    async def work(conn: AsyncConnection) -> Sequence[Mapping[str, Any]]:
        start = paging.before(call, name, cursor)
        rows = await store.listed(conn, call.context.scope, vault=call.context.vault, before=start, limit=limit + 1)
        await call.audit_read(conn, action="search.list", kind="search", ids=(row["id"] for row in rows[:limit]))
        return rows

    rows = await call.read(work)
    following = paging.next_by_id(call, name, rows, limit)
    items = [SearchView.model_validate(row) for row in rows[:limit]]
    return paging.page(call, SearchPage(items=items, next=following), following)


@router.get("/{search_id}", response_model=SearchView, summary="Read a saved search")
async def read(search_id: UUID, call: Annotated[Call, reading("search.keep")]) -> Response:
    """Read a search that you keep, or that is shared with your unit."""

    async def work(conn: AsyncConnection) -> Any:
        row = await store.get(conn, call.context.scope, search_id, vault=call.context.vault)
        await call.audit_read(conn, action="search.read", kind="search", ids=[search_id])
        return row

    row = await call.read(work)
    body = SearchView.model_validate(row).model_dump_json()
    return Response(body, headers={"ETag": etag(row["version"])}, media_type="application/json")


@router.put("/{search_id}", response_model=SearchReceiptView, summary="Change a saved search")
async def change(search_id: UUID, body: SaveSearch, call: _Saving) -> Response:
    """Write a search that you keep anew, as a whole; it is then kept for another year."""
    target, roles = call.target_at(search_id, None), frozenset(call.principal.roles)
    receipt = await call.saved(lambda conn: commands.change(conn, call.context, target, body.new_search(), roles=roles))
    return _answer(receipt).response()


@router.delete("/{search_id}", status_code=204, summary="Remove a saved search")
async def remove(search_id: UUID, call: _Saving) -> Response:
    """Remove a search that you keep, for good."""
    await call.saved(lambda conn: commands.remove(conn, call.context, call.target_at(search_id, None)))
    return Response(status_code=204)


@router.get("/{search_id}/cases", response_model=CasePage, summary="Run a saved search")
async def run(
    search_id: UUID,
    call: Annotated[Call, reading("case.read")],
    limit: paging.Limit = 50,
    cursor: paging.Cursor = None,
    fields: sparse.Fields = None,
) -> Response:
    """List the cases that it finds and that you, whoever saved it, may see now, newest first, as codes."""
    shown = sparse.shown(CaseLine, fields)

    async def work(conn: AsyncConnection) -> tuple[str, Sequence[Any]]:
        kept = await store.get(conn, call.context.scope, search_id, vault=call.context.vault)
        chosen = _chosen(call, kept, await words_of_units(conn))
        name = f"searches|{search_id}|{chosen.key()}"
        start = paging.before(call, name, cursor)
        rows = await listing.list_cases(conn, call.context.scope, chosen, before=start, limit=limit + 1)
        ids = [row["id"] for row in rows[:limit]]
        await call.audit_read(conn, action="case.run_search", ids=[*ids, search_id])
        return name, rows

    name, rows = await call.read(work)
    following = paging.next_by_id(call, name, rows, limit)
    items = [CaseLine.model_validate(dict(row)) for row in rows[:limit]]
    return paging.page(call, CasePage(items=items, next=following), following, shown=shown)


@router.post("/erasures", response_model=ErasedSearches, summary="Erase somebody's saved searches")
async def erase(body: EraseSearches, call: Annotated[Call, creating("search.erase")]) -> Response:
    """Erase all searches that somebody of the unit keeps, as when they leave; nobody reads them for that."""

    async def work(conn: AsyncConnection) -> Answer:
        count = await commands.erase_of(conn, call.context, subject=body.subject)
        return Answer(status=200, body=ErasedSearches(count=count).model_dump(mode="json"))

    return await call.once(work)


def _chosen(call: Call, kept: Mapping[str, Any], units: Mapping[str, Sequence[str]]) -> listing.Filter:
    chosen = CaseFilter.model_validate(kept["filter"]).chosen()
    return chosen if kept["words"] is None else replace(chosen, words=sought(call.context.vault, kept["words"], units))


def _answer(receipt: commands.SearchReceipt, *, made: bool = False) -> Answer:
    headers = {"ETag": etag(receipt.version)}
    if made:
        headers["Location"] = f"/v1/searches/{receipt.id}"
    body = SearchReceiptView.model_validate(receipt).model_dump(mode="json")
    return Answer(status=201 if made else 200, body=body, headers=headers)
