"""Authentication before anything of the body is read, and the end of an answer that outlasts the right to it."""

import asyncio
from typing import Final

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from forkant_kit.auth import TokenVerifier
from forkant_kit.principal import SCOPE_KEY, invalid_token, unauthenticated
from forkant_kit.problems import ProblemError, problem_response
from forkant_kit.revocation_metrics import ENDED
from forkant_kit.right import SCOPE_KEY as RIGHT_KEY
from forkant_kit.right import Right

_POLICY_VIOLATION: Final = 1008
_LAST_WORD_S: Final = 0.5

_log = structlog.get_logger(__name__)


class Authenticate:
    """Puts the Principal into the scope, or answers 401; public paths pass, and ``/prefix/*`` opens what is below.

    An answer that is sent in parts is broken off half a second after its right ended, whatever the route does; the
    route may say a last word in that time (see :func:`forkant_kit.right.right_of`).
    """

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
            token = _bearer(Headers(scope=scope))
            principal = await self._verifier.verify(token)
        except ProblemError as problem:
            await problem_response(problem)(scope, receive, send)
            return
        right = self._verifier.right(token, principal)
        scope[SCOPE_KEY], scope[RIGHT_KEY] = principal, right
        try:
            await self._answer(scope, receive, send, right)
        finally:
            right.close()

    async def _answer(self, scope: Scope, receive: Receive, send: Send, right: Right) -> None:
        in_parts = False
        loop = asyncio.get_running_loop()

        async def watched(message: Message) -> None:
            nonlocal in_parts
            if not in_parts and message["type"] == "http.response.body" and message.get("more_body", False):
                in_parts = True
                right.on_end(lambda: limit.reschedule(loop.time() + _LAST_WORD_S))
            await send(message)

        try:
            async with asyncio.timeout(None) as limit:
                await self._app(scope, receive, watched)
        except TimeoutError:
            if not limit.expired():
                raise
            # The client sees the answer break off, since its end was never sent.
            _log.warning("answer_outlasted_its_right", reason=right.ended)
        if right.ended is not None:
            ENDED.labels(right.ended).inc()


def _bearer(headers: Headers) -> str:
    values = headers.getlist("authorization")
    if len(values) != 1:
        raise unauthenticated() if not values else invalid_token("repeated-header")
    scheme, _, token = values[0].partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise unauthenticated()
    return token.strip()
