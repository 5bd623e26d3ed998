"""Settings of who writes and reads sealed text: an API's, and of whoever seals the data keys anew."""

import os
from collections.abc import Iterator
from typing import Final

from pydantic import SecretStr, field_validator

from forkant_kit.keyring import Keyring, read_keys
from forkant_kit.settings import Environment, ServiceSettings, rule

DEV_TEXT_KEY: Final = "Zm9ya2FudC1kZXZlbG9wbWVudC10ZXh0LWtleS0wMDE="
TEXT_KEYS_VARIABLE: Final = "FORKANT_TEXT_KEYS"


class TextKeySettings(ServiceSettings):
    """What sealing text needs to know."""

    text_keys: SecretStr = SecretStr(DEV_TEXT_KEY)
    """Keys that data keys of free text are sealed under: base64 of 32 random bytes each, separated by commas, the
    newest first; must be set in production. Whoever has neither these nor a data key reads no text."""

    @field_validator("text_keys")
    @classmethod
    def _readable(cls, value: SecretStr) -> SecretStr:
        read_keys(value.get_secret_value())
        return value

    @rule
    def _refuse_development_text_key_in_production(self) -> Iterator[str]:
        if self.env is Environment.PRODUCTION and DEV_TEXT_KEY in self.text_keys.get_secret_value():
            yield "text_keys must be set in production"


def keyring_of_migration() -> Keyring:
    """Return the keys for a migration that seals what was written in clear before it.

    Raises:
        ValueError: they are not set, or not right.
    """
    keys = os.environ.get(TEXT_KEYS_VARIABLE)
    if keys is None:
        raise ValueError(f"there is text in clear: set {TEXT_KEYS_VARIABLE} to the keys of the API, and migrate again")
    return Keyring(read_keys(keys))
