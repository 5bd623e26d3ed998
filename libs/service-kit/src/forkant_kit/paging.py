"""Signed keyset cursors: a page continues after the last row seen, and a client can't forge where.

The secret is given as the setting has it: several, of which the newest signs (:mod:`forkant_kit.secrets_in_turn`).
"""

import base64
import hashlib
import hmac
from typing import Any, Final
from urllib.parse import urlencode

import orjson
from starlette.requests import Request

from forkant_kit.problems import ProblemError
from forkant_kit.secrets_in_turn import in_turn

_TAG_BYTES: Final = 16
_MAX_LENGTH: Final = 1024


def encode_cursor(secret: str, scope: str, position: Any) -> str:
    """Return a cursor for a JSON position; ``scope`` binds it to one list and its filters.

    Raises:
        ValueError: the position is so long that its cursor would be refused when it comes back.
    """
    body = orjson.dumps(position)
    cursor = base64.urlsafe_b64encode(_tag(in_turn(secret)[0], scope, body) + body).rstrip(b"=").decode()
    if len(cursor) > _MAX_LENGTH:
        raise ValueError(f"the position is too long: its cursor has {len(cursor)} characters, of {_MAX_LENGTH} allowed")
    return cursor


def decode_cursor(secret: str, scope: str, cursor: str) -> Any:
    """Return the position of a cursor.

    Raises:
        ProblemError: 400 ``invalid-cursor`` when it was not made here for this list.
    """
    try:
        raw = base64.urlsafe_b64decode(cursor[:_MAX_LENGTH].encode("ascii") + b"=" * (-len(cursor) % 4))
        body = raw[_TAG_BYTES:]
        if any(hmac.compare_digest(raw[:_TAG_BYTES], _tag(each, scope, body)) for each in in_turn(secret)):
            return orjson.loads(body)
    except ValueError:
        pass
    raise ProblemError(
        400,
        "invalid-cursor",
        "The cursor is not valid",
        "Take the cursor from the list's last answer, or leave it out.",
    )


def link_to(request: Request, following: str | None) -> dict[str, str]:
    """Return the header with the link to the next page of what was asked for (RFC 8288), when there is one."""
    if following is None:
        return {}
    kept = [(key, value) for key, value in request.query_params.multi_items() if key != "cursor"]
    query = urlencode([*kept, ("cursor", following)])
    return {"Link": f'<{request.url.path}?{query}>; rel="next"'}


def _tag(secret: str, scope: str, body: bytes) -> bytes:
    return hmac.new(secret.encode(), scope.encode() + b"\0" + body, hashlib.sha256).digest()[:_TAG_BYTES]
