"""Ed25519 keys of the Standard Webhooks specification, version v1a: its owner verifies without sharing a secret."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A new key: the private half is sealed and kept, the public half is for everybody."""

    private: bytes
    public: bytes

    @classmethod
    def make(cls) -> Self:
        """Make a key from the system's randomness."""
        key = Ed25519PrivateKey.generate()
        return cls(key.private_bytes_raw(), key.public_key().public_bytes_raw())


@dataclass(frozen=True, slots=True)
class Signers:
    """What signs the messages of one endpoint now: shared secrets (v1) and private keys (v1a), the newest first."""

    secrets: Sequence[bytes] = ()
    keys: Sequence[bytes] = ()

    def __bool__(self) -> bool:
        """Whether anything signs."""
        return bool(self.secrets or self.keys)

    def asymmetric(self, signed: bytes) -> list[bytes]:
        """Return the signature of each private key."""
        return [Ed25519PrivateKey.from_private_bytes(key).sign(signed) for key in self.keys]
