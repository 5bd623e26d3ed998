"""Attachments of a case."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from case_service.api.views.base import View
from case_service.domain.attachments import MediaType, ScanState


class AttachmentView(View):
    """What is told of an attachment; its content is below it."""

    id: UUID
    name: str
    media_type: MediaType
    size: int = Field(description="Bytes of the content.")
    sha256: str = Field(description="The SHA-256 of the content, in hexadecimal.")
    scan: ScanState = Field(description="Whether a virus scanner saw it before it was kept.")
    added_by: str
    added_at: datetime


class AttachmentList(View):
    """The attachments of a case, the oldest first."""

    items: list[AttachmentView]
