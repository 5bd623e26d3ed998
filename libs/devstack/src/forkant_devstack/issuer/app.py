"""The issuer's HTTP face: discovery, keys, log-in page, token endpoint and the shortcuts for development."""

from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from forkant_devstack.issuer import endings
from forkant_devstack.issuer.clients import NO_STORE, client_of, oauth_error, read_form
from forkant_devstack.issuer.codes import (
    LOOPBACK_HOSTS,
    CodeStore,
    InvalidRequestError,
    check_authorization,
)
from forkant_devstack.issuer.keys import ALGORITHM, KeyRing
from forkant_devstack.issuer.page import persona_page, refusal_page
from forkant_devstack.issuer.personas import (
    CLI_CLIENT,
    SERVICE_IDENTITIES,
    Persona,
    find_persona,
)
from forkant_devstack.issuer.standing import Standings
from forkant_devstack.issuer.tokens import LIFETIME_SECONDS, access_claims, identity_claims, sign

_LOOPBACK_ORIGIN: Final = r"http://(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?"
_CHOICE_FIELDS: Final = frozenset({"persona", "role", "unit"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """What the endpoints share: the issuer's name, its keys, its open codes and what it revoked."""

    url: str
    keys: KeyRing
    codes: CodeStore = field(default_factory=CodeStore)
    standings: Standings = field(init=False)

    def __post_init__(self) -> None:
        """Begin with nothing revoked."""
        object.__setattr__(self, "standings", Standings(keys=self.keys, issuer=self.url))


def _issuer(request: Request) -> Issuer:
    issuer: Issuer = request.app.state.issuer
    return issuer


async def _discovery(request: Request) -> Response:
    url = _issuer(request).url
    return JSONResponse(
        {
            "issuer": url,
            "authorization_endpoint": f"{url}/authorize",
            "token_endpoint": f"{url}/token",
            "jwks_uri": f"{url}/jwks",
            **{name: f"{url}{path}" for name, path in endings.ADDRESSES.items()},
            "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "revocation_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "client_credentials"],
            "code_challenge_methods_supported": ["S256"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
        }
    )


async def _jwks(request: Request) -> Response:
    return JSONResponse(_issuer(request).keys.public_set())


def _parameters(request: Request) -> dict[str, str]:
    return {name: value for name, value in request.query_params.items() if name not in _CHOICE_FIELDS}


def _page(content: str, *, status: int = 200, form_target: str = "") -> Response:
    # Browsers apply form-action to the redirect that answers the form too, so the client's origin is named.
    policy = f"default-src 'none'; style-src 'unsafe-inline'; form-action 'self' {form_target}; frame-ancestors 'none'"
    return HTMLResponse(content, status_code=status, headers={**NO_STORE, "Content-Security-Policy": policy})


async def _ask_persona(request: Request) -> Response:
    parameters = _parameters(request)
    try:
        checked = check_authorization(parameters)
    except InvalidRequestError as error:
        return _page(refusal_page(str(error)), status=400)
    redirect = urlsplit(checked.redirect_uri)
    return _page(persona_page(parameters), form_target=f"{redirect.scheme}://{redirect.netloc}")


async def _choose_persona(request: Request) -> Response:
    form = await read_form(request)
    name = form.get("persona") or f"{form.get('role')}-{form.get('unit')}"
    persona = find_persona(name)
    try:
        checked = check_authorization(form)
    except InvalidRequestError as error:
        return _page(refusal_page(str(error)), status=400)
    if persona is None or persona.service:
        return _page(refusal_page("There is no such persona."), status=400)
    answer = {"code": _issuer(request).codes.issue(checked, persona), "iss": _issuer(request).url}
    if checked.state is not None:
        answer["state"] = checked.state
    separator = "&" if urlsplit(checked.redirect_uri).query else "?"
    return RedirectResponse(f"{checked.redirect_uri}{separator}{urlencode(answer)}", status_code=303, headers=NO_STORE)


def _token_response(issuer: Issuer, persona: Persona, *, client_id: str, scope: str | None = None) -> dict[str, Any]:
    claims = access_claims(issuer=issuer.url, persona=persona, client_id=client_id, scope=scope)
    return {"access_token": sign(claims, key=issuer.keys), "token_type": "Bearer", "expires_in": LIFETIME_SECONDS}


def _client_credentials(request: Request, form: dict[str, str]) -> Response:
    client_id = client_of(request, form, among=SERVICE_IDENTITIES)
    persona = find_persona(client_id) if client_id else None
    if persona is None:
        return oauth_error("invalid_client", status=401)
    return JSONResponse(_token_response(_issuer(request), persona, client_id=client_id), headers=NO_STORE)


def _authorization_code(request: Request, form: dict[str, str]) -> Response:
    issuer = _issuer(request)
    client_id = form.get("client_id", "")
    grant = issuer.codes.redeem(
        code=form.get("code", ""),
        client_id=client_id,
        redirect_uri=form.get("redirect_uri", ""),
        verifier=form.get("code_verifier", ""),
    )
    if grant is None:
        return oauth_error("invalid_grant")
    answer = _token_response(issuer, grant.persona, client_id=client_id, scope=grant.request.scope)
    if "openid" in (grant.request.scope or "").split():
        identity = identity_claims(
            issuer=issuer.url, persona=grant.persona, client_id=client_id, nonce=grant.request.nonce
        )
        answer["id_token"] = sign(identity, key=issuer.keys, typ="JWT")
    return JSONResponse(answer, headers=NO_STORE)


async def _token(request: Request) -> Response:
    form = await read_form(request)
    if form.get("grant_type") == "client_credentials":
        return _client_credentials(request, form)
    if form.get("grant_type") == "authorization_code":
        return _authorization_code(request, form)
    return oauth_error("unsupported_grant_type")


async def _dev_token(request: Request) -> Response:
    """Answer with the bare token, ready for a shell; with ``Accept: application/json`` as /token would."""
    persona = find_persona(request.query_params.get("as", ""))
    if persona is None:
        return PlainTextResponse("There is no such persona.\n", status_code=404)
    client_id = persona.name if persona.service else CLI_CLIENT
    answer = _token_response(_issuer(request), persona, client_id=client_id)
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse(answer, headers=NO_STORE)
    return PlainTextResponse(f"{answer['access_token']}\n", headers=NO_STORE)


async def _live(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})


def create_issuer_app(issuer: Issuer) -> Starlette:
    """Return the ASGI application of ``issuer``."""
    cors = [
        Middleware(
            CORSMiddleware,
            allow_origin_regex=_LOOPBACK_ORIGIN,
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type"],
        )
    ]
    app = Starlette(
        routes=[
            Route("/.well-known/openid-configuration", _discovery, methods=["GET", "OPTIONS"], middleware=cors),
            Route("/jwks", _jwks, methods=["GET", "OPTIONS"], middleware=cors),
            Route("/token", _token, methods=["POST", "OPTIONS"], middleware=cors),
            Route("/introspect", endings.introspect, methods=["POST"]),
            Route("/revoke", endings.revoke, methods=["POST", "OPTIONS"], middleware=cors),
            Route("/authorize", _ask_persona, methods=["GET"]),
            Route("/authorize", _choose_persona, methods=["POST"]),
            Route("/dev/token", _dev_token, methods=["GET"]),
            Route("/dev/disable", endings.disable, methods=["POST"]),
            Route("/dev/rotate-key", endings.rotate, methods=["POST"]),
            Route("/health/live", _live, methods=["GET"]),
            Route("/health/ready", _live, methods=["GET"]),
        ],
        # Only names of this machine: a web page that rebinds its own name to 127.0.0.1 gets no token.
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=sorted(LOOPBACK_HOSTS - {"::1"}))],
    )
    app.state.issuer = issuer
    return app
