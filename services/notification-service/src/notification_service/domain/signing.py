"""Signatures of webhooks by the Standard Webhooks specification: v1 (HMAC-SHA256) and v1a (Ed25519).

The private keys of v1a are used by :mod:`notification_service.signing_keys`; here stand the forms of the specification.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - the prefix that the specification gives, not a secret
SECRET_BYTES: Final = 32
PUBLIC_KEY_PREFIX: Final = "whpk_"


class Signature(StrEnum):
    """How a message is signed: with a secret that both know, or with a key of ours whose public half they know."""

    V1 = "v1"
    V1A = "v1a"


def secret_text(secret: bytes) -> str:
    """Write a secret as its owner gets it."""
    return SECRET_PREFIX + base64.b64encode(secret).decode()


def public_key_text(key: bytes) -> str:
    """Write a public key as anybody gets it."""
    return PUBLIC_KEY_PREFIX + base64.b64encode(key).decode()


def signature_input(*, message_id: str, timestamp: int, body: bytes) -> bytes:
    """Return the bytes that are signed."""
    return b".".join((message_id.encode(), str(timestamp).encode(), body))


def _no_keys(_signed: bytes) -> Sequence[bytes]:
    return ()


def signature_headers(
    *,
    message_id: str,
    sent_at: datetime,
    body: bytes,
    secrets: Sequence[bytes],
    asymmetric: Callable[[bytes], Sequence[bytes]] = _no_keys,
) -> dict[str, str]:
    """Return the three headers; each valid secret signs, so a receiver may take up a new one at its own time.

    ``asymmetric`` returns the signature of each valid private key.
    """
    timestamp = int(sent_at.timestamp())
    signed = signature_input(message_id=message_id, timestamp=timestamp, body=body)
    digests = (hmac.new(secret, signed, hashlib.sha256).digest() for secret in secrets)
    written = [f"{Signature.V1},{base64.b64encode(digest).decode()}" for digest in digests]
    written += [f"{Signature.V1A},{base64.b64encode(each).decode()}" for each in asymmetric(signed)]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(written),
    }
