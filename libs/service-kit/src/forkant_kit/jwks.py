"""The issuer's signing keys: fetched once for everybody, kept, and never fetched again at a stranger's wish.

A token with an unknown key id makes one refresh, and then none for 30 seconds, however many such tokens come. While the
issuer is away, the keys already known stay good for a day.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final, Literal

import httpx
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, OKPKey, RSAKey

from forkant_kit.issuer_documents import IssuerAddress, IssuerUnavailableError, discover, fetch_object
from forkant_kit.principal import issuer_unavailable

Key = RSAKey | ECKey | OKPKey

_MIN_REFRESH_S: Final = 30.0
_RETRY_S: Final = 1.0
_FRESH_S: Final = 600.0
_STALE_S: Final = 24 * 3600.0
_MAX_KEYS: Final = 50
_MIN_RSA_BITS: Final = 2048
_CURVES: Final[dict[Literal["EC", "OKP"], str]] = {"EC": "P-256", "OKP": "Ed25519"}

_log = structlog.get_logger(__name__)


class JwksCache:
    """The issuer's keys by key id."""

    def __init__(
        self, *, issuer: IssuerAddress, http: httpx.AsyncClient, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Hold where to look; nothing is fetched yet."""
        self._issuer = issuer
        self._http = http
        self._clock = clock
        self._keys: dict[str, Key] = {}
        self._fetched_at: float | None = None
        self._next_try_at: float = float("-inf")
        self._lock = asyncio.Lock()

    async def key(self, kid: str) -> Key | None:
        """Return the key with this id, or None when the issuer has no such key.

        Raises:
            ProblemError: 503 ``identity-provider-unavailable`` when no usable keys are at hand.
        """
        key = self._keys.get(kid)
        if (key is None or not self._younger_than(_FRESH_S)) and self._clock() >= self._next_try_at:
            await self._refresh(kid)
            key = self._keys.get(kid)
        if not self._younger_than(_STALE_S):
            raise issuer_unavailable()
        return key

    def _younger_than(self, seconds: float) -> bool:
        return self._fetched_at is not None and self._clock() - self._fetched_at < seconds

    async def _refresh(self, kid: str) -> None:
        # A known key is as good during the refresh as before it, so only those in need wait for it.
        if kid in self._keys and self._lock.locked():
            return
        async with self._lock:
            if self._clock() < self._next_try_at:
                return
            try:
                self._keys = await self._fetch()
            except (httpx.HTTPError, httpx.InvalidURL, IssuerUnavailableError, ValueError) as error:
                self._next_try_at = self._clock() + _RETRY_S
                _log.warning(
                    "jwks_refresh_failed",
                    reason=str(error) if isinstance(error, IssuerUnavailableError) else type(error).__name__,
                )
                return
            self._fetched_at = self._clock()
            self._next_try_at = self._fetched_at + _MIN_REFRESH_S
            _log.info("jwks_refreshed", keys=len(self._keys))

    async def _fetch(self) -> dict[str, Key]:
        uri = await discover(self._http, issuer=self._issuer, name="jwks_uri")
        keys = (await fetch_object(self._http, uri, "jwks")).get("keys")
        if not isinstance(keys, list):
            raise IssuerUnavailableError("jwks has no keys")
        usable = {kid: key for data in keys[:_MAX_KEYS] if (kid := _kid(data)) and (key := _import(data)) is not None}
        if not usable:
            raise IssuerUnavailableError("jwks has no usable key")
        return usable


def _kid(data: Any) -> str | None:
    kid = data.get("kid") if isinstance(data, dict) else None
    return kid if isinstance(kid, str) and kid else None


def _import(data: dict[str, Any]) -> Key | None:
    """Import a public signing key of a kind that tokens may be signed with; anything else is passed over."""
    if data.get("use", "sig") != "sig" or data.get("kty") not in {"RSA", "EC", "OKP"}:
        return None
    if data["kty"] == "RSA" and len(str(data.get("n", ""))) * 6 < _MIN_RSA_BITS:
        return None
    public = {name: value for name, value in data.items() if name not in {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}}
    try:
        key = JWKRegistry.import_key(public)
    except (JoseError, ValueError, TypeError):
        _log.warning("jwks_key_refused", kty=data["kty"])
        return None
    if isinstance(key, RSAKey):
        return key
    if isinstance(key, (ECKey, OKPKey)):
        return key if data.get("crv") == _CURVES["EC" if isinstance(key, ECKey) else "OKP"] else None
    return None
