"""The keys that the case service's free text is sealed under: kept in the secret store, the newest first.

A key is never lost sight of before nothing needs it: without it, what people wrote can't be read again.
"""

import base64
import json
import secrets
import time
from dataclasses import dataclass
from typing import Final

from forkant_kit.keyring import KEY_BYTES, Keyring, read_keys

from forkant_devstack.stack.secret_store import SecretStore

_NAME: Final = "case_text_keys"


@dataclass(frozen=True, slots=True)
class TextKeys:
    """The keys as settings give them, and when the newest was made, in Unix time."""

    keys: tuple[str, ...]
    made_at: float

    @property
    def setting(self) -> str:
        """What processes read."""
        return ",".join(self.keys)

    @property
    def keyring(self) -> Keyring:
        """The keys to seal and open with."""
        return Keyring(read_keys(self.setting))


def text_keys(store: SecretStore) -> TextKeys:
    """Return the keys; the first is made when there is none."""
    known = store.find(_NAME)
    if known is None:
        return _kept(store, (_new(),))
    found = json.loads(known)
    return TextKeys(keys=tuple(found["keys"]), made_at=found["made_at"])


def begin_rotation(store: SecretStore) -> TextKeys:
    """Put a new key before the others; it seals from the next start on."""
    return _kept(store, (_new(), *text_keys(store).keys))


def end_rotation(store: SecretStore) -> TextKeys:
    """Destroy all keys but the newest; to be called when nothing is sealed under them."""
    now = text_keys(store)
    store.put(_NAME, json.dumps({"keys": now.keys[:1], "made_at": now.made_at}))
    return text_keys(store)


def _kept(store: SecretStore, keys: tuple[str, ...]) -> TextKeys:
    made = TextKeys(keys=keys, made_at=time.time())
    store.put(_NAME, json.dumps({"keys": made.keys, "made_at": made.made_at}))
    return made


def _new() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
