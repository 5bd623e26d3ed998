"""Which lists of cases were handed out."""

from typing import Final

from sqlalchemy import Column, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from case_service.tables.base import MOMENT, metadata

case_export: Final = Table(
    "case_export",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("unit", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("narrowed", JSONB, nullable=False),
    Column("purpose", Text),
    Column("cases", Integer, nullable=False),
    Column("begun_at", MOMENT, nullable=False),
)
