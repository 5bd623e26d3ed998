"""Attachments of cases, the ledger of their contents, the sealed segments of these, and objects to be deleted."""

from typing import Final

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Table, Text, Uuid

from case_service.tables.base import MOMENT, metadata

attachment: Final = Table(
    "attachment",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("name", LargeBinary, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("scan", Text, nullable=False),
    Column("added_by", Text, nullable=False),
    Column("added_at", MOMENT, nullable=False),
)

attachment_content: Final = Table(
    "attachment_content",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("state", Text, nullable=False),
    Column("begun_by", Text, nullable=False),
    Column("begun_at", MOMENT, nullable=False),
    Column("object_name", Uuid),
)

object_deletion: Final = Table(
    "object_deletion",
    metadata,
    Column("object_name", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("queued_at", MOMENT, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", MOMENT, nullable=False),
)

attachment_segment: Final = Table(
    "attachment_segment",
    metadata,
    Column("content_id", Uuid, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)
