"""Endpoints ask for case types and themes, what they ask for is tried on the last days, and units end.

A recent event is codes and the units that may know of it; it goes with its case, and after a month in any case.
"""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import Worker, for_worker, guard, told

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

UNIT: Final = told("unit")
TABLES: Final = (
    """
    ALTER TABLE endpoint
        ADD COLUMN case_types text[] NOT NULL DEFAULT '{}',
        ADD COLUMN themes text[] NOT NULL DEFAULT '{}'
    """,
    "ALTER TABLE endpoint DROP CONSTRAINT endpoint_disabled_reason_check",
    """
    ALTER TABLE endpoint ADD CONSTRAINT endpoint_disabled_reason_check
    CHECK (disabled_reason IN ('gone', 'by_owner', 'failing', 'unit_ended'))
    """,
    """
    CREATE TABLE recent_event (
        event_id uuid PRIMARY KEY,
        event_type text NOT NULL,
        subject_id uuid NOT NULL,
        subject_version integer NOT NULL,
        units text[] NOT NULL,
        for_every_unit boolean NOT NULL,
        case_type text,
        theme text,
        recorded_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX recent_event_by_age ON recent_event (recorded_at)",
    "CREATE INDEX recent_event_by_subject ON recent_event (subject_id)",
    """
    CREATE TABLE unit_ending (
        unit text PRIMARY KEY,
        ends_at timestamptz NOT NULL
    )
    """,
)
MAY_KNOW: Final = f"""CASE WHEN {UNIT} <> '' THEN
    for_every_unit OR {told("national")} = 'on' OR EXISTS (
        SELECT FROM unnest(units) AS u WHERE u = {UNIT} OR starts_with(u, {UNIT} || '/')
    )
ELSE false END"""
WALLS: Final = (
    *guard("recent_event", see=MAY_KNOW, worker=Worker.WRITES),
    *guard("unit_ending", see="false", worker=Worker.WRITES),
)
GRANTS: Final = (
    "REVOKE ALL ON recent_event, unit_ending FROM {app}",
    "GRANT SELECT ON recent_event TO {app}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON recent_event, unit_ending TO {worker}",
)


def upgrade() -> None:
    for statement in (*TABLES, *WALLS):
        op.execute(statement)
    for grant in GRANTS:
        op.execute(for_worker(grant))


def downgrade() -> None:
    raise NotImplementedError("a wall is not taken down; go on to a later version instead")
