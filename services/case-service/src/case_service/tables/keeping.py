"""What keeps a case, and what is left of an erased one."""

from typing import Final

from sqlalchemy import Column, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from case_service.tables.base import MOMENT, metadata

legal_hold: Final = Table(
    "legal_hold",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("reason", Text, nullable=False),
    Column("placed_by", Text, nullable=False),
    Column("placed_at", MOMENT, nullable=False),
    Column("lifted_by", Text),
    Column("lifted_at", MOMENT),
)

archive_decision: Final = Table(
    "archive_decision",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("reference", Text),
    Column("decided_by", Text, nullable=False),
    Column("decided_at", MOMENT, nullable=False),
)

erasure_certificate: Final = Table(
    "erasure_certificate",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("basis", Text, nullable=False),
    Column("erased_by", Text, nullable=False),
    Column("erased_at", MOMENT, nullable=False),
    Column("concern_id", Uuid),
    Column("destroyed", JSONB, nullable=False),
    Column("recipients_to_tell", JSONB, nullable=False),
)
