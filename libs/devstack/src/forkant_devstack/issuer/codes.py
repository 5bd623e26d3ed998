"""Authorization codes and their PKCE proof."""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from forkant_devstack.issuer.personas import PUBLIC_CLIENTS, Persona

CODE_LIFETIME_SECONDS: Final = 60
LOOPBACK_HOSTS: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_CHALLENGE_LENGTH: Final = 43


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """A checked request of a browser client for a code."""

    client_id: str
    redirect_uri: str
    code_challenge: str
    state: str | None
    scope: str | None
    nonce: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a code stands for until it is exchanged."""

    request: AuthorizationRequest
    persona: Persona
    expires_at: float


class InvalidRequestError(Exception):
    """An authorization request that must not be answered by a redirect; the text says why."""


def is_loopback_redirect(uri: str) -> bool:
    """Tell whether ``uri`` is a plain http address on this machine, the only kind a code is sent to."""
    try:
        parts = urlsplit(uri)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        return False
    plain = parts.username is None and parts.password is None and not parts.fragment
    return parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS and port_is_valid and plain


def check_authorization(parameters: dict[str, str]) -> AuthorizationRequest:
    """Return the request that ``parameters`` make, or raise ``InvalidRequestError``."""
    if parameters.get("client_id") not in PUBLIC_CLIENTS:
        raise InvalidRequestError("client_id is not one of the public clients.")
    if not is_loopback_redirect(parameters.get("redirect_uri", "")):
        raise InvalidRequestError("redirect_uri must be an http address on this machine.")
    if parameters.get("response_type") != "code":
        raise InvalidRequestError("response_type must be code.")
    if parameters.get("code_challenge_method") != "S256":
        raise InvalidRequestError("code_challenge_method must be S256.")
    if len(parameters.get("code_challenge", "")) != _CHALLENGE_LENGTH:
        raise InvalidRequestError("code_challenge must be the base64url SHA-256 of the verifier.")
    return AuthorizationRequest(
        client_id=parameters["client_id"],
        redirect_uri=parameters["redirect_uri"],
        code_challenge=parameters["code_challenge"],
        state=parameters.get("state"),
        scope=parameters.get("scope"),
        nonce=parameters.get("nonce"),
    )


class CodeStore:
    """Codes that were handed out and not yet exchanged; each works once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._grants: dict[str, Grant] = {}

    def issue(self, request: AuthorizationRequest, persona: Persona) -> str:
        """Keep a grant for a minute and return its code."""
        now = self._clock()
        self._grants = {code: grant for code, grant in self._grants.items() if grant.expires_at > now}
        code = secrets.token_urlsafe(32)
        self._grants[code] = Grant(request=request, persona=persona, expires_at=now + CODE_LIFETIME_SECONDS)
        return code

    def redeem(self, *, code: str, client_id: str, redirect_uri: str, verifier: str) -> Grant | None:
        """Return the grant when everything matches; a code is spent by the first try, right or wrong."""
        grant = self._grants.pop(code, None)
        if grant is None or grant.expires_at <= self._clock():
            return None
        same_client = (grant.request.client_id, grant.request.redirect_uri) == (client_id, redirect_uri)
        return grant if same_client and _proves(verifier, grant.request.code_challenge) else None


def _proves(verifier: str, challenge: str) -> bool:
    digest = hashlib.sha256(verifier.encode()).digest()
    expected = base64.urlsafe_b64encode(digest).rstrip(b"=")
    return hmac.compare_digest(expected, challenge.encode())
