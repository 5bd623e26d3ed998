"""Authentication before anything of the body is read."""

from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from forkant_kit.auth import TokenVerifier
from forkant_kit.principal import SCOPE_KEY, invalid_token, unauthenticated
from forkant_kit.problems import ProblemError, problem_response

_POLICY_VIOLATION: Final = 1008


class Authenticate:
    """Puts the Principal into the scope, or answers 401; public paths pass, and ``/prefix/*`` opens what is below."""

    def __init__(self, app: ASGIApp, verifier: TokenVerifier, public_paths: frozenset[str]) -> None:
        """Wrap an application."""
        self._app = app
        self._verifier = verifier
        self._exact = frozenset(path for path in public_paths if not path.endswith("/*"))
        self._below = tuple(path[:-1] for path in public_paths if path.endswith("/*"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            return
        if scope["type"] != "http" or scope["path"] in self._exact or scope["path"].startswith(self._below):
            await self._app(scope, receive, send)
            return
        try:
            scope[SCOPE_KEY] = await self._verifier.verify(_bearer(Headers(scope=scope)))
        except ProblemError as problem:
            await problem_response(problem)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _bearer(headers: Headers) -> str:
    values = headers.getlist("authorization")
    if len(values) != 1:
        raise unauthenticated() if not values else invalid_token("repeated-header")
    scheme, _, token = values[0].partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise unauthenticated()
    return token.strip()
