"""Access tokens of the development log-in: this package's own, or Keycloak's with the same people."""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import httpx

from forkant_devstack.issuer.personas import CLI_CLIENT, SERVICE_IDENTITIES, SERVICE_SECRET
from forkant_devstack.process import DevstackError

_TIMEOUT_S: Final = 10.0
_OF_KEYCLOAK: Final = "/realms/"
_NO_SUCH_PERSONA: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND})


@dataclass(frozen=True, slots=True)
class DevToken:
    """A token, and how many seconds it is good for."""

    text: str
    seconds: float


def dev_token(issuer_url: str, persona: str) -> str:
    """Return an access token of a persona.

    Raises:
        DevstackError: there is no such persona, or the log-in does not answer.
    """
    url, form = _question(issuer_url, persona)
    data = None if form is None else urllib.parse.urlencode(form).encode()
    request = urllib.request.Request(url, data=data, headers={"Accept": "application/json"})  # noqa: S310 - our own
    try:
        # Past any proxy: it is on this machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=_TIMEOUT_S) as answer:
            return _token(answer.read().decode()).text
    except urllib.error.HTTPError as error:
        raise _refused(issuer_url, persona, error.code) from error
    except OSError as error:
        raise _silent(issuer_url) from error


async def fetch_dev_token(http: httpx.AsyncClient, issuer_url: str, persona: str) -> DevToken:
    """Return an access token of a persona.

    Raises:
        DevstackError: there is no such persona, or the log-in does not answer.
    """
    url, form = _question(issuer_url, persona)
    method = "GET" if form is None else "POST"
    try:
        answer = await http.request(method, url, data=form, headers={"Accept": "application/json"})
    except httpx.TransportError as error:
        raise _silent(issuer_url) from error
    if not answer.is_success:
        raise _refused(issuer_url, persona, answer.status_code)
    return _token(answer.text)


def _question(issuer_url: str, persona: str) -> tuple[str, Mapping[str, str] | None]:
    """Return where to ask, and the form to send, if any."""
    if _OF_KEYCLOAK not in issuer_url:
        return f"{issuer_url}/dev/token?{urllib.parse.urlencode({'as': persona})}", None
    url = f"{issuer_url}/protocol/openid-connect/token"
    if persona in SERVICE_IDENTITIES:
        return url, {"grant_type": "client_credentials", "client_id": persona, "client_secret": SERVICE_SECRET}
    who = {"username": persona, "password": SERVICE_SECRET}
    return url, {"grant_type": "password", "client_id": CLI_CLIENT, **who}


def _token(answer: str) -> DevToken:
    told = json.loads(answer)
    return DevToken(str(told["access_token"]), float(told["expires_in"]))


def _silent(issuer_url: str) -> DevstackError:
    return DevstackError(f"the log-in at {issuer_url} does not answer", hint="is the platform up? (make up)")


def _refused(issuer_url: str, persona: str, status: int) -> DevstackError:
    if status not in _NO_SUCH_PERSONA:
        return DevstackError(f"the log-in at {issuer_url} gives no token: it answered {status}")
    return DevstackError(
        f"there is no persona {persona}",
        hint="take one like officer-oslo, lead-troms, analyst-vest, pod-analyst, pod-methods, pod-admin or auditor",
    )
