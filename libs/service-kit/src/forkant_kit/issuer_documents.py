"""What the issuer answers over HTTP: small JSON objects, from addresses that its discovery document names."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import orjson

from forkant_kit.certificates import saw_issuer
from forkant_kit.trust import system_trust

_DISCOVERY: Final = "/.well-known/openid-configuration"
_MAX_DOCUMENT: Final = 256 * 1024
_TIMEOUT_S: Final = 5.0


class IssuerUnavailableError(Exception):
    """The issuer gave no usable answer; the text says at which step, and holds nothing of what was asked."""


class ClientRefusedError(IssuerUnavailableError):
    """The issuer does not take the credentials of our own."""


@dataclass(frozen=True, slots=True)
class IssuerAddress:
    """The issuer's name, as tokens have it, and where its discovery document is looked for if not there."""

    name: str
    found_at: str | None = None

    @property
    def base(self) -> str:
        """What the document's path is appended to."""
        return (self.found_at or self.name).rstrip("/")


def new_http_client(*, connections: int = 100) -> httpx.AsyncClient:
    """Return a client for the issuer: system certificates, no redirects, no proxies from the environment."""
    return httpx.AsyncClient(
        timeout=_TIMEOUT_S,
        follow_redirects=False,
        trust_env=False,
        verify=system_trust(),
        limits=httpx.Limits(max_connections=connections, max_keepalive_connections=20),
    )


async def fetch_object(
    http: httpx.AsyncClient,
    url: str,
    step: str,
    *,
    form: dict[str, str] | None = None,
    auth: httpx.Auth | None = None,
) -> dict[str, Any]:
    """Return the JSON object at a URL, by POST when there is a form.

    Raises:
        ClientRefusedError: 401, which RFC 6749 (5.2) has for a client whose credentials are wrong.
        IssuerUnavailableError: another status than 200, more than 256 KiB, or no object.
        httpx.HTTPError: no answer at all.
        ValueError: no JSON.
    """
    body = bytearray()
    headers = {"Accept": "application/json"}
    method = "GET" if form is None else "POST"
    async with http.stream(method, url, headers=headers, data=form, auth=auth) as response:
        saw_issuer(response.extensions.get("network_stream"))
        if response.status_code != HTTPStatus.OK:
            refused = response.status_code == HTTPStatus.UNAUTHORIZED
            raise (ClientRefusedError if refused else IssuerUnavailableError)(f"{step} answered {response.status_code}")
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > _MAX_DOCUMENT:
                raise IssuerUnavailableError(f"{step} is too large")
    document = orjson.loads(body)
    if not isinstance(document, dict):
        raise IssuerUnavailableError(f"{step} is not an object")
    return document


async def discover(http: httpx.AsyncClient, *, issuer: IssuerAddress, name: str) -> str:
    """Return an address that the issuer's discovery document names, for example ``jwks_uri``.

    Raises:
        IssuerUnavailableError: the document is another issuer's, or has no such address over as safe a connection.
        httpx.HTTPError: no answer at all.
        ValueError: no JSON.
    """
    document = await fetch_object(http, f"{issuer.base}{_DISCOVERY}", "discovery")
    if document.get("issuer") != issuer.name:
        raise IssuerUnavailableError("discovery names another issuer")
    uri = document.get(name)
    if not isinstance(uri, str) or urlsplit(uri).scheme not in {"https", urlsplit(issuer.base).scheme}:
        raise IssuerUnavailableError(f"discovery has no usable {name}")
    return uri
