"""Answers that a client may keep and ask about again: with an ETag of what they say; 304 while they still say it."""

from hashlib import sha256
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import Header, Response
from pydantic import BaseModel

IfNoneMatch = Annotated[
    str | None,
    Header(
        alias="If-None-Match", description="ETag of an answer that is kept: 304 without a body when it still holds."
    ),
]
NOT_MODIFIED: Final[dict[int | str, dict[str, Any]]] = {304: {"description": "What is kept still holds."}}
"""What such a route adds to its description."""

_DIGITS: Final = 32


def conditional(shown: BaseModel, if_none_match: str | None) -> Response:
    """Return an answer, or that the one which the client keeps still holds."""
    body = shown.model_dump_json().encode()
    tag = f'"{sha256(body).hexdigest()[:_DIGITS]}"'
    # Kept by its reader alone, who asks each time whether it still holds.
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if _names(if_none_match, tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


def _names(if_none_match: str | None, tag: str) -> bool:
    given = [each.strip().removeprefix("W/") for each in (if_none_match or "").split(",")]
    return tag in given or given == ["*"]
