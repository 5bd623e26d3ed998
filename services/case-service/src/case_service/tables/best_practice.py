"""Examples of best practice: drafts, which are of a case, and what was published, which is of none."""

from typing import Final

from sqlalchemy import Column, Computed, Integer, LargeBinary, Table, Text, Uuid, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR

from case_service.tables.base import MOMENT, metadata

best_practice_draft: Final = Table(
    "best_practice_draft",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("theme", Text, nullable=False),
    Column("case_type", Text, nullable=False),
    Column("arena", Text, nullable=False),
    Column("measure_kind", Text, nullable=False),
    Column("effect", Text, nullable=False),
    Column("method_code", Text),
    Column("method_version", Integer),
    Column("title", LargeBinary, nullable=False),
    Column("context", LargeBinary, nullable=False),
    Column("what_was_done", LargeBinary, nullable=False),
    Column("mechanism", LargeBinary),
    Column("conditions", LargeBinary),
    Column("advice", LargeBinary, nullable=False),
    Column("authors", ARRAY(Text), nullable=False),
    Column("drafted_at", MOMENT, nullable=False),
    Column("updated_at", MOMENT, nullable=False),
    Column("reviewed_by", Text),
    Column("reviewed_at", MOMENT),
    Column("checks", ARRAY(Text), nullable=False),
    Column("answers", JSONB, nullable=False),
)

best_practice: Final = Table(
    "best_practice",
    metadata,
    # Random, as the database makes it: an id that runs in time would tell when.
    Column("id", Uuid, primary_key=True, server_default=func.gen_random_uuid()),
    Column("unit", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("withdrawal_reason", Text),
)

best_practice_revision: Final = Table(
    "best_practice_revision",
    metadata,
    Column("example_id", Uuid, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("published_year", Integer, nullable=False),
    Column("language", Text, nullable=False),
    Column("theme", Text, nullable=False),
    Column("case_type", Text, nullable=False),
    Column("arena", Text, nullable=False),
    Column("measure_kind", Text, nullable=False),
    Column("effect", Text, nullable=False),
    Column("method_code", Text),
    Column("method_version", Integer),
    Column("title", Text),
    Column("context", Text),
    Column("what_was_done", Text),
    Column("mechanism", Text),
    Column("conditions", Text),
    Column("advice", Text),
    Column("checks", ARRAY(Text), nullable=False),
    Column("answers", JSONB, nullable=False),
    Column("search", TSVECTOR, Computed("see the migration", persisted=True)),
)
