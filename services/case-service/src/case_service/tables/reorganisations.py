"""Reorganisations: what becomes of which units from which day."""

from typing import Final

from sqlalchemy import Column, Date, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from case_service.tables.base import MOMENT, metadata

reorganisation: Final = Table(
    "reorganisation",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("effective_on", Date, nullable=False),
    Column("summary", Text, nullable=False),
    Column("from_units", ARRAY(Text), nullable=False),
    Column("ends", ARRAY(Text), nullable=False),
    Column("makes", JSONB, nullable=False),
    Column("successors", JSONB, nullable=False),
    Column("municipalities", JSONB, nullable=False),
    Column("proposed_by", Text, nullable=False),
    Column("proposed_at", MOMENT, nullable=False),
    Column("updated_at", MOMENT, nullable=False),
    Column("decided_by", Text),
    Column("decided_at", MOMENT),
    Column("begun_at", MOMENT),
    Column("done_at", MOMENT),
)
