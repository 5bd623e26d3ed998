"""Asks the issuer whether a token still holds: OAuth 2.0 token introspection (RFC 7662), as a client of its own."""

import asyncio
from typing import Final

import httpx
from pydantic import SecretStr

from forkant_kit.client_secrets import ClientSecrets
from forkant_kit.issuer_documents import IssuerAddress, IssuerUnavailableError, discover, new_http_client

_AT_ONCE: Final = 32


class Introspection:
    """One question to the issuer's introspection endpoint, which its discovery document names."""

    def __init__(
        self, *, issuer: IssuerAddress, client_id: str, client_secret: SecretStr, http: httpx.AsyncClient | None = None
    ) -> None:
        """Hold whom to ask and as whom; nothing is asked yet."""
        self._issuer = issuer
        self._client = ClientSecrets(client_id, client_secret)
        self._http = http or new_http_client(connections=_AT_ONCE)
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._endpoint: str | None = None

    async def is_active(self, token: str) -> bool:
        """Return whether the token still holds: not expired, not revoked, its session open and its user enabled.

        Raises:
            IssuerUnavailableError: the issuer gave no usable answer, also to wrong credentials of our own.
            httpx.HTTPError: no answer at all.
            ValueError: no JSON.
        """
        async with self._places:
            if self._endpoint is None:
                self._endpoint = await discover(self._http, issuer=self._issuer, name="introspection_endpoint")
            form = {"token": token, "token_type_hint": "access_token"}
            try:
                answer = await self._client.ask(self._http, self._endpoint, "introspection", form=form)
            except (IssuerUnavailableError, httpx.HTTPError, ValueError):
                # It may have moved.
                self._endpoint = None
                raise
        active = answer.get("active")
        if not isinstance(active, bool):
            raise IssuerUnavailableError("introspection says neither active nor not")
        return active

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()
