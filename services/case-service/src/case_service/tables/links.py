"""Links between cases."""

from typing import Final

from sqlalchemy import Column, Table, Text, Uuid

from case_service.tables.base import MOMENT, metadata

case_link: Final = Table(
    "case_link",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("from_case", Uuid, nullable=False),
    Column("to_case", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", MOMENT, nullable=False),
)
