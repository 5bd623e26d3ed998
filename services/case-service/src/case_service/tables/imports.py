"""Which cases another system handed over."""

from typing import Final

from sqlalchemy import Column, LargeBinary, Table, Text, Uuid

from case_service.tables.base import metadata

imported_case: Final = Table(
    "imported_case",
    metadata,
    Column("unit", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("reference", LargeBinary, primary_key=True),
    Column("case_id", Uuid, nullable=False),
)
"""Of the reference that the source has for a case, a digest: it says whether it came before, and not what it was."""
