"""What is known in a case, and until when it is to be clarified."""

from typing import Final

from sqlalchemy import Boolean, Column, Date, LargeBinary, Table, Text, Uuid

from case_service.tables.base import MOMENT, metadata

information: Final = Table(
    "information",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("statement_type", Text, nullable=False),
    Column("verification_status", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("source_reliability", Text, nullable=False),
    Column("subject_category", Text, nullable=False),
    Column("special_category", Boolean, nullable=False),
    Column("text", LargeBinary, nullable=False),
    Column("basis", LargeBinary),
    Column("necessity_reason", LargeBinary),
    Column("registered_by", Text, nullable=False),
    Column("registered_at", MOMENT, nullable=False),
    Column("warning_on", Date, nullable=False),
    Column("clarification_deadline", Date, nullable=False),
    Column("outcome", Text),
    Column("clarification", LargeBinary),
    Column("clarified_by", Text),
    Column("clarified_at", MOMENT),
    Column("warned_at", MOMENT),
    Column("expired_at", MOMENT),
)
