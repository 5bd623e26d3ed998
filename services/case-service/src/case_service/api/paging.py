"""Pages by keyset: signed cursors bound to the caller's unit and filters, and the link to the next page."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from forkant_kit.paging import decode_cursor, encode_cursor, link_to
from pydantic import BaseModel

from case_service.api.calls import Call
from case_service.api.sparse import WHOLE, Shown

Limit = Annotated[int, Query(ge=1, le=100, description="Most items on a page.")]
Cursor = Annotated[str | None, Query(max_length=1024, description="`next` of the page before.")]


def position_of(call: Call, name: str, cursor: str | None) -> Any:
    """Return the position of a cursor, or nothing without one."""
    return None if cursor is None else decode_cursor(call.tools.cursor_secret, _bound(call, name), cursor)


def cursor_at(call: Call, name: str, position: Any) -> str:
    """Return the cursor of a position."""
    return encode_cursor(call.tools.cursor_secret, _bound(call, name), position)


def before(call: Call, name: str, cursor: str | None) -> UUID | None:
    """Return the id that a page of a list by id goes on below."""
    position = position_of(call, name, cursor)
    return None if position is None else UUID(position)


def next_by_id(call: Call, name: str, rows: Sequence[Any], limit: int) -> str | None:
    """Return the cursor of the next page of a list by id; nothing when this one was the last."""
    return cursor_at(call, name, str(rows[limit - 1]["id"])) if len(rows) > limit else None


def page(call: Call, body: BaseModel, following: str | None, *, shown: Shown = WHOLE) -> Response:
    """Return a page with its link to the next one (RFC 8288)."""
    headers = link_to(call.request, following)
    return Response(shown.page(body), headers=headers, media_type="application/json")


def _bound(call: Call, name: str) -> str:
    return f"{call.context.unit}|{name}"
