"""The route that hands out a list of cases: as a stream, from one snapshot, written down before each part is sent."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from forkant_kit.problems import temporarily_unavailable
from forkant_kit.right import Right, right_of
from forkant_kit.table_forms import MEDIA, Form, Writer, accepted_form, writer_of
from sqlalchemy import RowMapping
from starlette.types import Receive, Scope, Send

from case_service.api.calls import Call, reading
from case_service.api.case_filter import CaseFilter
from case_service.api.description import operation_id
from case_service.api.export_forms import COLUMNS
from case_service.commands import exporting as command
from case_service.commands.exporting import Handed
from case_service.domain.refusals import Code, Refusal
from case_service.queries import listing

router = APIRouter(prefix="/v1/cases", tags=["exchange"], generate_unique_id_function=operation_id)

ROWS: Final = "Forkant-Rows"
"""The header that says how many cases a list has: a reader who got fewer knows that it broke off."""
_FILE: Final = {"schema": {"type": "string", "format": "binary"}}
_Chosen = Annotated[CaseFilter, Query()]
_Format = Annotated[Form | None, Query(alias="format", description="The form; else the first of `Accept`, else CSV.")]

Part = Sequence[RowMapping]


@router.get(
    "/export",
    summary="Export cases",
    response_class=StreamingResponse,
    responses={
        200: {
            "content": dict.fromkeys(MEDIA.values(), _FILE),
            "description": "The list, newest first, as it stood at one moment.",
            "headers": {ROWS: {"schema": {"type": "integer"}, "description": "How many cases the list has."}},
        }
    },
)
async def export(
    request: Request, call: Annotated[Call, reading("case.export")], chosen: _Chosen, form: _Format = None
) -> Response:
    """Hand out all cases that the caller may see, narrowed as lists are: codes, days and ids, no text.

    An answer that ends early, or holds fewer cases than `Forkant-Rows`, broke off: ask again.
    """
    wanted = form or _accepted(request.headers.get("accept", ""))
    if call.tools.exchange.exports.locked():
        raise Refusal(Code.EXPORTS_BUSY)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(call.tools.exchange.exports)
        export = await _begun(call, chosen.chosen(), wanted, stack, right_of(request))
        return _Closing(export.content(), kept=stack.pop_all(), media_type=MEDIA[wanted], headers=export.headers())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Export:
    call: Call
    handed: Handed
    first: Part
    rest: AsyncGenerator[Part]
    writer: Writer
    right: Right

    def headers(self) -> dict[str, str]:
        return {
            ROWS: str(self.handed.cases),
            "Content-Disposition": f'attachment; filename="cases.{self.handed.form}"',
            "Cache-Control": "no-store",
        }

    async def content(self) -> AsyncIterator[bytes]:
        """Yield the list; it breaks off when its time is up, or the caller's token holds no more."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self.call.tools.exchange.export_seconds
        self.right.on_end(lambda: None)
        yield await asyncio.to_thread(self.writer.part, self.first)
        async for part in self.rest:
            if self.right.ended is not None or loop.time() > until:
                raise temporarily_unavailable()
            current = self.call.renewed()
            async with current.transaction(changes=True) as conn:
                await command.go_on(conn, current.context, self.handed, (row["id"] for row in part))
            yield await asyncio.to_thread(self.writer.part, part)
        yield await asyncio.to_thread(self.writer.end)


async def _begun(call: Call, chosen: listing.Filter, form: Form, stack: AsyncExitStack, right: Right) -> _Export:
    scope = call.context.scope
    conn = await stack.enter_async_context(call.snapshot())
    count = await listing.count_cases(conn, scope, chosen)
    parts = listing.stream_cases(conn, scope, chosen)
    stack.push_async_callback(parts.aclose)
    first = await _next(parts)
    handed = Handed(id=call.tools.new_id(), form=form.value, narrowed=chosen.told(), cases=count)
    async with call.transaction(changes=True) as written:
        await command.begin(written, call.context, handed, (row["id"] for row in first))
    return _Export(call=call, handed=handed, first=first, rest=parts, writer=writer_of(form, COLUMNS), right=right)


async def _next(parts: AsyncGenerator[Part]) -> Part:
    async for part in parts:
        return part
    return ()


class _Closing(StreamingResponse):
    """An answer that lets go what it holds, however it ends."""

    def __init__(self, content: AsyncIterator[bytes], *, kept: AsyncExitStack, **named: Any) -> None:
        super().__init__(content, **named)
        self._kept = kept

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._kept:
            await super().__call__(scope, receive, send)


def _accepted(header: str) -> Form:
    """Return the form that a client accepts before others.

    Raises:
        Refusal: it accepts none that there is.
    """
    form = accepted_form(header)
    if form is None:
        raise Refusal(Code.FORM_NOT_OFFERED, offered=sorted(MEDIA.values()))
    return form
