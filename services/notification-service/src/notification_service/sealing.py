"""Keeps webhook secrets encrypted in the database, so that a copy of it signs nothing.

Errors::

    UnsealError    a secret can't be read: its key is no longer among the keys given, or it was tampered with
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_KEY_BYTES: Final = 32
_ID_BYTES: Final = 4
_NONCE_BYTES: Final = 12


class UnsealError(Exception):
    """A sealed secret can't be read."""


def read_keys(text: str) -> tuple[bytes, ...]:
    """Read keys as settings give them: base64, separated by commas, the newest first.

    Raises:
        ValueError: there is none, or one is not 32 bytes in base64.
    """
    try:
        keys = tuple(base64.b64decode(part.strip(), validate=True) for part in text.split(","))
    except binascii.Error:
        raise ValueError("must be base64, several separated by commas") from None
    if any(len(key) != _KEY_BYTES for key in keys):
        raise ValueError(f"each key must be {_KEY_BYTES} bytes in base64")
    return keys


class Sealer:
    """Seals with the newest key and opens with any; what is sealed is bound to the endpoint it was made for."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Take the keys, the newest first."""
        self._newest = _key_id(keys[0])
        self._by_id = {_key_id(key): AESGCM(key) for key in keys}

    def seal(self, secret: bytes, *, endpoint_id: UUID) -> bytes:
        """Encrypt a secret."""
        nonce = os.urandom(_NONCE_BYTES)
        return self._newest + nonce + self._by_id[self._newest].encrypt(nonce, secret, endpoint_id.bytes)

    def unseal(self, sealed: bytes, *, endpoint_id: UUID) -> bytes:
        """Decrypt a secret.

        Raises:
            UnsealError: see the class.
        """
        key = self._by_id.get(sealed[:_ID_BYTES])
        if key is None:
            raise UnsealError("the key that sealed it is not among the keys given")
        nonce, text = sealed[_ID_BYTES : _ID_BYTES + _NONCE_BYTES], sealed[_ID_BYTES + _NONCE_BYTES :]
        try:
            return key.decrypt(nonce, text, endpoint_id.bytes)
        except InvalidTag:
            raise UnsealError("it was changed, or belongs to another endpoint") from None


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"forkant-key-id" + key).digest()[:_ID_BYTES]
