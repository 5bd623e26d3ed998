"""Whether tokens still hold: each is asked about at the issuer, once for all who wait, and open answers end with it.

A request passes on an answer younger than 4 s; one older than 2 s is renewed in the background, so that a client at
work waits for the issuer only at its first request. A token with open answers is asked about every 3 s, whatever the
number of answers. When the issuer is silent, its last yes counts for a grace, and then nothing passes.
"""

import asyncio
import math
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import httpx
import structlog

from forkant_kit import revocation_metrics as metrics
from forkant_kit.issuer_documents import IssuerUnavailableError
from forkant_kit.principal import invalid_token, issuer_unavailable

REVOKED: Final = "token-revoked"
"""Why an answer ended: the issuer says that the token holds no more."""
UNCONFIRMED: Final = "right-unconfirmed"
"""Why an answer ended: the issuer was silent for longer than the grace."""
GRACE_S: Final = 15.0

_REFUSED_REMEMBERED_S: Final = 30.0
_MAX_REMEMBERED: Final = 4096
_TOLD_EVERY_S: Final = 10.0

_log = structlog.get_logger(__name__)

Ended = Callable[[str], object]
"""Called with the reason when a token holds no more."""


class Issuer(Protocol):
    """Whoever knows whether a token still holds."""

    async def is_active(self, token: str) -> bool:
        """Return whether the token holds; may raise for want of an answer."""

    async def aclose(self) -> None:
        """Let go of connections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often is asked, in seconds: a revocation counts within ``ask_every_s`` or ``fresh_s``, plus ``timeout_s``."""

    fresh_s: float = 4.0
    """A request passes without waiting on a yes that is younger."""
    renew_after_s: float = 2.0
    """A request on a yes that is older has it renewed in the background."""
    ask_every_s: float = 3.0
    """From one question about a token with open answers to the next."""
    retry_s: float = 1.0
    """From a question without an answer to the next."""
    timeout_s: float = 1.2
    """How long the issuer may take to answer about a token that it confirmed before."""
    first_timeout_s: float = 4.0
    """How long it may take for the first time: nothing passes meanwhile, so waiting delays no revocation."""
    grace_s: float = GRACE_S
    """How long a yes counts while the issuer is silent."""


@dataclass(slots=True, eq=False)
class _Standing:
    """What is known of one token; moments are those of asking, since the answer is no younger."""

    token: str = field(repr=False)
    confirmed_at: float = -math.inf
    refused_at: float = -math.inf
    asked_at: float = -math.inf
    unanswered: bool = False
    asking: asyncio.Task[None] | None = None
    watching: asyncio.Task[None] | None = None
    watchers: set[Ended] = field(default_factory=set)

    def end(self, reason: str) -> None:
        watchers, self.watchers = self.watchers, set()
        for ended in watchers:
            ended(reason)


class Revocations:
    """Refuses tokens that were revoked, and tells open answers when theirs is."""

    def __init__(
        self, issuer: Issuer, *, pace: Pace | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Hold whom to ask; nothing is asked before the first token, whose signature is right already."""
        self._issuer = issuer
        self._pace = pace or Pace()
        self._clock = clock
        self._standings: dict[bytes, _Standing] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._told_at = -math.inf

    async def require(self, token: str, digest: bytes) -> None:
        """Let a token pass that holds; the digest is what it is remembered by.

        Raises:
            ProblemError: 401 ``invalid-token`` with the reason ``revoked``, or 503 when the issuer can't be asked.
        """
        standing = self._standing(token, digest)
        age = self._clock() - standing.confirmed_at
        if age >= self._pace.renew_after_s and self._may_ask(standing):
            asking = self._ask(standing)
            if age >= self._pace.fresh_s:
                await asyncio.shield(asking)
        if self._is_refused(standing):
            raise invalid_token("revoked")
        if self._clock() - standing.confirmed_at >= self._pace.grace_s:
            raise issuer_unavailable()

    def watch(self, token: str, digest: bytes, ended: Ended) -> Callable[[], None]:
        """Have ``ended`` called once when the token holds no more; return what stops the watch."""
        standing = self._standing(token, digest)
        standing.watchers.add(ended)
        if standing.watching is None:
            standing.watching = self._start(self._keep_asking(standing))
        return lambda: standing.watchers.discard(ended)

    async def aclose(self) -> None:
        """Stop asking."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._issuer.aclose()

    def _standing(self, token: str, digest: bytes) -> _Standing:
        found = self._standings.get(digest)
        if found is None:
            if len(self._standings) >= _MAX_REMEMBERED:
                self._forget_one()
            found = self._standings[digest] = _Standing(token)
        return found

    def _forget_one(self) -> None:
        # One that is watched is told through its standing, so it must stay.
        unwatched = (digest for digest, standing in self._standings.items() if standing.watching is None)
        if (digest := next(unwatched, None)) is not None:
            del self._standings[digest]

    def _is_refused(self, standing: _Standing) -> bool:
        return self._clock() - standing.refused_at < _REFUSED_REMEMBERED_S

    def _may_ask(self, standing: _Standing) -> bool:
        pausing = standing.unanswered and self._clock() - standing.asked_at < self._pace.retry_s
        return not pausing and not self._is_refused(standing)

    def _ask(self, standing: _Standing) -> asyncio.Task[None]:
        if standing.asking is None or standing.asking.done():
            standing.asking = self._start(self._take_answer(standing))
        return standing.asking

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name="revocations")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _take_answer(self, standing: _Standing) -> None:
        standing.asked_at = asked_at = self._clock()
        first = standing.confirmed_at == -math.inf
        try:
            async with asyncio.timeout(self._pace.first_timeout_s if first else self._pace.timeout_s):
                active = await self._issuer.is_active(standing.token)
        except (IssuerUnavailableError, httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as error:
            standing.unanswered = True
            metrics.QUESTIONS.labels("unanswered").inc()
            self._tell(error)
            return
        standing.unanswered = False
        metrics.QUESTIONS.labels("active" if active else "ended").inc()
        if active:
            standing.confirmed_at = asked_at
            return
        standing.confirmed_at, standing.refused_at = -math.inf, asked_at
        standing.end(REVOKED)

    async def _keep_asking(self, standing: _Standing) -> None:
        try:
            while standing.watchers:
                every = self._pace.retry_s if standing.unanswered else self._pace.ask_every_s
                await asyncio.sleep(standing.asked_at + every - self._clock())
                if standing.watchers:
                    await asyncio.shield(self._ask(standing))
                if self._clock() - standing.confirmed_at >= self._pace.grace_s:
                    standing.end(UNCONFIRMED)
        finally:
            # Whatever ended the asking, nothing may stay open that nobody asks about.
            standing.watching = None
            standing.end(UNCONFIRMED)

    def _tell(self, error: Exception) -> None:
        if self._clock() - self._told_at >= _TOLD_EVERY_S:
            self._told_at = self._clock()
            known = isinstance(error, IssuerUnavailableError)
            _log.error("introspection_unanswered", reason=str(error) if known else type(error).__name__)
