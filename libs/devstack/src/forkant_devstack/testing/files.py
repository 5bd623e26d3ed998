"""Files as a client attaches them."""

import base64
import hashlib
import os
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

PDF_BEGINNING: Final = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"


@dataclass(frozen=True, kw_only=True)
class File:
    """A file and what a client says of it, which may be wrong."""

    content: bytes
    name: str = "Notat.pdf"
    media_type: str = "application/pdf"
    digest: bytes | None = None

    def headers(self) -> dict[str, str]:
        """Return what goes with the content."""
        digest = hashlib.sha256(self.content).digest() if self.digest is None else self.digest
        return {
            "Content-Type": self.media_type,
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(self.name)}",
            "Repr-Digest": f"sha-256=:{base64.b64encode(digest).decode()}:",
        }


def pdf(size: int = 2000, *, holding: bytes = b"") -> bytes:
    """Return what begins as a PDF does, with something in its middle, and random bytes else."""
    rest = size - len(PDF_BEGINNING) - len(holding)
    return PDF_BEGINNING + os.urandom(rest // 2) + holding + os.urandom(rest - rest // 2)
