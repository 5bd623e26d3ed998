"""The right to an answer that goes on: it ends when the token runs out or is revoked, and the answer with it."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

from starlette.requests import HTTPConnection

from forkant_kit.principal import unauthenticated

SCOPE_KEY: Final = "forkant.right"
EXPIRED: Final = "token-expired"
"""Why an answer ended: the token has run out."""

Watch = Callable[[Callable[[str], None]], Callable[[], None]]
"""Takes what is to be called with a reason, and returns what stops that."""


class Right:
    """The right of one request; it costs nothing until somebody asks to be told of its end."""

    def __init__(self, *, expires_at: float, watch: Watch | None = None) -> None:
        """Hold when the token runs out, in seconds since 1970, and who tells of a revocation, if anybody does."""
        self._expires_at = expires_at
        self._watch = watch
        self._told: list[Callable[[], object]] = []
        self._stops: list[Callable[[], object]] = []
        self.ended: str | None = None
        """Why the right ended, or None while it holds."""

    def on_end(self, call: Callable[[], object]) -> None:
        """Have something called when the right ends; from the first time on it is watched."""
        self._told.append(call)
        if self.ended is not None:
            call()
        elif len(self._told) == 1:
            left_s = max(0.0, self._expires_at - time.time())
            self._stops.append(asyncio.get_running_loop().call_later(left_s, self._end, EXPIRED).cancel)
            if self._watch is not None:
                self._stops.append(self._watch(self._end))

    def close(self) -> None:
        """Stop watching: the answer is complete, or nobody reads it any more."""
        self._told.clear()
        while self._stops:
            self._stops.pop()()

    def _end(self, reason: str) -> None:
        if self.ended is None:
            self.ended = reason
            for call in tuple(self._told):
                call()


def right_of(request: HTTPConnection) -> Right:
    """Return the right that an answer must end with.

    Raises:
        ProblemError: 401 ``unauthenticated``.
    """
    right: Any = request.scope.get(SCOPE_KEY)
    if not isinstance(right, Right):
        raise unauthenticated()
    return right
