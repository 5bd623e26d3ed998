"""Passwords and keys of the development platform: made once, kept in one file that only its owner can read."""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from forkant_devstack.process import DevstackError


@dataclass(frozen=True, slots=True)
class SecretStore:
    """The file of secrets by name."""

    path: Path

    def get(self, name: str) -> str:
        """Give the secret of that name, made and written down when it is new."""
        known = self._read()
        if name not in known:
            known[name] = secrets.token_urlsafe(32)
            self._write(known)
        return known[name]

    def find(self, name: str) -> str | None:
        """Give the secret of that name, None when there is none."""
        return self._read().get(name)

    def put(self, name: str, value: str) -> None:
        """Write a secret down in place of what it was."""
        self._write({**self._read(), name: value})

    def _read(self) -> dict[str, str]:
        try:
            known: dict[str, str] = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise DevstackError(
                f"{self.path} is damaged",
                hint="restore it from a copy: without its keys no text can be read; or start anew with `forkant reset`",
            ) from error
        return known

    def _write(self, known: dict[str, str]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(known, file, indent=2)
        fresh.replace(self.path)
