"""What a receiver of webhooks makes of one request: is it from the platform, is it new, and what does it tell."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

TOLERANCE_S: Final = 300
"""How far the time of a message may be from ours, either way: five minutes, as the specification advises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One request: by which kinds of signature it verified (none: it is not from the platform), and what it says."""

    verified: tuple[str, ...]
    message_id: str
    repeat: bool = False
    type: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sequence(self) -> int | None:
        """Its number among what the endpoint is sent."""
        number = self.data.get("sequence")
        return number if isinstance(number, int) else None


@dataclass(slots=True, kw_only=True)
class Inspector:
    """Verifies by the Standard Webhooks specification, and remembers which messages and numbers came."""

    secret: bytes | None
    public_keys: Sequence[bytes] = ()
    _ids: set[str] = field(default_factory=set)
    _numbers: set[int] = field(default_factory=set)

    def inspect(self, headers: Mapping[str, str], body: bytes, *, now: float) -> Seen:
        """Verify a request; of one that does not verify nothing is believed. Names of headers are in lower case."""
        message_id, sent_at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        verified = self._verified(message_id, sent_at, headers.get("webhook-signature", ""), body, now)
        if not verified:
            return Seen(verified=(), message_id=message_id)
        document = json.loads(body)
        seen = Seen(
            verified=verified,
            message_id=message_id,
            repeat=message_id in self._ids,
            type=document["type"],
            data=document["data"],
        )
        self._ids.add(message_id)
        if seen.sequence is not None:
            self._numbers.add(seen.sequence)
        return seen

    def missing(self) -> list[int]:
        """Return the numbers below the highest that have not come: still on their way, or dead letters."""
        return sorted(set(range(1, max(self._numbers, default=0))) - self._numbers)

    def _verified(self, message_id: str, sent_at: str, signatures: str, body: bytes, now: float) -> tuple[str, ...]:
        if not message_id or not (sent_at.isascii() and sent_at.isdigit()) or abs(now - int(sent_at)) > TOLERANCE_S:
            return ()
        signed = f"{message_id}.{sent_at}.".encode() + body
        checks = {"v1": self._by_secret, "v1a": self._by_key}
        found = {
            version
            for version, _, written in (each.partition(",") for each in signatures.split(" "))
            if version in checks and checks[version](signed, written)
        }
        return tuple(sorted(found))

    def _by_secret(self, signed: bytes, written: str) -> bool:
        if self.secret is None:
            return False
        expected = base64.b64encode(hmac.new(self.secret, signed, hashlib.sha256).digest())
        return hmac.compare_digest(expected, written.encode())

    def _by_key(self, signed: bytes, written: str) -> bool:
        return any(_verifies(key, signed, written) for key in self.public_keys)


def _verifies(key: bytes, signed: bytes, written: str) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(base64.b64decode(written, validate=True), signed)
    except (InvalidSignature, binascii.Error):
        return False
    return True
