"""By which marks cases and concerns about the same subject are found: blinded, never what they are of."""

from typing import Final

from sqlalchemy import Column, LargeBinary, Table, Uuid

from case_service.tables.base import metadata

subject_mark: Final = Table(
    "subject_mark",
    metadata,
    Column("mark", LargeBinary, primary_key=True),
    Column("case_id", Uuid, primary_key=True),
)

concern_mark: Final = Table(
    "concern_mark",
    metadata,
    Column("mark", LargeBinary, primary_key=True),
    Column("concern_id", Uuid, primary_key=True),
)
