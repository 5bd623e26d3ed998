"""Pilot programmes and the units that take part; an API of the directorate tells of them.

What was approved is everybody's to see, with who takes part; a proposal is the directorate's. An API may
add the events of a pilot that its caller steers, and looks at none.
"""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import for_worker, guard, told

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TABLES: Final = (
    """
    CREATE TABLE pilot (
        id uuid PRIMARY KEY,
        version integer NOT NULL DEFAULT 1,
        told integer NOT NULL DEFAULT 0,
        code text NOT NULL UNIQUE,
        state text NOT NULL CHECK (state IN ('proposed', 'approved', 'withdrawn', 'ended')),
        name_nb text NOT NULL,
        name_en text NOT NULL,
        case_types text[] NOT NULL CHECK (cardinality(case_types) > 0),
        indicators integer[] NOT NULL CHECK (cardinality(indicators) > 0),
        baseline_from date NOT NULL,
        baseline_until date NOT NULL CHECK (baseline_until >= baseline_from),
        first_day date NOT NULL CHECK (first_day > baseline_until),
        last_day date NOT NULL CHECK (last_day >= first_day),
        closes date NOT NULL CHECK (closes <= last_day),
        reason text NOT NULL,
        proposed_by text NOT NULL,
        proposed_at timestamptz NOT NULL,
        approved_by text CHECK (approved_by <> proposed_by),
        approved_at timestamptz,
        ended_by text,
        ended_at timestamptz,
        ending_reason text,
        CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
        CHECK (state NOT IN ('approved', 'ended') OR approved_at IS NOT NULL)
    )
    """,
    """
    CREATE TABLE pilot_enrolment (
        pilot_id uuid NOT NULL REFERENCES pilot,
        unit text NOT NULL,
        number integer NOT NULL,
        first_day date NOT NULL,
        last_day date,
        enrolled_by text NOT NULL,
        enrolled_at timestamptz NOT NULL,
        withdrawn_by text,
        withdrawn_at timestamptz,
        PRIMARY KEY (pilot_id, unit, number),
        CHECK ((last_day IS NULL) = (withdrawn_by IS NULL))
    )
    """,
)
STEERS_ALL: Final = f"{told('steers')} = 'all'"
OF_A_PILOT: Final = "EXISTS (SELECT FROM pilot AS p WHERE p.id = aggregate_id)"
WALLS: Final = (
    *guard("pilot", see=f"approved_at IS NOT NULL OR {STEERS_ALL}", add=STEERS_ALL, change=STEERS_ALL),
    *guard("pilot_enrolment", see="true", add=STEERS_ALL, change=STEERS_ALL),
    f"""
    CREATE POLICY pilot_is_told ON event_archive FOR INSERT
    WITH CHECK ({STEERS_ALL} AND type LIKE 'no.forkant.pilot.%' AND {OF_A_PILOT})
    """,
)
DECIDED: Final = "version, told, state, closes, approved_by, approved_at, ended_by, ended_at, ending_reason"
GRANTS: Final = (
    "REVOKE ALL ON pilot, pilot_enrolment FROM {app}",
    "GRANT SELECT, INSERT ON pilot, pilot_enrolment TO {app}",
    f"GRANT UPDATE ({DECIDED}) ON pilot TO {{app}}",
    "GRANT UPDATE (last_day, withdrawn_by, withdrawn_at) ON pilot_enrolment TO {app}",
    "GRANT SELECT ON pilot, pilot_enrolment TO {worker}",
)


def upgrade() -> None:
    for statement in (*TABLES, *WALLS):
        op.execute(statement)
    for statement in GRANTS:
        op.execute(for_worker(statement))


def downgrade() -> None:
    raise NotImplementedError("pilots that were approved stay on record; go on to a later version instead")
