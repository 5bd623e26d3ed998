"""The tables as SQLAlchemy Core sees them; constraints stand in the migrations, and a test compares both."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Date, Integer, LargeBinary, MetaData, Table, Text, Time, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP

metadata: Final = MetaData()
_MOMENT: Final = TIMESTAMP(timezone=True)
_TEXTS: Final = ARRAY(Text)

inbox_entry: Final = Table(
    "inbox_entry",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("event_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("about_unit", Text),
    Column("district", Text, nullable=False),
    Column("roles", _TEXTS, nullable=False),
    Column("needs", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("subject_id", Uuid, nullable=False),
    Column("subject_version", Integer, nullable=False),
    Column("occurred_at", _MOMENT, nullable=False),
    Column("recorded_at", _MOMENT, nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    Column("theme", Text),
    Column("indicator", Integer),
    Column("first_entry_id", Uuid),
    Column("level", Integer, nullable=False),
    Column("of_kind", Text),
)

demand: Final = Table(
    "demand",
    metadata,
    Column("entry_id", Uuid, primary_key=True),
    Column("event_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("district", Text, nullable=False),
    Column("needs", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("subject_id", Uuid, nullable=False),
    Column("subject_version", Integer, nullable=False),
    Column("about_id", Uuid),
    Column("rules", Integer, nullable=False),
    Column("level", Integer, nullable=False),
    Column("told_on", Date, nullable=False),
    Column("escalates_on", Date),
    Column("acknowledged_by", Text),
    Column("acknowledged_at", _MOMENT),
    Column("acknowledged_level", Integer),
    Column("over_at", _MOMENT),
)

inbox_mark: Final = Table(
    "inbox_mark",
    metadata,
    Column("entry_id", Uuid, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("read_at", _MOMENT, nullable=False),
    Column("acknowledged_at", _MOMENT),
)

case_standing: Final = Table(
    "case_standing",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("restricted", Boolean, nullable=False),
    Column("erased_version", Integer),
    Column("updated_at", _MOMENT, nullable=False),
)

endpoint: Final = Table(
    "endpoint",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("unit", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("national", Boolean, nullable=False),
    Column("url", Text, nullable=False),
    Column("event_types", _TEXTS, nullable=False),
    Column("units", _TEXTS, nullable=False),
    Column("case_types", _TEXTS, nullable=False),
    Column("themes", _TEXTS, nullable=False),
    Column("signatures", _TEXTS, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("disabled_reason", Text),
    Column("proven_at", _MOMENT, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    Column("updated_at", _MOMENT, nullable=False),
    Column("deleted_at", _MOMENT),
)

endpoint_secret: Final = Table(
    "endpoint_secret",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("endpoint_id", Uuid, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("version", Text, nullable=False),
    Column("public_key", LargeBinary),
    Column("created_at", _MOMENT, nullable=False),
    Column("expires_at", _MOMENT),
)

lane: Final = Table(
    "lane",
    metadata,
    Column("endpoint_id", Uuid, primary_key=True),
    Column("last_sequence", BigInteger, nullable=False),
    Column("due_at", _MOMENT),
    Column("leased_by", Text),
    Column("leased_until", _MOMENT),
    Column("failures", Integer, nullable=False),
    Column("failing_since", _MOMENT),
    Column("trips", Integer, nullable=False),
    Column("open_until", _MOMENT),
    Column("told_at", _MOMENT),
)

delivery: Final = Table(
    "delivery",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("endpoint_id", Uuid, nullable=False),
    Column("message_id", Uuid, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("is_ping", Boolean, nullable=False),
    Column("order_key", Uuid, nullable=False),
    Column("event_type", Text),
    Column("subject_id", Uuid),
    Column("subject_version", Integer),
    Column("unit", Text),
    Column("occurred_at", _MOMENT),
    Column("recorded_at", _MOMENT),
    Column("traceparent", Text),
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Column("blocked", Boolean, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("rung", Integer, nullable=False),
    Column("next_attempt_at", _MOMENT, nullable=False),
    Column("last_outcome", Text),
    Column("last_status_code", Integer),
    Column("created_at", _MOMENT, nullable=False),
    Column("settled_at", _MOMENT),
    Column("redacted_at", _MOMENT),
)

delivery_attempt: Final = Table(
    "delivery_attempt",
    metadata,
    Column("delivery_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("started_at", _MOMENT, nullable=False),
    Column("duration_ms", Integer, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("status_code", Integer),
)

subject_theme: Final = Table(
    "subject_theme",
    metadata,
    Column("subject_id", Uuid, primary_key=True),
    Column("theme", Text, nullable=False),
)

subscription: Final = Table(
    "subscription",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("person", Text, nullable=False),
    Column("kinds", _TEXTS, nullable=False),
    Column("roles", _TEXTS, nullable=False),
    Column("units", _TEXTS, nullable=False),
    Column("case_id", Uuid),
    Column("themes", _TEXTS, nullable=False),
    Column("indicator", Integer),
    Column("version", Integer, nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    Column("updated_at", _MOMENT, nullable=False),
)

preference: Final = Table(
    "preference",
    metadata,
    Column("person", Text, primary_key=True),
    Column("language", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("quiet_start", Time),
    Column("quiet_end", Time),
    Column("digest", Text),
    Column("digest_hour", Integer),
    Column("digest_weekday", Integer),
    Column("kinds", JSONB, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    Column("updated_at", _MOMENT, nullable=False),
)

person_standing: Final = Table(
    "person_standing",
    metadata,
    Column("person", Text, primary_key=True),
    Column("unit", Text, nullable=False),
    Column("roles", _TEXTS, nullable=False),
    Column("clearance", Integer, nullable=False),
    Column("proven_at", _MOMENT, nullable=False),
    Column("lapsed_from", _MOMENT),
    Column("lapsed_until", _MOMENT),
)

contact: Final = Table(
    "contact",
    metadata,
    Column("person", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("address", LargeBinary, nullable=False),
    Column("confirmed_at", _MOMENT),
    Column("code", LargeBinary),
    Column("code_until", _MOMENT),
    Column("code_tries", Integer, nullable=False),
    Column("doubted_at", _MOMENT),
    Column("doubt", Text),
    Column("updated_at", _MOMENT, nullable=False),
)

fan_out: Final = Table(
    "fan_out",
    metadata,
    Column("entry_id", Uuid, primary_key=True),
    Column("after_person", Text, nullable=False),
    Column("created_at", _MOMENT, nullable=False),
)

letter: Final = Table(
    "letter",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("person", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("window_at", _MOMENT),
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Column("attempts", Integer, nullable=False),
    Column("rung", Integer, nullable=False),
    Column("due_at", _MOMENT, nullable=False),
    Column("last_outcome", Text),
    Column("wording", Text),
    Column("returned_at", _MOMENT),
    Column("created_at", _MOMENT, nullable=False),
    Column("settled_at", _MOMENT),
    Column("redacted_at", _MOMENT),
)

letter_item: Final = Table(
    "letter_item",
    metadata,
    Column("letter_id", Uuid, primary_key=True),
    Column("entry_id", Uuid, primary_key=True),
    Column("person", Text, nullable=False),
    Column("channel", Text, nullable=False),
)
