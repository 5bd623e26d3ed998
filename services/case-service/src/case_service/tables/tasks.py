"""What a case asks somebody to do, and until when."""

from typing import Final

from sqlalchemy import Boolean, Column, Date, Integer, Table, Text, Uuid

from case_service.tables.base import MOMENT, metadata

task: Final = Table(
    "task",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("unit", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("item_id", Uuid),
    Column("role", Text, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("counted", Text, nullable=False),
    Column("runs_on_hold", Boolean, nullable=False),
    Column("by_hand", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("assignee", Text),
    Column("made_by", Text, nullable=False),
    Column("made_at", MOMENT, nullable=False),
    Column("ended_by", Text),
    Column("ended_at", MOMENT),
    Column("level", Integer, nullable=False),
    Column("escalates_on", Date),
    Column("reminded_for", Date),
    Column("reminded_unit", Text),
)
