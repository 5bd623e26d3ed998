"""The tables as queries see them; constraints and indexes stand in the migrations, and a test compares both.

What people wrote is kept sealed, as bytes: see :mod:`case_service.texts`.
"""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Date, Integer, LargeBinary, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP

metadata: Final = MetaData()
_MOMENT: Final = TIMESTAMP(timezone=True)

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

method: Final = Table(
    "method",
    metadata,
    Column("code", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("name_nb", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("retired_from", Date),
)

method_proposal: Final = Table(
    "method_proposal",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("method_code", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("name_nb", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("steps", JSONB, nullable=False),
    Column("proposed_by", Text, nullable=False),
    Column("proposed_at", _MOMENT, nullable=False),
    Column("updated_at", _MOMENT, nullable=False),
    Column("hearing_until", Date),
    Column("approved_by", Text),
    Column("approved_at", _MOMENT),
    Column("published_version", Integer),
    Column("valid_from", Date),
)

method_comment: Final = Table(
    "method_comment",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("proposal_id", Uuid, nullable=False),
    Column("unit", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("written_at", _MOMENT, nullable=False),
)

method_change: Final = Table(
    "method_change",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("method_code", Text, nullable=False),
    Column("proposal_id", Uuid),
    Column("action", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("reason", Text),
    Column("changed_at", _MOMENT, nullable=False),
)

method_head: Final = Table(
    "method_head",
    metadata,
    Column("code", Text, primary_key=True),
    Column("id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
)

code_retirement: Final = Table(
    "code_retirement",
    metadata,
    Column("list", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("retired_from", Date, nullable=False),
    Column("retired_by", Text, nullable=False),
    Column("retired_at", _MOMENT, nullable=False),
)

method_step: Final = Table(
    "method_step",
    metadata,
    Column("method_code", Text, primary_key=True),
    Column("method_version", Integer, primary_key=True),
    Column("step", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("mandatory", Boolean, nullable=False),
    Column("name_nb", Text, nullable=False),
    Column("name_en", Text, nullable=False),
)

concern: Final = Table(
    "concern",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("unit", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("theme", Text, nullable=False),
    Column("age_band", Text, nullable=False),
    Column("arena", Text, nullable=False),
    Column("municipality_number", Text),
    Column("description", LargeBinary),
    Column("registered_by", Text, nullable=False),
    Column("received_at", _MOMENT, nullable=False),
    Column("recorded_at", _MOMENT, nullable=False),
    Column("updated_at", _MOMENT, nullable=False),
    Column("outcome", Text),
    Column("case_id", Uuid),
    Column("note", LargeBinary),
    Column("decided_by", Text),
    Column("decided_at", _MOMENT),
    Column("erased_at", _MOMENT),
)

preventive_case: Final = Table(
    "preventive_case",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("unit", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("held_from", Text),
    Column("hold_reason", Text),
    Column("restricted", Boolean, nullable=False),
    Column("restriction_reason", Text),
    Column("level", Integer, nullable=False),
    Column("lowest_level", Integer, nullable=False),
    Column("case_type", Text, nullable=False),
    Column("theme", Text, nullable=False),
    Column("age_band", Text, nullable=False),
    Column("subject_category", Text, nullable=False),
    Column("purpose_code", Text, nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("arena", Text, nullable=False),
    Column("municipality_number", Text),
    Column("concern_id", Uuid),
    Column("special_category", Boolean, nullable=False),
    Column("title", LargeBinary),
    Column("subject", LargeBinary),
    Column("description", LargeBinary),
    Column("necessity_reason", LargeBinary),
    Column("opened_by", Text, nullable=False),
    Column("case_owner", Text, nullable=False),
    Column("opened_at", _MOMENT, nullable=False),
    Column("recorded_at", _MOMENT, nullable=False),
    Column("updated_at", _MOMENT, nullable=False),
    Column("closed_at", _MOMENT),
    Column("close_reason", Text),
    Column("clarification_deadline", Date, nullable=False),
    Column("erased_at", _MOMENT),
    Column("erasure_basis", Text),
    Column("change_xid", BigInteger, nullable=False),
)

case_departure: Final = Table(
    "case_departure",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("unit", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("departed_at", _MOMENT, nullable=False),
    Column("lowest_level", Integer, nullable=False),
    Column("change_xid", BigInteger, nullable=False),
)

assessment: Final = Table(
    "assessment",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("completed", Boolean, nullable=False),
    Column("risk_factors", ARRAY(Text), nullable=False),
    Column("protective_factors", ARRAY(Text), nullable=False),
    Column("summary", LargeBinary),
    Column("child_view", LargeBinary),
    Column("author", Text, nullable=False),
    Column("saved_at", _MOMENT, nullable=False),
    Column("completed_at", _MOMENT),
)

plan: Final = Table(
    "plan",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("summary", LargeBinary),
    Column("goals", Integer, nullable=False),
    Column("goals_with_baseline", Integer, nullable=False),
    Column("author", Text, nullable=False),
    Column("written_at", _MOMENT, nullable=False),
    Column("approved_by", Text),
    Column("approved_at", _MOMENT),
)

plan_goal: Final = Table(
    "plan_goal",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("text", LargeBinary, nullable=False),
    Column("measurable", Boolean, nullable=False),
    Column("baseline", LargeBinary),
    Column("target", LargeBinary),
)

measure: Final = Table(
    "measure",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("round", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("arena", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("method_code", Text),
    Column("method_version", Integer),
    Column("description", LargeBinary),
    Column("planned_by", Text, nullable=False),
    Column("planned_at", _MOMENT, nullable=False),
    Column("started_at", _MOMENT),
    Column("completed_at", _MOMENT),
    Column("mandatory_steps_met", Boolean),
    Column("cancelled_at", _MOMENT),
    Column("cancel_reason", Text),
)

measure_step: Final = Table(
    "measure_step",
    metadata,
    Column("measure_id", Uuid, primary_key=True),
    Column("step", Text, primary_key=True),
    Column("method_code", Text, nullable=False),
    Column("method_version", Integer, nullable=False),
    Column("done_by", Text, nullable=False),
    Column("done_at", _MOMENT, nullable=False),
)

follow_up: Final = Table(
    "follow_up",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("round", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("notes", LargeBinary),
    Column("scheduled_by", Text, nullable=False),
    Column("scheduled_at", _MOMENT, nullable=False),
    Column("held_by", Text),
    Column("held_at", _MOMENT),
)

evaluation: Final = Table(
    "evaluation",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("completed", Boolean, nullable=False),
    Column("effect", Text),
    Column("mechanism", LargeBinary),
    Column("moderators", LargeBinary),
    Column("implementation", LargeBinary),
    Column("economics", LargeBinary),
    Column("author", Text, nullable=False),
    Column("saved_at", _MOMENT, nullable=False),
    Column("completed_at", _MOMENT),
)

partner: Final = Table(
    "partner",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", LargeBinary),
    Column("added_by", Text, nullable=False),
    Column("added_at", _MOMENT, nullable=False),
    Column("removed_at", _MOMENT),
)

information: Final = Table(
    "information",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("statement_type", Text, nullable=False),
    Column("verification_status", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("source_reliability", Text, nullable=False),
    Column("subject_category", Text, nullable=False),
    Column("special_category", Boolean, nullable=False),
    Column("text", LargeBinary, nullable=False),
    Column("basis", LargeBinary),
    Column("necessity_reason", LargeBinary),
    Column("registered_by", Text, nullable=False),
    Column("registered_at", _MOMENT, nullable=False),
    Column("warning_on", Date, nullable=False),
    Column("clarification_deadline", Date, nullable=False),
    Column("outcome", Text),
    Column("clarification", LargeBinary),
    Column("clarified_by", Text),
    Column("clarified_at", _MOMENT),
    Column("warned_at", _MOMENT),
    Column("expired_at", _MOMENT),
)

transfer: Final = Table(
    "transfer",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("from_unit", Text, nullable=False),
    Column("to_unit", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("note", LargeBinary),
    Column("offered_by", Text, nullable=False),
    Column("offered_at", _MOMENT, nullable=False),
    Column("decided_by", Text),
    Column("decided_at", _MOMENT),
)

case_note: Final = Table(
    "case_note",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("action", Text, nullable=False),
    Column("text", LargeBinary, nullable=False),
    Column("author", Text, nullable=False),
    Column("written_at", _MOMENT, nullable=False),
)

access_review: Final = Table(
    "access_review",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("unit", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("opened_by_unit", Text, nullable=False),
    Column("opened_at", _MOMENT, nullable=False),
    Column("due_at", _MOMENT, nullable=False),
    Column("verdict", Text),
    Column("reviewed_by", Text),
    Column("reviewed_at", _MOMENT),
    Column("reminded_at", _MOMENT),
    Column("escalated_at", _MOMENT),
)

legal_hold: Final = Table(
    "legal_hold",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("reason", Text, nullable=False),
    Column("placed_by", Text, nullable=False),
    Column("placed_at", _MOMENT, nullable=False),
    Column("lifted_by", Text),
    Column("lifted_at", _MOMENT),
)

archive_decision: Final = Table(
    "archive_decision",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("reference", Text),
    Column("decided_by", Text, nullable=False),
    Column("decided_at", _MOMENT, nullable=False),
)

erasure_certificate: Final = Table(
    "erasure_certificate",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("basis", Text, nullable=False),
    Column("erased_by", Text, nullable=False),
    Column("erased_at", _MOMENT, nullable=False),
    Column("concern_id", Uuid),
    Column("destroyed", JSONB, nullable=False),
)

event_archive: Final = Table(
    "event_archive",
    MetaData(),
    Column("event_id", Uuid, primary_key=True),
    Column("aggregate_id", Uuid, nullable=False),
    Column("aggregate_version", Integer, nullable=False),
    Column("type", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("occurred_at", _MOMENT, nullable=False),
    Column("recorded_at", _MOMENT, nullable=False),
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
