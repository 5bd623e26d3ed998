"""Tables of the kit's, as far as this service reads or joins them; the kit's migrations make them."""

from typing import Final

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from case_service.tables.base import MOMENT

event_archive: Final = Table(
    "event_archive",
    MetaData(),
    Column("event_id", Uuid, primary_key=True),
    Column("aggregate_id", Uuid, nullable=False),
    Column("aggregate_version", Integer, nullable=False),
    Column("type", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("occurred_at", MOMENT, nullable=False),
    Column("recorded_at", MOMENT, nullable=False),
    Column("data", JSONB, nullable=False),
)
"""The kit's archive of events, as far as this service reads it; the kit's migration makes it."""

data_key: Final = Table(
    "data_key",
    MetaData(),
    Column("owner_id", Uuid, primary_key=True),
    Column("sealed", LargeBinary),
    Column("sealed_by", LargeBinary),
)
"""The kit's table of data keys, as far as this service joins it; the kit's vault makes, finds and destroys keys."""

audit_entry: Final = Table(
    "audit_entry",
    MetaData(),
    Column("seq", BigInteger, primary_key=True),
    Column("at", MOMENT, nullable=False),
    Column("subject", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("roles", ARRAY(Text), nullable=False),
    Column("action", Text, nullable=False),
    Column("object_kind", Text),
    Column("object_ids", ARRAY(Uuid), nullable=False),
    Column("version", Integer),
    Column("outcome", Text, nullable=False),
)
"""The kit's audit trail, as far as this service tells from it who did what; the kit's migration makes it."""
