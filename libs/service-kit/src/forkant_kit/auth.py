"""Verifies access tokens (RFC 9068) against the issuer's published keys."""

import hashlib
import math
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jws import extract_compact

from forkant_kit.introspection import Introspection
from forkant_kit.issuer_documents import IssuerAddress, new_http_client
from forkant_kit.jwks import JwksCache
from forkant_kit.principal import Principal, invalid_token
from forkant_kit.revocation import Pace, Revocations
from forkant_kit.right import Right
from forkant_kit.settings import ApiSettings

__all__ = ["Principal", "TokenVerifier", "verifier_for"]

_KEY_TYPES: Final = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC", "EdDSA": "OKP"}
_TYPES: Final = frozenset({"at+jwt", "application/at+jwt"})
_KEY_BEARING: Final = frozenset({"jwk", "jku", "x5u", "x5c", "crit", "b64"})
_LEEWAY_S: Final = 5
_MAX_TOKEN: Final = 8 * 1024
_MAX_NAME: Final = 255
_MAX_ROLES: Final = 50
_LEVELS: Final = range(1, 10)
_REMEMBERED_S: Final = 30.0
_MAX_REMEMBERED: Final = 2048


class TokenVerifier:
    """Tells who sent an access token, or refuses it with a 401 problem; a good token is remembered for 30 seconds.

    With ``revocations`` a token must also hold at the issuer still; without it, it holds until it expires.
    """

    def __init__(
        self,
        *,
        issuer: IssuerAddress,
        audience: str,
        http: httpx.AsyncClient | None = None,
        clock: Callable[[], float] = time.time,
        jwks: JwksCache | None = None,
        revocations: Revocations | None = None,
    ) -> None:
        """Hold what tokens must say; nothing is fetched before the first token."""
        self._revocations = revocations
        self._issuer = issuer.name
        self._audience = audience
        self._clock = clock
        self._remembered: dict[bytes, tuple[Principal, float]] = {}
        self._own_http = new_http_client() if http is None and jwks is None else None
        self._jwks = jwks or JwksCache(issuer=issuer, http=http or self._own_http or new_http_client())

    async def verify(self, token: str) -> Principal:
        """Return the principal of a valid token.

        Raises:
            ProblemError: 401 ``invalid-token`` with a reason, or 503 when the issuer can't be asked for its keys or
                whether the token still holds.
        """
        if not token or not token.isascii():
            raise invalid_token("malformed")
        if len(token) > _MAX_TOKEN:
            raise invalid_token("too-long")
        # A client sends one token many times, and a signature costs more than the rest of a small request.
        digest = _digest(token)
        principal, until = self._remembered.get(digest, (None, 0.0))
        if principal is None or self._clock() >= until:
            principal = await self._verified(token)
            self._remember(digest, principal)
        # After the signature, or a stranger could have the issuer asked about anything.
        if self._revocations is not None:
            await self._revocations.require(token, digest)
        return principal

    def right(self, token: str, principal: Principal) -> Right:
        """Return the right to an answer that goes on, for a token that was verified."""
        watch = None if self._revocations is None else partial(self._revocations.watch, token, _digest(token))
        return Right(expires_at=principal.token_expires_at.timestamp(), watch=watch)

    def _remember(self, digest: bytes, principal: Principal) -> None:
        self._remembered.pop(digest, None)
        if len(self._remembered) >= _MAX_REMEMBERED:
            del self._remembered[next(iter(self._remembered))]
        until = min(self._clock() + _REMEMBERED_S, principal.token_expires_at.timestamp())
        self._remembered[digest] = (principal, until)

    async def _verified(self, token: str) -> Principal:
        algorithm, kid = _checked_header(token)
        key = await self._jwks.key(kid)
        if key is None:
            raise invalid_token("unknown-key")
        if key.key_type != _KEY_TYPES[algorithm] or key.get("alg", algorithm) != algorithm:
            raise invalid_token("wrong-algorithm")
        try:
            claims = jwt.decode(token, key, algorithms=[algorithm]).claims
        except (JoseError, ValueError, RecursionError):
            raise invalid_token("bad-signature") from None
        return self._principal(claims)

    async def aclose(self) -> None:
        """Close the HTTP client, unless it was passed in, and stop asking about tokens."""
        if self._revocations is not None:
            await self._revocations.aclose()
        if self._own_http is not None:
            await self._own_http.aclose()

    def _principal(self, claims: dict[str, Any]) -> Principal:
        if claims.get("iss") != self._issuer:
            raise invalid_token("wrong-issuer")
        if not _names(claims.get("aud"), self._audience):
            raise invalid_token("wrong-audience")
        expires_at = self._checked_times(claims)
        roles = claims.get("roles")
        if not isinstance(roles, list) or len(roles) > _MAX_ROLES or not all(_is_name(role) for role in roles):
            raise invalid_token("wrong-roles")
        return Principal(
            subject=_name(claims, "sub"),
            unit=_name(claims, "unit"),
            roles=frozenset(roles),
            client_id=_name(claims, "client_id" if "client_id" in claims else "azp"),
            token_expires_at=datetime.fromtimestamp(expires_at, UTC),
            clearance=_clearance(claims),
        )

    def _checked_times(self, claims: dict[str, Any]) -> float:
        now = self._clock()
        expires_at = _moment(claims, "exp")
        if expires_at + _LEEWAY_S <= now:
            raise invalid_token("expired")
        if _moment(claims, "iat") - _LEEWAY_S > now:
            raise invalid_token("issued-in-the-future")
        if "nbf" in claims and _moment(claims, "nbf") - _LEEWAY_S > now:
            raise invalid_token("not-yet-valid")
        return expires_at


def verifier_for(settings: ApiSettings) -> TokenVerifier:
    """Return the verifier of an API; without the credentials to ask the issuer, tokens hold until they expire."""
    issuer = IssuerAddress(settings.oidc_issuer, settings.oidc_discovery_url)
    client_id, secret = settings.introspection_client_id, settings.introspection_client_secret
    revocations = None
    if client_id is not None and secret is not None:
        introspection = Introspection(issuer=issuer, client_id=client_id, client_secret=secret)
        revocations = Revocations(introspection, pace=Pace(grace_s=settings.introspection_grace_seconds))
    return TokenVerifier(issuer=issuer, audience=settings.oidc_audience, revocations=revocations)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _checked_header(token: str) -> tuple[str, str]:
    try:
        header: dict[str, Any] = extract_compact(token.encode()).headers()
    except (JoseError, ValueError, RecursionError, TypeError, AttributeError):
        raise invalid_token("malformed") from None
    kind, algorithm, kid = header.get("typ"), header.get("alg"), header.get("kid")
    if not _KEY_BEARING.isdisjoint(header):
        raise invalid_token("forbidden-header")
    if not isinstance(kind, str) or kind.lower() not in _TYPES:
        raise invalid_token("wrong-type")
    if not isinstance(algorithm, str) or algorithm not in _KEY_TYPES:
        raise invalid_token("wrong-algorithm")
    if not _is_name(kid):
        raise invalid_token("no-key-id")
    return algorithm, str(kid)


def _names(audience: object, wanted: str) -> bool:
    return audience == wanted or (isinstance(audience, list) and wanted in audience)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _MAX_NAME and value.isprintable()


def _name(claims: dict[str, Any], claim: str) -> str:
    value = claims.get(claim)
    if not _is_name(value):
        raise invalid_token(f"wrong-{claim.replace('_', '-')}")
    return str(value)


def _clearance(claims: dict[str, Any]) -> int:
    value = claims.get("clearance", 1)
    # A bool is an int in Python.
    if isinstance(value, bool) or not isinstance(value, int) or value not in _LEVELS:
        raise invalid_token("wrong-clearance")
    return value


def _moment(claims: dict[str, Any], claim: str) -> float:
    value = claims.get(claim)
    # A bool is an int in Python, and a far-off number would not fit a datetime.
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise invalid_token(f"wrong-{claim.replace('_', '-')}")
    if not 0 <= value < 253_402_300_800:  # noqa: PLR2004 - the year 10000
        raise invalid_token(f"wrong-{claim.replace('_', '-')}")
    return value
