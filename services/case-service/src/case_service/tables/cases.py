"""Cases, where they went, and what was written about a change of one."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Date, Integer, LargeBinary, Table, Text, Uuid

from case_service.tables.base import MOMENT, metadata

preventive_case: Final = Table(
    "preventive_case",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("unit", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("held_from", Text),
    Column("hold_reason", Text),
    Column("restricted", Boolean, nullable=False),
    Column("restriction_reason", Text),
    Column("level", Integer, nullable=False),
    Column("lowest_level", Integer, nullable=False),
    Column("case_type", Text, nullable=False),
    Column("theme", Text, nullable=False),
    Column("age_band", Text, nullable=False),
    Column("subject_category", Text, nullable=False),
    Column("purpose_code", Text, nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("arena", Text, nullable=False),
    Column("municipality_number", Text),
    Column("concern_id", Uuid),
    Column("special_category", Boolean, nullable=False),
    Column("title", LargeBinary),
    Column("subject", LargeBinary),
    Column("description", LargeBinary),
    Column("necessity_reason", LargeBinary),
    Column("opened_by", Text, nullable=False),
    Column("case_owner", Text, nullable=False),
    Column("opened_at", MOMENT, nullable=False),
    Column("recorded_at", MOMENT, nullable=False),
    Column("updated_at", MOMENT, nullable=False),
    Column("closed_at", MOMENT),
    Column("close_reason", Text),
    Column("reject_reason", Text),
    Column("ended_at", MOMENT),
    Column("reopened_at", MOMENT),
    Column("retention_until", Date, nullable=False),
    Column("retention_rule", Text, nullable=False),
    Column("retention_rules_version", Integer, nullable=False),
    Column("retention_floor", Date),
    Column("clarification_deadline", Date, nullable=False),
    Column("erased_at", MOMENT),
    Column("erasure_basis", Text),
    Column("merged_into", Uuid),
    Column("merged_at", MOMENT),
    Column("change_xid", BigInteger, nullable=False),
    Column("process_version", Integer),
    Column("held_on", Date),
)

case_departure: Final = Table(
    "case_departure",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("unit", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("departed_at", MOMENT, nullable=False),
    Column("lowest_level", Integer, nullable=False),
    Column("change_xid", BigInteger, nullable=False),
)

transfer: Final = Table(
    "transfer",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("from_unit", Text, nullable=False),
    Column("to_unit", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("note", LargeBinary),
    Column("offered_by", Text, nullable=False),
    Column("offered_at", MOMENT, nullable=False),
    Column("decided_by", Text),
    Column("decided_at", MOMENT),
)

case_note: Final = Table(
    "case_note",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("action", Text, nullable=False),
    Column("text", LargeBinary, nullable=False),
    Column("author", Text, nullable=False),
    Column("written_at", MOMENT, nullable=False),
    Column("version", Integer),
)
