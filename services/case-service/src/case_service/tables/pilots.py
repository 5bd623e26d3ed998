"""Which codes are pilots, and who takes part in pilot programmes, as the indicator service tells."""

from typing import Final

from sqlalchemy import Column, Date, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

from case_service.tables.base import metadata

piloted_code: Final = Table(
    "piloted_code",
    metadata,
    Column("code_list", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("first_day", Date, primary_key=True),
    Column("last_day", Date),
)

pilot: Final = Table(
    "pilot",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("code", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("case_types", ARRAY(Text), nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
)

pilot_unit: Final = Table(
    "pilot_unit",
    metadata,
    Column("pilot_id", Uuid, primary_key=True),
    Column("unit", Text, primary_key=True),
    Column("first_day", Date, primary_key=True),
    Column("last_day", Date),
)
