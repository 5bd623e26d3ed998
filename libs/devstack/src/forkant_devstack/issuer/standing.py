"""Which tokens still hold: what introspection (RFC 7662) tells and revocation (RFC 7009) ends."""

import time
from dataclasses import dataclass, field
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError

from forkant_devstack.issuer.keys import ALGORITHM, KeyRing

_TOLD: Final = ("iss", "aud", "sub", "exp", "iat", "client_id", "jti", "scope")


@dataclass(slots=True, kw_only=True)
class Standings:
    """What was revoked and who is disabled, for as long as the process lives."""

    keys: KeyRing
    issuer: str
    revoked: dict[str, float] = field(default_factory=dict)
    disabled: set[str] = field(default_factory=set)

    def claims(self, token: str) -> dict[str, Any] | None:
        """Return the claims of a token that this issuer signed and that has not run out, or nothing."""
        try:
            claims = jwt.decode(token, self.keys.key_set(), algorithms=[ALGORITHM]).claims
        except (JoseError, ValueError):
            return None
        ours = claims.get("iss") == self.issuer and isinstance(claims.get("exp"), int | float)
        return claims if ours and claims["exp"] > time.time() else None

    def introspect(self, token: str, *, client_id: str) -> dict[str, Any]:
        """Return the answer to a client: whoever is not named in the audience learns nothing, as with Keycloak."""
        claims = self.claims(token)
        if claims is None or client_id not in _audience(claims):
            return {"active": False}
        if claims.get("jti") in self.revoked or claims.get("sub") in self.disabled:
            return {"active": False}
        return {"active": True, "token_type": "Bearer"} | {name: claims[name] for name in _TOLD if name in claims}

    def revoke(self, token: str, *, client_id: str | None = None) -> None:
        """End a token, if it is one of the client's, or of whomever without a client."""
        claims = self.claims(token)
        if claims is None or client_id not in (None, claims.get("client_id")):
            return
        now = time.time()
        self.revoked = {jti: until for jti, until in self.revoked.items() if until > now}
        self.revoked[str(claims.get("jti"))] = claims["exp"]


def _audience(claims: dict[str, Any]) -> list[Any]:
    audience = claims.get("aud")
    return audience if isinstance(audience, list) else [audience]
