"""Erasures of many cases: what was asked for, and what became of each case."""

from typing import Final

from sqlalchemy import Column, Date, Integer, Table, Text, Uuid

from case_service.tables.base import MOMENT, metadata

erasure_batch: Final = Table(
    "erasure_batch",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("unit", Text, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("most", Integer, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("clearance", Integer, nullable=False),
    Column("requested_at", MOMENT, nullable=False),
    Column("finished_at", MOMENT),
)

erasure_batch_case: Final = Table(
    "erasure_batch_case",
    metadata,
    Column("batch_id", Uuid, primary_key=True),
    Column("case_id", Uuid, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("outcome", Text),
    Column("reason", Text),
    Column("version", Integer),
    Column("decided_at", MOMENT),
)
