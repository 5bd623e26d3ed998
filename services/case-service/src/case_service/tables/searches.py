"""Searches that people keep."""

from typing import Final

from sqlalchemy import Boolean, Column, Date, Integer, LargeBinary, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from case_service.tables.base import MOMENT, metadata

saved_search: Final = Table(
    "saved_search",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("unit", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("name", LargeBinary, nullable=False),
    Column("words", LargeBinary),
    Column("filter", JSONB, nullable=False),
    Column("saved_at", MOMENT, nullable=False),
    Column("changed_at", MOMENT, nullable=False),
    Column("expires_on", Date, nullable=False),
)
