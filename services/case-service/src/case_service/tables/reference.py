"""Reference data: municipalities and the units that they belong to."""

from typing import Final

from sqlalchemy import Column, Date, Table, Text

from case_service.tables.base import metadata

municipality: Final = Table(
    "municipality",
    metadata,
    Column("number", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("county_number", Text, nullable=False),
    Column("county", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
)

municipality_unit: Final = Table(
    "municipality_unit",
    metadata,
    Column("number", Text, primary_key=True),
    Column("unit", Text, nullable=False),
    Column("valid_from", Date, primary_key=True),
    Column("valid_to", Date),
    Column("assumption", Text),
)
