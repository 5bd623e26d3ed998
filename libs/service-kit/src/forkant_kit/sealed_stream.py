"""Encryption of what is too large for one piece: sealed in segments, and opened piece by piece as it was sealed.

The form is Tink's AES-GCM-HKDF streaming AEAD with 1 MiB segments (template ``AES256_GCM_HKDF_1MB``), which follows
Hoang and Shen, "Security of Streaming Encryption in Google's Tink Library" (CCS 2020). Each stream has a key of its
own, derived from the given key, a random salt and the context; each segment is sealed under its number and whether it
is the last, so that a segment that is missing, added, moved, or of another stream is found before it is handed on. The
primitives are those of ``cryptography``; a test holds the form to Tink itself, both ways.

Errors::

    UnsealError    see :mod:`forkant_kit.keyring`
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from forkant_kit.keyring import KEY_BYTES, UnsealError

SEGMENT: Final = 1024 * 1024
"""Bytes of a sealed segment; the last one may be shorter."""
_TAG: Final = 16
_PREFIX: Final = 7
_HEADER: Final = 1 + KEY_BYTES + _PREFIX
_FIRST: Final = SEGMENT - _TAG - _HEADER
_OTHER: Final = SEGMENT - _TAG


def segments_of(size: int) -> int:
    """Return how many segments a stream of so many bytes has."""
    return 1 if size <= _FIRST else 1 + -(-(size - _FIRST) // _OTHER)


@dataclass(frozen=True, slots=True, repr=False)
class _Stream:
    """The key and the prefix of nonces of one stream."""

    cipher: AESGCM
    prefix: bytes

    @classmethod
    def of(cls, key: bytes, context: bytes, salt: bytes, prefix: bytes) -> Self:
        derived = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=context).derive(key)
        return cls(AESGCM(derived), prefix)

    def nonce(self, position: int, *, last: bool) -> bytes:
        return self.prefix + position.to_bytes(4, "big") + bytes([last])


class StreamSealer:
    """Seals one stream: takes plain pieces of any length, gives sealed segments in order."""

    def __init__(self, key: bytes, *, context: bytes) -> None:
        """Begin a stream under a key of 32 bytes; ``context`` names what it is of, and opens nothing else."""
        salt, prefix = os.urandom(KEY_BYTES), os.urandom(_PREFIX)
        self._header = bytes([_HEADER]) + salt + prefix
        self._stream = _Stream.of(key, context, salt, prefix)
        self._position = 0
        self._waiting = bytearray()

    def add(self, plain: bytes) -> Iterator[bytes]:
        """Take a piece, and give the segments that it completes."""
        self._waiting += plain
        # A full segment waits for what follows it: only then it is known not to be the last.
        while len(self._waiting) > self._room():
            room = self._room()
            piece = bytes(self._waiting[:room])
            del self._waiting[:room]
            yield self._seal(piece, last=False)

    def end(self) -> bytes:
        """Give the last segment."""
        return self._seal(bytes(self._waiting), last=True)

    def _room(self) -> int:
        return _FIRST if self._position == 0 else _OTHER

    def _seal(self, plain: bytes, *, last: bool) -> bytes:
        sealed = self._stream.cipher.encrypt(self._stream.nonce(self._position, last=last), plain, None)
        header = self._header if self._position == 0 else b""
        self._position += 1
        return header + sealed


class StreamOpener:
    """Opens one stream: takes its segments in order, gives what was sealed; nothing is given that was not checked."""

    def __init__(self, key: bytes, *, context: bytes) -> None:
        """Open with the key and the context that it was sealed with."""
        self._key, self._context = key, context
        self._stream: _Stream | None = None
        self._position = 0

    def open(self, segment: bytes, *, last: bool) -> bytes:
        """Return what the next segment holds; ``last`` says that none follows.

        Raises:
            UnsealError: it was changed, is not the next one, or is not the last one though it should be.
        """
        body = segment
        if self._stream is None:
            header, body = segment[:_HEADER], segment[_HEADER:]
            if len(header) != _HEADER or header[0] != _HEADER:
                raise UnsealError("it is of a form that this release does not know")
            self._stream = _Stream.of(self._key, self._context, header[1:-_PREFIX], header[-_PREFIX:])
        try:
            plain = self._stream.cipher.decrypt(self._stream.nonce(self._position, last=last), body, None)
        except (InvalidTag, ValueError):
            raise UnsealError("a segment was changed, moved, left out or added, or is of another stream") from None
        self._position += 1
        return plain
