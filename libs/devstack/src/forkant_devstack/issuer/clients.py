"""Who asks at the token endpoints: forms, and clients with or without a secret."""

import base64
import binascii
import hmac
from collections.abc import Collection
from typing import Final
from urllib.parse import parse_qsl, unquote_plus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from forkant_devstack.issuer.personas import SERVICE_SECRET

NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_MAX_FORM_BYTES: Final = 16 * 1024


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a form, or none when it is too large."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_FORM_BYTES:
            return {}
    return dict(parse_qsl(body.decode("latin-1"), keep_blank_values=True))


def oauth_error(code: str, *, status: int = 400) -> Response:
    """Return an error as RFC 6749 has it."""
    headers = NO_STORE | ({"WWW-Authenticate": 'Basic realm="forkant"'} if status == 401 else {})  # noqa: PLR2004
    return JSONResponse({"error": code}, status_code=status, headers=headers)


def _credentials(request: Request, form: dict[str, str]) -> tuple[str, str]:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        client, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return unquote_plus(client), unquote_plus(secret)


def client_of(request: Request, form: dict[str, str], *, among: Collection[str], public: Collection[str] = ()) -> str:
    """Return the client that asks, or nothing; a public one has no secret to show."""
    client_id, secret = _credentials(request, form)
    knows = client_id in among and hmac.compare_digest(secret.encode(), SERVICE_SECRET.encode())
    return client_id if knows or client_id in public else ""
