"""Reviews of emergency access."""

from typing import Final

from sqlalchemy import Column, Integer, Table, Text, Uuid

from case_service.tables.base import MOMENT, metadata

access_review: Final = Table(
    "access_review",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("unit", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("opened_by_unit", Text, nullable=False),
    Column("opened_at", MOMENT, nullable=False),
    Column("due_at", MOMENT, nullable=False),
    Column("verdict", Text),
    Column("reviewed_by", Text),
    Column("reviewed_at", MOMENT),
    Column("reminded_at", MOMENT),
    Column("escalated_at", MOMENT),
)
