"""Keyed hashes of words, so that words can be looked for in a database that holds none of them.

A word becomes a number of 64 bits under a key that is derived from the service's keys: whoever has the database alone
can't say which word a number is, nor try words out. What stays visible is that two rows hold the same word of the same
context, and how often. Numbers of different contexts have nothing in common.
"""

import hmac
from collections.abc import Sequence
from hashlib import blake2b, sha256
from typing import Final

from forkant_kit.keyring import Keyring

_PURPOSE: Final = b"forkant-blind-words"
_MARKS: Final = b"forkant-subject-marks"
_BYTES: Final = 8


class Blinder:
    """Hashes words under each of the service's keys: with the newest to write, with all of them to look for."""

    def __init__(self, keyring: Keyring) -> None:
        """Derive the keys."""
        self._keys: Final = keyring.derived(_PURPOSE)
        self.newest: Final = keyring.names[0]
        """Name of the key that words are written under now, as people read it."""

    def written(self, word: str, *, context: str) -> int:
        """Return the number that a word is written as now."""
        return _number(self._keys[0], word, context)

    def sought(self, word: str, *, context: str) -> Sequence[int]:
        """Return the numbers that a word may have been written as: one for each key, the newest first."""
        return [_number(key, word, context) for key in self._keys]


class Marker:
    """Makes marks by which the same secret is known again, and nothing else of it: HMAC-SHA256 under derived keys.

    Whoever keeps a mark under each key finds what was marked before and after a rotation, as long as both knew one key.
    """

    def __init__(self, keyring: Keyring) -> None:
        """Derive the keys."""
        self._keys: Final = keyring.derived(_MARKS)

    def marks(self, secret: str) -> list[bytes]:
        """Return the marks of a secret under each key, the newest first."""
        return [hmac.digest(key, secret.encode(), sha256) for key in self._keys]


def _number(key: bytes, word: str, context: str) -> int:
    # BLAKE2b takes a key of its own (RFC 7693). Neither part holds a NUL, so that no two pairs are hashed alike.
    digest = blake2b(f"{context}\0{word}".encode(), key=key, digest_size=_BYTES).digest()
    return int.from_bytes(digest, signed=True)
