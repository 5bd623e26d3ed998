"""Settings of attachments: what is taken, how much of it, and who scans it."""

from datetime import timedelta
from typing import Final

from forkant_kit.clamd import ClamdAddress
from forkant_kit.settings import ServiceSettings
from pydantic import Field, field_validator

from case_service.domain.attachments import Limits, MediaType

_MIB: Final = 1024 * 1024
_LONGEST_S: Final = 3600
LATE_AFTER: Final = timedelta(seconds=2 * _LONGEST_S)
"""After what time a content that did not come whole is on its way no more, whatever the settings of the API."""


class AttachmentSettings(ServiceSettings):
    """What the API needs to know of attachments; the numbers are assumed."""

    attachment_max_bytes: int = Field(default=25 * _MIB, ge=1, le=1024 * _MIB)
    """Bytes that one attachment may have."""
    attachment_max_bytes_a_case: int = Field(default=250 * _MIB, ge=1)
    """Bytes that all attachments of a case may have."""
    attachment_max_files_a_case: int = Field(default=100, ge=1, le=500)
    """Attachments that a case may have, those under way included."""
    attachment_media_types: frozenset[MediaType] = frozenset(MediaType)
    """Types of files that are taken, as a JSON list; archives, office documents and what a browser runs are unknown."""
    attachment_upload_seconds: float = Field(default=600.0, ge=1, le=_LONGEST_S)
    """Seconds within which an attachment must have come."""
    attachment_scanner: str | None = None
    """Virus scanner, ``clamd://host:port``; without one, attachments are kept and shown as not scanned."""

    @field_validator("attachment_scanner")
    @classmethod
    def _scanner_is_an_address(cls, url: str | None) -> str | None:
        if url is not None:
            ClamdAddress.read(url)
        return url


def limits_of(settings: AttachmentSettings) -> Limits:
    """Return how much is taken."""
    return Limits(
        media_types=settings.attachment_media_types,
        bytes_each=settings.attachment_max_bytes,
        bytes_a_case=settings.attachment_max_bytes_a_case,
        files_a_case=settings.attachment_max_files_a_case,
    )
