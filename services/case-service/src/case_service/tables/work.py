"""The work on a case: assessment, plan, measures, follow-ups, evaluation, partners."""

from typing import Final

from sqlalchemy import Boolean, Column, Date, Integer, LargeBinary, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

from case_service.tables.base import MOMENT, metadata

assessment: Final = Table(
    "assessment",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("completed", Boolean, nullable=False),
    Column("risk_factors", ARRAY(Text), nullable=False),
    Column("protective_factors", ARRAY(Text), nullable=False),
    Column("summary", LargeBinary),
    Column("best_interests", LargeBinary),
    Column("child_view", LargeBinary),
    Column("child_not_heard", Text),
    Column("guardian_contact", Text),
    Column("guardian_not_contacted", Text),
    Column("duty_to_report", Text),
    Column("author", Text, nullable=False),
    Column("saved_at", MOMENT, nullable=False),
    Column("completed_at", MOMENT),
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
    Column("written_at", MOMENT, nullable=False),
    Column("approved_by", Text),
    Column("approved_at", MOMENT),
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
    Column("planned_at", MOMENT, nullable=False),
    Column("started_at", MOMENT),
    Column("completed_at", MOMENT),
    Column("mandatory_steps_met", Boolean),
    Column("cancelled_at", MOMENT),
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
    Column("done_at", MOMENT, nullable=False),
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
    Column("scheduled_at", MOMENT, nullable=False),
    Column("held_by", Text),
    Column("held_at", MOMENT),
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
    Column("saved_at", MOMENT, nullable=False),
    Column("completed_at", MOMENT),
)

partner: Final = Table(
    "partner",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", LargeBinary),
    Column("added_by", Text, nullable=False),
    Column("added_at", MOMENT, nullable=False),
    Column("removed_at", MOMENT),
)
