"""Reference data: units, municipalities, and the units that these belong to."""

from typing import Final

from sqlalchemy import Column, Date, Integer, Table, Text, Uuid, func

from case_service.tables.base import metadata

unit: Final = Table(
    "unit",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("parent", Text),
    Column("name_nb", Text, nullable=False),
    Column("name_nn", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("population_thousands", Integer),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("uid", Uuid, nullable=False, server_default=func.gen_random_uuid()),
    Column("version", Integer, nullable=False, server_default="0"),
)

unit_succession: Final = Table(
    "unit_succession",
    metadata,
    Column("unit", Text, primary_key=True),
    Column("predecessor", Text, primary_key=True),
    Column("reorganisation_id", Uuid, primary_key=True),
    Column("valid_from", Date, nullable=False),
)

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
