"""What was given of cases, to whom, on which ground, and by whose approval."""

from typing import Final

from sqlalchemy import Column, LargeBinary, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

from case_service.tables.base import MOMENT, metadata

disclosure: Final = Table(
    "disclosure",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("state", Text, nullable=False),
    Column("recipient_kind", Text, nullable=False),
    Column("recipient", LargeBinary),
    Column("basis", Text, nullable=False),
    Column("purpose_code", Text, nullable=False),
    Column("fields", ARRAY(Text), nullable=False),
    Column("reason", LargeBinary),
    Column("requested_by", Text, nullable=False),
    Column("requested_at", MOMENT, nullable=False),
    Column("decided_by", Text),
    Column("decided_at", MOMENT),
    Column("disclosed_by", Text),
    Column("disclosed_at", MOMENT),
    Column("method", Text),
    Column("withdrawn_by", Text),
    Column("withdrawn_at", MOMENT),
)
