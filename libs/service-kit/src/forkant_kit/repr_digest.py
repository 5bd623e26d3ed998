"""The digest of a representation in HTTP headers (``Repr-Digest``, RFC 9530), by SHA-256 alone."""

import base64
import binascii
import hashlib
import re
from typing import Final

from forkant_kit.problems import ProblemError

HEADER: Final = "Repr-Digest"
# A member of a structured dictionary (RFC 8941): name, and bytes in base64 between colons.
_SHA_256: Final = re.compile(r"(?:^|,)[ \t]*sha-256=:([A-Za-z0-9+/]{43}=):[ \t]*(?=,|$)")


def declared_digest(header: str | None) -> bytes:
    """Return the SHA-256 that the header declares.

    Raises:
        ProblemError: 400 ``digest-required``.
    """
    found = _SHA_256.findall(header or "")
    try:
        digests = [base64.b64decode(each, validate=True) for each in found]
    except binascii.Error:
        digests = []
    if len(digests) != 1 or len(digests[0]) != hashlib.sha256().digest_size:
        raise ProblemError(
            400,
            "digest-required",
            "A digest of the content is required",
            f"Send {HEADER}: sha-256=:…: with the SHA-256 of the content in base64 (RFC 9530).",
        )
    return digests[0]


def digest_header(digest: bytes) -> str:
    """Return the header's value for a SHA-256."""
    return f"sha-256=:{base64.b64encode(digest).decode()}:"
