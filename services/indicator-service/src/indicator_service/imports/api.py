"""The routes of imports: a file of figures comes, is listed with its provenance, and is taken back."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import date
from itertools import groupby
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Header, Path, Query, Request, Response
from forkant_contracts.codes import Role
from forkant_contracts.units import DIRECTORATE
from forkant_kit.audit.record import Entry
from forkant_kit.audit.recorder import trail_of
from forkant_kit.auth import Principal
from forkant_kit.db import new_id, transaction
from forkant_kit.etag import etag, expected_version
from forkant_kit.idempotency import Answer, run_idempotent
from forkant_kit.moments import in_words
from forkant_kit.paging import decode_cursor, encode_cursor, link_to
from forkant_kit.policy import requires
from forkant_kit.principal import invalid_token
from forkant_kit.problems import PROBLEM_RESPONSES, ProblemError
from forkant_kit.right import right_of
from pydantic import BeforeValidator
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import ClientDisconnect

from indicator_service.aggregation.calendar import day_of
from indicator_service.aggregation.cells import district_of
from indicator_service.aggregation.imported import label_of
from indicator_service.api.dependencies import Dependencies, Deps
from indicator_service.definitions.series import FORMS, ImportKind
from indicator_service.imports import commands, store
from indicator_service.imports.bodies import (
    ImportDocument,
    ImportedRow,
    ImportedRows,
    ImportPage,
    ImportReceipt,
    Withdraw,
    WithdrawalReceipt,
)
from indicator_service.imports.examples import CSV, IMPORT_ID, NDJSON, examples
from indicator_service.imports.reading import Form, read_rows
from indicator_service.imports.refusals import Code, Refusal
from indicator_service.imports.standing import newest
from indicator_service.policy import IMPORT_FIGURES, READ_IMPORTED_ROWS, READ_IMPORTS, WITHDRAW_IMPORT
from indicator_service.row_security import EVERY_DISTRICT, importing

PATH: Final = "/v1/aggregate-imports"
LARGE: Final = f"POST {PATH}"
router = APIRouter(prefix=PATH, tags=["imports"], responses=PROBLEM_RESPONSES)

Imports = Annotated[Principal, requires(IMPORT_FIGURES)]
Withdraws = Annotated[Principal, requires(WITHDRAW_IMPORT)]
ReadsImports = Annotated[Principal, requires(READ_IMPORTS)]
ReadsRows = Annotated[Principal, requires(READ_IMPORTED_ROWS)]
ImportId = Annotated[UUID, Path(description="The id of an import.", examples=[IMPORT_ID])]
_CODE: Final = r"^[a-z0-9][a-z0-9._-]{0,63}$"
_NEWEST: Final = 2**62
_BINARY: Final = {"type": "string", "format": "binary"}
_ROWS: Final = {
    Form.CSV.value: {"schema": _BINARY, "example": CSV},
    Form.NDJSON.value: {"schema": _BINARY, "example": NDJSON},
}
_Source = Annotated[
    str, Query(pattern=_CODE, description="The system or publisher that the figures come from.", examples=["register"])
]
_SourceDate = Annotated[
    date, BeforeValidator(in_words), Query(description="The day of which the source gives its figures.")
]
_Method = Annotated[
    str,
    Query(
        pattern=_CODE,
        description="How the figures were made, as a code; `assumed` for figures that nobody measured.",
        examples=["register-count-v2"],
    ),
]
_Corrects = Annotated[bool, Query(description="Let rows take the place of what stands for their unit and period.")]
_DryRun = Annotated[bool, Query(description="Check everything, and change nothing.")]
_Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="A new random value for each new request; the same value repeats the answer for 24 hours.",
    ),
]
_IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", description="ETag of the import: 428 without it, 412 when it is stale."),
]


@router.post(
    "",
    status_code=201,
    response_model=ImportReceipt,
    responses=examples("import_figures"),
    summary="Import figures",
    openapi_extra={"requestBody": {"required": True, "content": _ROWS}},
)
async def import_figures(
    *,
    request: Request,
    principal: Imports,
    deps: Deps,
    kind: ImportKind,
    source: _Source,
    source_date: _SourceDate,
    method: _Method,
    corrects: _Corrects = False,
    dry_run: _DryRun = False,
    _key: _Key = None,
) -> Response:
    """Take a file of figures over, all of it or nothing; CSV with a header, or one JSON object a line.

    What is wrong comes as `import-refused` with `errors`: the number of the row, the place in it and a code; never what
    was sent. A row for a unit and period of which something stands is refused unless the import `corrects`; what it
    takes the place of stays readable with `known_at`.
    """
    form = _form(request)
    body = await _received(request, deps.import_limits.upload_seconds)
    read = await asyncio.to_thread(read_rows, body, form, FORMS[kind], most=deps.import_limits.most_rows)
    sha256 = hashlib.sha256(body).digest()
    given = commands.Provenance(
        kind=kind, source=source, source_date=source_date, method=method, sha256=sha256, corrects=corrects
    )

    context = await _context(request, principal, deps)

    async def work(conn: AsyncConnection) -> Answer:
        outcome = await commands.import_figures(conn, context, given, read, dry_run=dry_run)
        receipt = ImportReceipt(
            id=outcome.import_id,
            kind=kind,
            rows=outcome.rows,
            superseded=outcome.superseded,
            sha256=sha256.hex(),
            dry_run=dry_run,
        )
        if outcome.import_id is None:
            return Answer(status=200, body=receipt.model_dump(mode="json"))
        headers = {"Location": f"{PATH}/{outcome.import_id}", "ETag": etag(1)}
        return Answer(status=201, body=receipt.model_dump(mode="json"), headers=headers)

    return await _once(request, principal, deps, work, fingerprint=_fingerprint(request, sha256))


@router.get("", responses=examples("list_imports"), summary="List imports")
async def list_imports(
    *,
    request: Request,
    response: Response,
    principal: ReadsImports,
    deps: Deps,
    kind: ImportKind | None = None,
    limit: Annotated[int, Query(ge=1, le=100, description="Most items on a page.")] = 50,
    cursor: Annotated[str | None, Query(max_length=1024, description="`next` of the page before.")] = None,
) -> ImportPage:
    """List where figures come from, newest first, withdrawn imports too; never a figure."""
    scope = f"aggregate-imports|{kind}"
    before = _NEWEST if cursor is None else int(decode_cursor(deps.cursor_secret, scope, cursor))
    async with transaction(deps.engine, EVERY_DISTRICT) as conn:
        rows = await store.page(conn, kind=kind, before=before, most=limit + 1)
        ids = tuple(row["id"] for row in rows[:limit])
        await trail_of(request).record(conn, Entry(action=READ_IMPORTS, object_kind=commands.OBJECT, object_ids=ids))
    more = len(rows) > limit
    following = encode_cursor(deps.cursor_secret, scope, rows[limit - 1]["sequence"]) if more else None
    response.headers.update(link_to(request, following))
    with_people = _may_import(principal)
    items = tuple(ImportDocument.of(row, with_people=with_people) for row in rows[:limit])
    return ImportPage(items=items, next=following)


@router.get("/{import_id}", responses=examples("read_import"), summary="Read an import's provenance")
async def read_import(
    request: Request, response: Response, import_id: ImportId, principal: ReadsImports, deps: Deps
) -> ImportDocument:
    """Show where the figures of an import come from; never a figure."""
    async with transaction(deps.engine, EVERY_DISTRICT) as conn:
        found = await store.one(conn, import_id)
        if found is None:
            raise Refusal(Code.UNKNOWN_IMPORT)
        entry = Entry(action=READ_IMPORTS, object_kind=commands.OBJECT, object_ids=[import_id])
        await trail_of(request).record(conn, entry)
    response.headers["ETag"] = etag(found["version"])
    return ImportDocument.of(found, with_people=_may_import(principal))


@router.get("/{import_id}/rows", responses=examples("read_rows"), summary="Read the rows of an import")
async def read_rows_of(request: Request, import_id: ImportId, _principal: ReadsRows, deps: Deps) -> ImportedRows:
    """Show the figures of an import as they came, whether they stand or not; for the directorate."""
    async with transaction(deps.engine, EVERY_DISTRICT) as conn:
        found = await store.one(conn, import_id)
        if found is None:
            raise Refusal(Code.UNKNOWN_IMPORT)
        values = await store.values_of(conn, import_id)
        starts = [line.start for line in values]
        every = await store.lines(conn, first=min(starts), last=max(starts)) if starts else []
        entry = Entry(action=READ_IMPORTED_ROWS, object_kind=commands.OBJECT, object_ids=[import_id])
        await trail_of(request).record(conn, entry)
    stands = newest(every)
    kind = ImportKind(found["kind"])
    rows = []
    for (unit, start), of_row in groupby(values, key=lambda line: (line.unit, line.start)):
        lines = list(of_row)
        rows.append(
            ImportedRow(
                unit=unit,
                period=label_of(lines[0].series, start),
                figures={line.series: line.amount for line in lines},
                stands=stands.get((kind, unit, start)) == import_id,
            )
        )
    return ImportedRows(id=import_id, kind=kind, rows=tuple(rows))


@router.post(
    "/{import_id}/withdrawal",
    response_model=WithdrawalReceipt,
    responses=examples("withdraw_import"),
    summary="Withdraw an import",
)
async def withdraw_import(
    *,
    request: Request,
    import_id: ImportId,
    body: Withdraw,
    principal: Withdraws,
    deps: Deps,
    if_match: _IfMatch = None,
    _key: _Key = None,
) -> Response:
    """Take an import back: what it superseded stands again. The import and its figures stay on record."""
    version = expected_version(if_match)

    async def work(conn: AsyncConnection) -> Answer:
        context = await _context(request, principal, deps)
        now = await commands.withdraw(conn, context, import_id, version=version, reason=body.reason.value)
        receipt = WithdrawalReceipt(id=import_id, version=now)
        return Answer(status=200, body=receipt.model_dump(mode="json"), headers={"ETag": etag(now)})

    return await _once(request, principal, deps, work)


async def _once(
    request: Request,
    principal: Principal,
    deps: Dependencies,
    work: Callable[[AsyncConnection], Awaitable[Answer]],
    *,
    fingerprint: bytes | None = None,
) -> Response:
    return await run_idempotent(
        deps.engine,
        request,
        principal,
        work,
        secret=deps.cursor_secret,
        stance=importing(subject=principal.subject, unit=district_of(principal.unit), national=_is_national(principal)),
        fingerprint=fingerprint,
    )


async def _context(request: Request, principal: Principal, deps: Dependencies) -> commands.Context:
    return commands.Context(
        subject=principal.subject,
        unit=district_of(principal.unit),
        national=_is_national(principal),
        today=day_of(deps.now()),
        new_id=new_id,
        trail=trail_of(request),
        units=await deps.units.register(),
    )


def _is_national(principal: Principal) -> bool:
    return principal.unit == DIRECTORATE or principal.has_role(Role.DIRECTORATE)


def _may_import(principal: Principal) -> bool:
    return principal.has_role(Role.DIRECTORATE) or principal.has_role(Role.IMPORTER)


def _form(request: Request) -> Form:
    stated = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if "content-encoding" in request.headers or stated not in set(Form):
        raise Refusal(Code.MEDIA_TYPE_NOT_ALLOWED, allowed=sorted(Form))
    return Form(stated)


async def _received(request: Request, seconds: float) -> bytes:
    """Return the whole body, which comes within its time and while the caller's token holds."""
    right, loop = right_of(request), asyncio.get_running_loop()
    try:
        async with asyncio.timeout(seconds) as limit:
            right.on_end(lambda: limit.reschedule(loop.time()))
            return b"".join([piece async for piece in request.stream()])
    except TimeoutError:
        if right.ended is not None:
            raise invalid_token(right.ended) from None
        raise Refusal(Code.UPLOAD_TOO_SLOW) from None
    except ClientDisconnect:
        raise ProblemError(400, "body-incomplete", "The content broke off", "Send it again, whole.") from None


def _fingerprint(request: Request, sha256: bytes) -> bytes:
    asked = "\x1f".join(f"{name}={value}" for name, value in sorted(request.query_params.items()))
    stated = request.headers.get("content-type", "")
    return hashlib.sha256(f"{stated}\x1f{asked}\x1f".encode() + sha256).digest()
