"""Access tokens in the shape of RFC 9068, as the platform's services expect them."""

import time
import uuid
from typing import Any, Final

from joserfc import jwt
from joserfc.jwk import ECKey

from forkant_devstack.issuer.keys import ALGORITHM, KeyRing
from forkant_devstack.issuer.personas import Persona

AUDIENCE: Final = "forkant"
LIFETIME_SECONDS: Final = 8 * 60 * 60


def access_claims(*, issuer: str, persona: Persona, client_id: str, scope: str | None = None) -> dict[str, Any]:
    """Return the claims of an access token for ``persona``, valid from now."""
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": issuer,
        "aud": AUDIENCE,
        "sub": persona.name,
        "iat": now,
        "exp": now + LIFETIME_SECONDS,
        "jti": str(uuid.uuid4()),
        "client_id": client_id,
        "unit": persona.unit,
        "roles": [role.value for role in persona.roles],
        "clearance": persona.clearance,
    }
    return claims | {"scope": scope} if scope else claims


def identity_claims(*, issuer: str, persona: Persona, client_id: str, nonce: str | None) -> dict[str, Any]:
    """Return the claims of an OIDC id token for a browser client."""
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": issuer,
        "aud": client_id,
        "sub": persona.name,
        "iat": now,
        "exp": now + LIFETIME_SECONDS,
        "name": persona.title,
    }
    return claims | {"nonce": nonce} if nonce else claims


def sign(claims: dict[str, Any], *, key: KeyRing | ECKey, typ: str = "at+jwt") -> str:
    """Sign ``claims`` with the ring's current key or with the given key."""
    signing = key.signing_key if isinstance(key, KeyRing) else key
    return jwt.encode({"typ": typ, "alg": ALGORITHM, "kid": signing.kid}, claims, signing)
