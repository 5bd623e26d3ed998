"""The demo's way into the platform: bearer tokens of many personas, patient retries, and no hidden errors.

Errors::

    DemoError               the demo can't go on; the text says what to do
    └── RefusedCallError    the platform answered a call with a problem document
"""

import asyncio
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from types import TracebackType
from typing import Any, Final, Self

import httpx

_TRIES: Final = 8
_FIRST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 5.0
_TOKEN_LIFE_S: Final = 3600.0
_RETRIED: Final = frozenset({429, 503})


class DemoError(Exception):
    """The demo can't go on."""


@dataclass(eq=False)
class RefusedCallError(DemoError):
    """A call was answered with something else than success."""

    method: str
    path: str
    actor: str
    status: int
    problem: str

    def __str__(self) -> str:
        """Show the call and the problem document it got."""
        return f"{self.method} {self.path} as {self.actor} was answered with {self.status}:\n{self.problem}"


class PlatformClient:
    """Calls the case service as any persona; each POST carries an Idempotency-Key, kept over its retries."""

    def __init__(
        self,
        *,
        case_url: str,
        issuer_url: str,
        connections: int = 16,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Remember where to call; ``transport`` replaces the network, for tests."""
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        # Past any proxy of the environment: all of it is on this machine.
        self._cases = httpx.AsyncClient(
            base_url=case_url, limits=limits, timeout=30, transport=transport, trust_env=False
        )
        self._issuer = httpx.AsyncClient(base_url=issuer_url, timeout=10, transport=transport, trust_env=False)
        self._tokens: dict[str, tuple[str, float]] = {}
        self._rng = Random()  # noqa: S311 - only spreads retries

    async def __aenter__(self) -> Self:
        """Open the connections."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self._cases.aclose()
        await self._issuer.aclose()

    async def token(self, persona: str) -> str:
        """Return a token of ``persona`` that is valid for a good while yet."""
        token, fetched = self._tokens.get(persona, ("", 0.0))
        if token and time.monotonic() - fetched < _TOKEN_LIFE_S:
            return token
        try:
            answer = await self._issuer.get("/dev/token", params={"as": persona})
        except httpx.TransportError:
            raise DemoError(f"No issuer answers at {self._issuer.base_url}: is the platform up? (make up)") from None
        if answer.status_code != httpx.codes.OK:
            raise DemoError(f"The issuer has no token for {persona}: it answered {answer.status_code}.")
        self._tokens[persona] = (answer.text.strip(), time.monotonic())
        return self._tokens[persona][0]

    async def call(
        self,
        method: str,
        path: str,
        *,
        actor: str,
        body: Mapping[str, Any] | None = None,
        if_match: str | None = None,
    ) -> httpx.Response:
        """Make one call and return its successful answer.

        Raises:
            RefusedCallError: the platform refused, or was still busy after all tries.
            DemoError: nothing answers.
        """
        headers = {"Authorization": f"Bearer {await self.token(actor)}"}
        if method == "POST":
            headers["Idempotency-Key"] = str(uuid.uuid4())
        if if_match is not None:
            headers["If-Match"] = if_match
        answer = await self._send(method, path, body=body, headers=headers)
        if answer.is_success:
            return answer
        raise RefusedCallError(method, path, actor, answer.status_code, answer.text)

    async def _send(
        self, method: str, path: str, *, body: Mapping[str, Any] | None, headers: dict[str, str]
    ) -> httpx.Response:
        answer: httpx.Response | None = None
        for attempt in range(_TRIES):
            if attempt > 0:
                await asyncio.sleep(self._pause(attempt, answer))
            try:
                answer = await self._cases.request(method, path, json=body, headers=headers)
            except httpx.TransportError:
                continue
            if answer.status_code not in _RETRIED:
                return answer
        if answer is None:
            raise DemoError(f"No case service answers at {self._cases.base_url}: is the platform up? (make up)")
        return answer

    def _pause(self, attempt: int, answer: httpx.Response | None) -> float:
        ceiling = min(_FIRST_PAUSE_S * 2**attempt, _LONGEST_PAUSE_S)
        asked = answer.headers.get("retry-after", "") if answer is not None else ""
        least = min(float(asked), _LONGEST_PAUSE_S) if asked.isdigit() else 0.0
        return least + self._rng.uniform(0, ceiling)
