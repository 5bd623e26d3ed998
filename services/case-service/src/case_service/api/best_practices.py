"""Routes of published examples of best practice: searched and read by everybody, withdrawn by who answers for them."""

import html
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from forkant_contracts.units import CASE_UNITS
from forkant_kit.etag import etag
from forkant_kit.idempotency import Answer
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.api import fields as f
from case_service.api import paging
from case_service.api.best_practice_bodies import WithdrawExample
from case_service.api.calls import Call, national, national_changing
from case_service.api.description import operation_id
from case_service.api.views.best_practices import (
    ExamplePage,
    ExampleReceiptView,
    ExampleView,
    FoundExample,
    RevisionList,
)
from case_service.commands import examples as commands
from case_service.domain.best_practice import Language
from case_service.domain.refusals import Code, Refusal
from case_service.store import examples as store
from case_service.store.examples import Wanted

router = APIRouter(prefix="/v1/best-practices", tags=["best-practices"], generate_unique_id_function=operation_id)

_UNIT = Annotated[str | None, Query(json_schema_extra={"enum": list(CASE_UNITS)}, max_length=40)]


async def _wanted(
    *,
    q: Annotated[
        Annotated[str, f.Text(200)] | None,
        Query(description='Words, as one types them: `vaktbod`, `"trygg konto"`, `bank -forsikring`, `bank or post`.'),
    ] = None,
    unit: _UNIT = None,
    theme: f.ThemeCode | None = None,
    case_type: f.CaseTypeCode | None = None,
    arena: f.ArenaCode | None = None,
    measure_kind: f.MeasureKindCode | None = None,
    effect: f.EffectCode | None = None,
    method: f.MeasureKindCode | None = None,
    language: Language | None = None,
) -> Wanted:
    codes = {
        "unit": unit, "theme": theme, "case_type": case_type, "arena": arena, "measure_kind": measure_kind,
        "effect": effect, "method_code": method, "language": language,
    }  # fmt: skip
    return Wanted(words=q, codes={name: str(code) for name, code in codes.items() if code is not None})


@router.get("", response_model=ExamplePage, summary="Search the examples")
async def search_examples(
    call: Annotated[Call, national("example.read")],
    wanted: Annotated[Wanted, Depends(_wanted)],
    limit: paging.Limit = 50,
    cursor: paging.Cursor = None,
) -> Response:
    """Search in Norwegian what every unit published: the best first with words, without them the newest year first."""
    name = f"best-practices|{wanted.words}|{sorted(wanted.codes.items())}"

    async def work(conn: AsyncConnection) -> Any:
        position = paging.position_of(call, name, cursor)
        after = None if position is None else (float(position[0]), UUID(position[1]))
        return await store.search(conn, wanted, after=after, limit=limit + 1)

    rows = await call.read(work)
    following = None
    if len(rows) > limit:
        last = rows[limit - 1]
        following = paging.cursor_at(call, name, [last["rank"], str(last["id"])])
    items = [FoundExample.model_validate({**row, "highlight": _marked(row)}) for row in rows[:limit]]
    return paging.page(call, ExamplePage(items=items, next=following), following)


@router.get("/{example_id}", response_model=ExampleView, summary="Read an example")
async def read_example(example_id: UUID, call: Annotated[Call, national("example.read")]) -> Response:
    """Read an example in its last revision; a withdrawn one still reads."""
    row = await call.read(lambda conn: store.get_example(conn, example_id))
    if row is None:
        raise Refusal(Code.NOT_FOUND)
    shown = ExampleView.model_validate(dict(row)).model_dump_json()
    return Response(shown, headers={"ETag": etag(row["version"])}, media_type="application/json")


@router.get("/{example_id}/revisions", response_model=RevisionList, summary="Read every revision of an example")
async def read_revisions(example_id: UUID, call: Annotated[Call, national("example.read")]) -> Response:
    """Read every revision that was ever published, the newest first."""
    rows = await call.read(lambda conn: store.revisions_of(conn, example_id))
    if not rows:
        raise Refusal(Code.NOT_FOUND)
    shown = RevisionList(items=[ExampleView.model_validate(dict(row)) for row in rows])
    return Response(shown.model_dump_json(), media_type="application/json")


@router.post("/{example_id}/withdrawal", response_model=ExampleReceiptView, summary="Withdraw an example")
async def withdraw_example(
    example_id: UUID, body: WithdrawExample, call: Annotated[Call, national_changing("example.withdraw")]
) -> Response:
    """Take it out of the search: the unit that published it, or the directorate. It stays in the history."""
    target = call.target_at(example_id, None)

    async def work(conn: AsyncConnection) -> Answer:
        receipt = await commands.withdraw(conn, call.context, target, reason=body.reason)
        shown = ExampleReceiptView.model_validate(receipt).model_dump(mode="json")
        return Answer(status=200, body=shown, headers={"ETag": etag(receipt.version)})

    return await call.once(work)


def _marked(row: RowMapping) -> str | None:
    if row["highlight"] is None:
        return None
    # Escaped first, so that of all that anybody wrote nothing is a tag.
    safe = html.escape(row["highlight"])
    return safe.replace(store.FOUND, "<mark>").replace(store.FOUND_ENDS, "</mark>")
