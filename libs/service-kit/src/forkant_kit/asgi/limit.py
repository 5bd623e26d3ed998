"""How many requests one caller may make, before anything of a request's body is read."""

import math
import time
from collections.abc import Callable, Iterable
from typing import Final

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from starlette.types import ASGIApp, Receive, Scope, Send

from forkant_kit.limit_metrics import LIMITED
from forkant_kit.principal import SCOPE_KEY, Principal
from forkant_kit.problems import ProblemError, problem_response

_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OTHER: Final = "other"


class RateLimit:
    """Answers 429 to a caller who asks too much; reads and writes of each kind of resource are counted apart.

    The count is kept in the process, so that the limit holds for each replica of a service by itself; a limit for all
    of them, and for those without a token, is the gateway's. The kind of resource is the path's first part after the
    version, for example ``cases``.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        reads_per_minute: int,
        writes_per_minute: int,
        kinds: Callable[[], Iterable[str]],
    ) -> None:
        """Wrap an application; ``kinds`` names the kinds of resource, and is asked at the first request."""
        self._app = app
        self._reads = RateLimitItemPerMinute(reads_per_minute)
        self._writes = RateLimitItemPerMinute(writes_per_minute)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._list_kinds = kinds
        self._kinds: frozenset[str] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        principal = scope.get(SCOPE_KEY)
        if scope["type"] != "http" or not isinstance(principal, Principal):
            await self._app(scope, receive, send)
            return
        reading = scope["method"] in _READING
        item = self._reads if reading else self._writes
        key = (principal.client_id, principal.subject, self._kind(scope["path"]), "read" if reading else "write")
        if await self._limiter.hit(item, *key):
            await self._app(scope, receive, send)
            return
        LIMITED.inc()
        wait_s = max(1, math.ceil((await self._limiter.get_window_stats(item, *key)).reset_time - time.time()))
        await problem_response(_too_many(wait_s))(scope, receive, send)

    def _kind(self, path: str) -> str:
        if self._kinds is None:
            self._kinds = frozenset(self._list_kinds())
        kind = kind_of(path)
        # Only kinds that exist, or a caller could count from zero at each made-up path.
        return kind if kind in self._kinds else _OTHER


def kind_of(path: str) -> str:
    """Return the kind of resource that a path is about."""
    parts = path.split("/", 3)
    return parts[2] if len(parts) > 2 else _OTHER  # noqa: PLR2004 - "", version, kind


def _too_many(wait_s: int) -> ProblemError:
    return ProblemError(
        429,
        "too-many-requests",
        "Too many requests",
        "Wait as long as Retry-After says, and ask less often; the feed of changes or a stream replaces polling.",
        headers={"Retry-After": str(wait_s)},
    )
