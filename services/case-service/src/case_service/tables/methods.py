"""National methods, how they come and go, and codes that were retired."""

from typing import Final

from sqlalchemy import Boolean, Column, Date, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from case_service.tables.base import MOMENT, metadata

method: Final = Table(
    "method",
    metadata,
    Column("code", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("name_nb", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("retired_from", Date),
)

method_step: Final = Table(
    "method_step",
    metadata,
    Column("method_code", Text, primary_key=True),
    Column("method_version", Integer, primary_key=True),
    Column("step", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("mandatory", Boolean, nullable=False),
    Column("name_nb", Text, nullable=False),
    Column("name_en", Text, nullable=False),
)

method_head: Final = Table(
    "method_head",
    metadata,
    Column("code", Text, primary_key=True),
    Column("id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
)

method_proposal: Final = Table(
    "method_proposal",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("method_code", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("name_nb", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("steps", JSONB, nullable=False),
    Column("proposed_by", Text, nullable=False),
    Column("proposed_at", MOMENT, nullable=False),
    Column("updated_at", MOMENT, nullable=False),
    Column("hearing_until", Date),
    Column("approved_by", Text),
    Column("approved_at", MOMENT),
    Column("published_version", Integer),
    Column("valid_from", Date),
)

method_comment: Final = Table(
    "method_comment",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("proposal_id", Uuid, nullable=False),
    Column("unit", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("written_at", MOMENT, nullable=False),
)

method_change: Final = Table(
    "method_change",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("method_code", Text, nullable=False),
    Column("proposal_id", Uuid),
    Column("action", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("reason", Text),
    Column("changed_at", MOMENT, nullable=False),
)

code_retirement: Final = Table(
    "code_retirement",
    metadata,
    Column("list", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("retired_from", Date, nullable=False),
    Column("retired_by", Text, nullable=False),
    Column("retired_at", MOMENT, nullable=False),
)
