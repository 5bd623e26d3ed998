"""The endpoints that tell whether a token still holds, and those that end it."""

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from forkant_devstack.issuer.clients import NO_STORE, client_of, oauth_error, read_form
from forkant_devstack.issuer.codes import is_loopback_redirect
from forkant_devstack.issuer.personas import (
    CLI_CLIENT,
    PUBLIC_CLIENTS,
    RESOURCE_SERVER,
    SERVICE_IDENTITIES,
    find_persona,
)
from forkant_devstack.issuer.standing import Standings

ADDRESSES: Final = {"introspection_endpoint": "/introspect", "revocation_endpoint": "/revoke"}
"""The endpoints that the discovery document names."""


def _standings(request: Request) -> Standings:
    standings: Standings = request.app.state.issuer.standings
    return standings


async def introspect(request: Request) -> Response:
    """Tell the resource server whether a token still holds (RFC 7662)."""
    form = await read_form(request)
    client_id = client_of(request, form, among=(RESOURCE_SERVER,))
    if not client_id:
        return oauth_error("invalid_client", status=401)
    answer = _standings(request).introspect(form.get("token", ""), client_id=client_id)
    return JSONResponse(answer, headers=NO_STORE)


async def revoke(request: Request) -> Response:
    """End a token at the wish of its client (RFC 7009)."""
    form = await read_form(request)
    client_id = client_of(request, form, among=SERVICE_IDENTITIES, public=(*PUBLIC_CLIENTS, CLI_CLIENT))
    if not client_id:
        return oauth_error("invalid_client", status=401)
    # The same answer to any token, as RFC 7009 has it.
    _standings(request).revoke(form.get("token", ""), client_id=client_id)
    return Response(headers=NO_STORE)


def _is_foreign(request: Request) -> bool:
    # A page from elsewhere in the developer's browser must not be able to log everybody out.
    origin = request.headers.get("origin")
    return origin is not None and not is_loopback_redirect(origin)


async def disable(request: Request) -> Response:
    """Disable a persona, whose tokens hold no more, or with ``off=true`` enable it again."""
    persona = find_persona(request.query_params.get("as", ""))
    if _is_foreign(request) or persona is None:
        return PlainTextResponse("Refused.\n", status_code=403)
    disabled = _standings(request).disabled
    if request.query_params.get("off") == "true":
        disabled.discard(persona.name)
    else:
        disabled.add(persona.name)
    return JSONResponse({"disabled": sorted(disabled)})


async def rotate(request: Request) -> Response:
    """Sign with a new key, and with ``drop_old=true`` let no older token pass."""
    if _is_foreign(request):
        return PlainTextResponse("Refused.\n", status_code=403)
    drop_old = request.query_params.get("drop_old") == "true"
    return JSONResponse({"kid": _standings(request).keys.rotate(drop_old=drop_old)})
