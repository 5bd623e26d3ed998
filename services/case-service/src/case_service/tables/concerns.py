"""Concerns, before and after they are decided."""

from typing import Final

from sqlalchemy import Column, Integer, LargeBinary, Table, Text, Uuid

from case_service.tables.base import MOMENT, metadata

concern: Final = Table(
    "concern",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("unit", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("theme", Text, nullable=False),
    Column("age_band", Text, nullable=False),
    Column("arena", Text, nullable=False),
    Column("municipality_number", Text),
    Column("description", LargeBinary),
    Column("registered_by", Text, nullable=False),
    Column("received_at", MOMENT, nullable=False),
    Column("recorded_at", MOMENT, nullable=False),
    Column("updated_at", MOMENT, nullable=False),
    Column("outcome", Text),
    Column("case_id", Uuid),
    Column("note", LargeBinary),
    Column("decided_by", Text),
    Column("decided_at", MOMENT),
    Column("erased_at", MOMENT),
    Column("unit_of_its_time", Text),
)
