"""A service's own access token: OAuth 2.0 client credentials (RFC 6749, 4.4), kept until shortly before it ends."""

import asyncio
import time
from dataclasses import dataclass
from typing import Final

import httpx
from pydantic import SecretStr

from forkant_kit.client_secrets import ClientSecrets
from forkant_kit.issuer_documents import IssuerAddress, IssuerUnavailableError, discover, new_http_client

_EARLY_S: Final = 30.0
"""Seconds before its end at which a token is no longer used, so that none ends on its way."""
_UNSTATED_S: Final = 60.0
"""How long a token is kept of which the issuer does not say when it ends."""


@dataclass(frozen=True, slots=True)
class _Token:
    value: str
    until: float


class ClientCredentials:
    """The tokens of one client: several callers at once lead to one question to the issuer."""

    def __init__(
        self, *, issuer: IssuerAddress, client_id: str, client_secret: SecretStr, http: httpx.AsyncClient | None = None
    ) -> None:
        """Hold whom to ask and as whom; nothing is asked yet."""
        self._issuer = issuer
        self._client = ClientSecrets(client_id, client_secret)
        self._http = http or new_http_client(connections=1)
        self._asking = asyncio.Lock()
        self._kept: _Token | None = None

    async def token(self) -> str:
        """Return a token that holds for a while.

        Raises:
            IssuerUnavailableError: the issuer gave no usable answer, also to wrong credentials of our own.
            httpx.HTTPError: no answer at all.
            ValueError: no JSON.
        """
        async with self._asking:
            if self._kept is None or time.monotonic() >= self._kept.until:
                self._kept = None
                self._kept = await self._fetch()
            return self._kept.value

    def forget(self) -> None:
        """Ask for a new token next time: the one that was given is not taken any more, though it has not ended."""
        self._kept = None

    async def _fetch(self) -> _Token:
        asked_at = time.monotonic()
        endpoint = await discover(self._http, issuer=self._issuer, name="token_endpoint")
        form = {"grant_type": "client_credentials"}
        answer = await self._client.ask(self._http, endpoint, "token", form=form)
        value, lasts = answer.get("access_token"), answer.get("expires_in", _UNSTATED_S)
        if not isinstance(value, str) or not value or str(answer.get("token_type", "")).lower() != "bearer":
            raise IssuerUnavailableError("token is no bearer token")
        if isinstance(lasts, bool) or not isinstance(lasts, int | float):
            raise IssuerUnavailableError("token does not say how long it holds")
        # One that is given for less than twice the margin is used for half of its time.
        return _Token(value, asked_at + max(lasts - _EARLY_S, lasts / 2))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()
