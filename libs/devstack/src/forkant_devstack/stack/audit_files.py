"""Where the development platform keeps the heads of its audit chains, and the keys that sign them."""

import base64
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from forkant_kit.audit.heads import HeadKey

from forkant_devstack.stack.layout import Layout
from forkant_devstack.stack.secret_store import SecretStore


@dataclass(frozen=True, slots=True)
class AuditFiles:
    """The files of one database's audit trail."""

    heads: Path
    known_keys: Path
    seed: bytes

    def environment(self) -> dict[str, str]:
        """Return what the worker that seals reads."""
        return {
            "FORKANT_AUDIT_SIGNING_KEY": base64.b64encode(self.seed).decode(),
            "FORKANT_AUDIT_HEAD_FILE": str(self.heads),
            "FORKANT_AUDIT_PUBLISH_EVERY_S": "5",
        }

    def keys(self) -> dict[str, str]:
        """Return the public keys by their id: the present one, and those that the file of known keys remembers."""
        key = HeadKey(self.seed)
        known: dict[str, str] = json.loads(self.known_keys.read_text("utf-8")) if self.known_keys.exists() else {}
        if key.id not in known:
            known[key.id] = key.public
            self.known_keys.parent.mkdir(parents=True, exist_ok=True)
            self.known_keys.write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")
        return known


def audit_files(layout: Layout, secrets: SecretStore, *, database: str) -> AuditFiles:
    """Return the files for a database by its name.

    Each has a chain, heads and a key of its own, so that no service's heads can stand for another's.
    """
    folder = layout.state / "audit"
    return AuditFiles(
        heads=folder / f"{database}.heads.jsonl",
        known_keys=folder / f"{database}.keys.json",
        seed=hashlib.sha256(secrets.get(f"{database}_audit_signing").encode()).digest(),
    )
