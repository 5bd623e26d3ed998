"""Encrypts short secrets under the service's own keys, so that a copy of the database alone reveals none of them.

AES-256-GCM from ``cryptography``; each sealed value names the key that sealed it and is bound to a context (the row it
belongs to), so that it opens nowhere else.

Errors::

    UnsealError    a value can't be opened: its key is no longer given, it was changed, or it belongs elsewhere
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES: Final = 32
_ID_BYTES: Final = 4
_NONCE_BYTES: Final = 12


class UnsealError(Exception):
    """A sealed value can't be opened."""


def read_keys(text: str) -> tuple[bytes, ...]:
    """Read keys as settings give them: base64, separated by commas, the newest first.

    Raises:
        ValueError: there is none, or one is not 32 bytes in base64.
    """
    try:
        keys = tuple(base64.b64decode(part.strip(), validate=True) for part in text.split(","))
    except binascii.Error:
        raise ValueError("must be base64, several separated by commas") from None
    if any(len(key) != KEY_BYTES for key in keys):
        raise ValueError(f"each key must be {KEY_BYTES} bytes in base64")
    return keys


class Keyring:
    """Seals with the newest key and opens with any of those given."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Take the keys, the newest first.

        Raises:
            ValueError: there is none, or two of them are named alike (one in four thousand million pairs).
        """
        if not keys:
            raise ValueError("give at least one key")
        self.newest: Final = _key_id(keys[0])
        """Name of the key that seals now."""
        self._keys: Final = tuple(keys)
        self._by_id: Final = {_key_id(key): AESGCM(key) for key in keys}
        self.names: Final = tuple(key.hex() for key in self._by_id)
        """Names of all keys given, the newest first, as people read them; they tell nothing of the keys."""
        if len(self._by_id) != len(set(keys)):
            raise ValueError("two keys have the same name: make one of them anew")

    def seal(self, secret: bytes, *, context: bytes) -> bytes:
        """Encrypt a secret for a context."""
        nonce = os.urandom(_NONCE_BYTES)
        return self.newest + nonce + self._by_id[self.newest].encrypt(nonce, secret, context)

    def unseal(self, sealed: bytes, *, context: bytes) -> bytes:
        """Decrypt a secret.

        Raises:
            UnsealError: see the class.
        """
        key = self._by_id.get(sealed[:_ID_BYTES])
        if key is None:
            raise UnsealError("the key that sealed it is not among the keys given: give the older keys too")
        nonce, text = sealed[_ID_BYTES : _ID_BYTES + _NONCE_BYTES], sealed[_ID_BYTES + _NONCE_BYTES :]
        try:
            return key.decrypt(nonce, text, context)
        except (InvalidTag, ValueError):
            raise UnsealError("it was changed, or belongs elsewhere") from None

    def derived(self, purpose: bytes) -> tuple[bytes, ...]:
        """Return a key for another purpose from each of the keys, in the order of :attr:`names`.

        They tell nothing of the keys that they come from, nor of those for another purpose (HKDF-SHA256, RFC 5869).
        """
        return tuple(
            HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(key) for key in self._keys
        )


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"forkant-key-id" + key).digest()[:_ID_BYTES]
