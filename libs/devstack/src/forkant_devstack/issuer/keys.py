"""Signing keys in one file, so that tokens outlive a restart of the issuer."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any, Final

from joserfc.jwk import ECKey, KeySet

ALGORITHM: Final = "ES256"


class KeyRing:
    """Private keys, newest first: the first signs, all are published."""

    def __init__(self, path: Path | None) -> None:
        """Read the keys of ``path``, or make a first key; without a path the keys live as long as the process."""
        self._path = path
        self._keys: list[ECKey] = []
        if path is not None and path.exists():
            self._keys = [ECKey.import_key(entry) for entry in json.loads(path.read_text())["keys"]]
        if not self._keys:
            self.rotate()

    @property
    def signing_key(self) -> ECKey:
        """The key that signs new tokens."""
        return self._keys[0]

    def public_set(self) -> dict[str, Any]:
        """Return the JWKS document of every key a verifier still accepts."""
        keys: dict[str, Any] = dict(self.key_set().as_dict(private=False))
        return keys

    def key_set(self) -> KeySet:
        """Return every key a verifier still accepts."""
        return KeySet(list(self._keys))

    def rotate(self, *, drop_old: bool = False) -> str:
        """Sign with a new key from now on and return its id; older keys stay published unless dropped."""
        key = ECKey.generate_key("P-256", {"use": "sig", "alg": ALGORITHM}, auto_kid=True)
        self._keys = [key] if drop_old else [key, *self._keys]
        self._save()
        return str(key.kid)

    def _save(self) -> None:
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        document = {"keys": [key.as_dict(private=True) for key in self._keys]}
        # Renamed into place, so that a crash never leaves half a key file.
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        with os.fdopen(handle, "w") as file:
            json.dump(document, file)
        Path(name).replace(self._path)
