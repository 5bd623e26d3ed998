"""Signatures of webhooks by the Standard Webhooks specification, version v1 (HMAC-SHA256)."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Final

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - the prefix that the specification gives, not a secret
SECRET_BYTES: Final = 32


def secret_text(secret: bytes) -> str:
    """Write a secret as its owner gets it."""
    return SECRET_PREFIX + base64.b64encode(secret).decode()


def signature_input(*, message_id: str, timestamp: int, body: bytes) -> bytes:
    """Return the bytes that are signed."""
    return b".".join((message_id.encode(), str(timestamp).encode(), body))


def signature_headers(*, message_id: str, sent_at: datetime, body: bytes, secrets: Sequence[bytes]) -> dict[str, str]:
    """Return the three headers; each valid secret signs, so a receiver may take up a new one at its own time."""
    timestamp = int(sent_at.timestamp())
    signed = signature_input(message_id=message_id, timestamp=timestamp, body=body)
    digests = (hmac.new(secret, signed, hashlib.sha256).digest() for secret in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests),
    }
