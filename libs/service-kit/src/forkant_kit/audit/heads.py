"""The head of the chain: where it stands and what it hashes to, signed, and published where the database can't reach.

Whoever owns the database can make a whole chain anew, but not the heads that others hold already.
"""

import asyncio
import base64
import binascii
import hashlib
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

import orjson
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from forkant_kit.audit.standalone import signed_form

HeadSink = Callable[[Mapping[str, Any]], Awaitable[None]]
"""Takes a signed head to where it is kept; returns when it is safe there."""

_SEED_BYTES: Final = 32
_log = structlog.get_logger(__name__)


class HeadKey:
    """The Ed25519 key that signs heads; its id comes from its public half, which others keep."""

    def __init__(self, seed: bytes) -> None:
        """Take the 32 secret bytes."""
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        public = self._private.public_key().public_bytes_raw()
        self.public: Final = base64.b64encode(public).decode()
        """The public key, as the file of known keys has it."""
        self.id: Final = hashlib.sha256(public).hexdigest()[:16]
        """What heads name the key by."""

    def sign(
        self, head: Mapping[str, Any], *, form: Callable[[Mapping[str, Any]], bytes] = signed_form
    ) -> dict[str, Any]:
        """Return the head with this key's id and signature; ``form`` gives what is signed."""
        named = {**head, "key": self.id}
        return {**named, "signature": base64.b64encode(self._private.sign(form(named))).decode()}


def read_seed(text: str) -> bytes:
    """Read a signing key as settings give it.

    Raises:
        ValueError: it is not base64 of 32 bytes.
    """
    try:
        seed = base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        seed = b""
    if len(seed) != _SEED_BYTES:
        raise ValueError("must be base64 of 32 random bytes; `python -m forkant_kit.audit key` makes one")
    return seed


def file_sink(path: Path) -> HeadSink:
    """Return a sink that appends lines to a file; keep the file where the database's owner can't write."""

    def append(line: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # One write in append mode, so that two processes never mix their lines.
        place = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
        try:
            os.write(place, line)
            os.fsync(place)
        finally:
            os.close(place)

    async def publish(head: Mapping[str, Any]) -> None:
        await asyncio.to_thread(append, orjson.dumps(head) + b"\n")

    return publish


async def log_sink(head: Mapping[str, Any]) -> None:
    """Publish a head as a log line, which goes wherever the logs are shipped to."""
    _log.info("audit_head", **{("chain_at" if name == "at" else name): value for name, value in head.items()})
