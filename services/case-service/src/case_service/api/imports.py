"""The route that takes cases over from another system."""

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from forkant_kit.idempotency import Answer
from forkant_kit.principal import invalid_token
from forkant_kit.problems import ProblemError
from forkant_kit.right import right_of
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import ClientDisconnect

from case_service.api.calls import Call, importing
from case_service.api.description import operation_id
from case_service.api.import_rows import Form, read_rows
from case_service.api.views.imports import ImportReceipt
from case_service.commands import importing as command
from case_service.domain.importing import RowError
from case_service.domain.refusals import Code, Refusal

router = APIRouter(prefix="/v1/imports", tags=["exchange"], generate_unique_id_function=operation_id)

MOST_ERRORS: Final = 1000
"""How many errors are told at once; how many there are is told besides."""
_ROWS: Final = {"schema": {"type": "string", "format": "binary"}}
_Source = Annotated[
    str,
    Query(
        pattern=r"^[a-z][a-z0-9-]{1,40}$",
        description="The system that hands the cases over: within a unit, each of its references is taken once.",
        examples=["old-case-system"],
    ),
]
_DryRun = Annotated[bool, Query(description="Check everything, and change nothing.")]


@router.post(
    "",
    status_code=201,
    response_model=ImportReceipt,
    summary="Import cases",
    openapi_extra={"requestBody": {"required": True, "content": {form.value: _ROWS for form in Form}}},
)
async def import_cases(
    request: Request, call: Annotated[Call, importing()], source: _Source, dry_run: _DryRun = False
) -> Response:
    """Open a case for each row, or none; the body is one JSON object a line, or CSV, see the guide on imports.

    Each row is checked as opening a case is. What is wrong comes as `import-refused` with `errors`: the number of the
    row, the place in it and a code; never what was sent.
    """
    form = _form(request)
    body = await _received(call, request)
    limits = call.tools.exchange
    read = await asyncio.to_thread(read_rows, body, form, most=limits.most_rows)

    async def work(conn: AsyncConnection) -> Answer:
        checked, errors = await command.check(conn, call.context, read.rows, source=source)
        if read.errors or errors:
            raise _refused([*read.errors, *errors], rows=read.count)
        opened = [] if dry_run else await command.open_all(conn, call.context, checked, source=source)
        receipt = ImportReceipt(rows=read.count, opened=len(opened), dry_run=dry_run, cases=opened)
        return Answer(status=200 if dry_run else 201, body=receipt.model_dump(mode="json"))

    return await call.once(work, fingerprint=_fingerprint(body, form, source, dry_run))


def _form(request: Request) -> Form:
    stated = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if "content-encoding" in request.headers or stated not in set(Form):
        raise Refusal(Code.MEDIA_TYPE_NOT_ALLOWED, allowed=sorted(Form))
    return Form(stated)


async def _received(call: Call, request: Request) -> bytes:
    """Return the whole body, which comes within its time and while the caller's token holds."""
    right, loop = right_of(request), asyncio.get_running_loop()
    try:
        async with asyncio.timeout(call.tools.exchange.upload_seconds) as limit:
            right.on_end(lambda: limit.reschedule(loop.time()))
            return b"".join([piece async for piece in request.stream()])
    except TimeoutError:
        if right.ended is not None:
            raise invalid_token(right.ended) from None
        raise Refusal(Code.UPLOAD_TOO_SLOW) from None
    except ClientDisconnect:
        raise ProblemError(400, "body-incomplete", "The content broke off", "Send it again, whole.") from None


def _refused(errors: Sequence[RowError], *, rows: int) -> ProblemError:
    told: list[dict[str, Any]] = [
        {"row": each.row, "place": each.place, "code": each.code} for each in sorted(errors)[:MOST_ERRORS]
    ]
    wrong = len({each.row for each in errors})
    return ProblemError(
        422,
        "import-refused",
        "The rows can't be imported",
        "Correct the rows that `errors` names, and send the whole again: nothing was changed.",
        extra={"errors": told, "errors_total": len(errors), "rows": rows, "rows_wrong": wrong},
    )


def _fingerprint(body: bytes, form: Form, source: str, dry_run: bool) -> bytes:
    digest = hashlib.sha256("\x1f".join((form.value, source, str(dry_run), "")).encode())
    digest.update(body)
    return digest.digest()
