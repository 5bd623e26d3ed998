"""The demo's way into the platform: the case service's typed client for each of many personas, and no hidden errors.

Errors::

    DemoError               the demo can't go on; the text says what to do
    └── RefusedCallError    the platform answered a call with a problem document
"""

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self
from uuid import UUID

import httpx
from forkant_case_client import Answer, CaseService, RefusedError, Transport
from forkant_case_client.operations import ROUTES
from forkant_case_client.routes import find

from forkant_devstack.process import DevstackError
from forkant_devstack.stack.dev_token import fetch_dev_token

_TRIES: Final = 8
_TOKEN_MARGIN_S: Final = 60.0
_NAME: Final = re.compile(r"\{([^}]*)\}")


class DemoError(Exception):
    """The demo can't go on."""


@dataclass(eq=False)
class RefusedCallError(DemoError):
    """A call was answered with something else than success."""

    call: str
    actor: str
    refusal: RefusedError

    def __str__(self) -> str:
        """Show the call and what the problem document says."""
        facts = "".join(f"\n  {name}: {value}" for name, value in self.refusal.facts.items())
        return f"{self.call} as {self.actor} was refused: {self.refusal}{facts}"


class PlatformClient:
    """Calls the case service as any persona."""

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
        self._issuer = httpx.AsyncClient(timeout=10, transport=transport, trust_env=False)
        self._issuer_url = issuer_url
        self._tokens: dict[str, tuple[str, float]] = {}

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
        token, until = self._tokens.get(persona, ("", 0.0))
        if token and time.monotonic() < until:
            return token
        try:
            fresh = await fetch_dev_token(self._issuer, self._issuer_url, persona)
        except DevstackError as error:
            raise DemoError(f"{error.message}: {error.hint}") from None
        self._tokens[persona] = (fresh.text, time.monotonic() + fresh.seconds - _TOKEN_MARGIN_S)
        return fresh.text

    def service(self, actor: str) -> CaseService:
        """Return the case service as a persona sees it."""
        return CaseService(Transport(self._cases, token=lambda: self.token(actor), tries=_TRIES))

    async def call(
        self,
        method: str,
        path: str,
        *,
        actor: str,
        ids: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        if_match: str | None = None,
    ) -> Answer[Any]:
        """Make the call of a route, with names of ``ids`` in braces, and return its successful answer.

        Raises:
            LookupError: the service has no such operation.
            pydantic.ValidationError: the body is none of the operation's.
            RefusedCallError: the platform refused, or was still busy after all tries.
            DemoError: nothing answers.
        """
        route = find(ROUTES, method=method, path=path)
        operation = getattr(self.service(actor), route.name)
        given: list[Any] = [UUID((ids or {})[name]) for name in _NAME.findall(path)]
        if route.body is not None:
            given.append(route.body.model_validate(body or {}))
        with self._told(f"{method} {path}", actor):
            answer: Answer[Any] = await operation(*given, **({} if if_match is None else {"if_match": if_match}))
            return answer

    @contextmanager
    def _told(self, call: str, actor: str) -> Iterator[None]:
        try:
            yield
        except RefusedError as refusal:
            raise RefusedCallError(call, actor, refusal) from None
        except httpx.TransportError:
            raise DemoError(
                f"No case service answers at {self._cases.base_url}: is the platform up? (make up)"
            ) from None
