"""Prevention plans of the units, their goals, and the watches that tell when a unit is to have one approved.

An approved version is everybody's to see, a submitted one its unit's and the directorate's, a draft its unit's alone.
The approval puts its event into the outbox in its own transaction, which is all that an API may put there, and it
never looks.
"""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import for_worker, guard, told

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES: Final = (
    # The number is what the constraint on its versions goes by: it needs no extension to compare ranges of it.
    """
    CREATE TABLE prevention_plan (
        id uuid PRIMARY KEY,
        number integer GENERATED ALWAYS AS IDENTITY UNIQUE,
        unit text NOT NULL UNIQUE,
        version integer NOT NULL DEFAULT 1,
        approvals integer NOT NULL DEFAULT 0
    )
    """,
    """
    CREATE TABLE prevention_plan_version (
        plan_id uuid NOT NULL REFERENCES prevention_plan,
        plan_number integer NOT NULL REFERENCES prevention_plan (number),
        unit text NOT NULL,
        number integer NOT NULL CHECK (number BETWEEN 1 AND 10000),
        state text NOT NULL CHECK (state IN ('draft', 'submitted', 'approved', 'superseded', 'withdrawn')),
        wanted_from date NOT NULL,
        wanted_until date NOT NULL CHECK (wanted_until >= wanted_from),
        first_day date,
        last_day date,
        ended_by integer,
        record_number text CHECK (record_number ~ '^[0-9]{4}/[0-9]{1,7}(-[0-9]{1,5})?$'),
        written_by text NOT NULL,
        written_at timestamptz NOT NULL,
        submitted_by text,
        submitted_at timestamptz,
        approved_by text CHECK (approved_by <> submitted_by AND approved_by <> written_by),
        approved_at timestamptz,
        withdrawn_by text,
        withdrawn_at timestamptz,
        withdrawal_reason text,
        PRIMARY KEY (plan_id, number),
        CHECK ((submitted_by IS NULL) = (submitted_at IS NULL)),
        CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
        CHECK (approved_at IS NULL OR submitted_at IS NOT NULL),
        CHECK ((first_day IS NULL) = (last_day IS NULL)),
        CHECK (first_day IS NULL OR approved_at IS NOT NULL),
        CONSTRAINT prevention_plan_in_force_once EXCLUDE USING gist (
            int4range(plan_number, plan_number, '[]') WITH &&, daterange(first_day, last_day, '[]') WITH &&
        ) WHERE (first_day IS NOT NULL) DEFERRABLE INITIALLY DEFERRED
    )
    """,
    """
    CREATE UNIQUE INDEX prevention_plan_under_way ON prevention_plan_version (plan_id)
    WHERE state IN ('draft', 'submitted')
    """,
    "CREATE INDEX prevention_plan_version_last_day ON prevention_plan_version (last_day) WHERE first_day IS NOT NULL",
    """
    CREATE TABLE prevention_goal (
        id uuid PRIMARY KEY,
        plan_id uuid NOT NULL REFERENCES prevention_plan,
        unit text NOT NULL,
        indicator integer NOT NULL CHECK (indicator BETWEEN 1 AND 99),
        theme text,
        case_type text,
        age_band text,
        UNIQUE NULLS NOT DISTINCT (plan_id, indicator, theme, case_type, age_band)
    )
    """,
    """
    CREATE TABLE prevention_plan_goal (
        plan_id uuid NOT NULL,
        number integer NOT NULL,
        unit text NOT NULL,
        position integer NOT NULL,
        goal_id uuid NOT NULL REFERENCES prevention_goal,
        target_id uuid REFERENCES target,
        PRIMARY KEY (plan_id, number, goal_id),
        FOREIGN KEY (plan_id, number) REFERENCES prevention_plan_version
    )
    """,
    "CREATE INDEX prevention_plan_goal_goal ON prevention_plan_goal (goal_id)",
    """
    CREATE TABLE plan_watch (
        unit text PRIMARY KEY,
        id uuid NOT NULL UNIQUE,
        version integer NOT NULL,
        reason text,
        last_day date
    )
    """,
    # One row, which whoever looks at the plans locks; the day on which the platform gets it is not looked at.
    """
    CREATE TABLE plan_round (
        single boolean PRIMARY KEY DEFAULT true CHECK (single),
        day date NOT NULL DEFAULT CAST(clock_timestamp() AT TIME ZONE 'Europe/Oslo' AS date)
    )
    """,
)

STEERS_ALL: Final = f"{told('steers')} = 'all'"
OF_OWN_UNIT: Final = f"unit = {told('unit')}"
STEERS_OWN: Final = f"({told('steers')} IN ('own', 'all') AND {OF_OWN_UNIT})"
STEERS_ROW: Final = f"({STEERS_ALL} OR {STEERS_OWN})"
VERSION_SEEN: Final = f"(approved_at IS NOT NULL OR {OF_OWN_UNIT} OR ({STEERS_ALL} AND submitted_at IS NOT NULL))"
PLAN_SEEN: Final = f"""
({OF_OWN_UNIT} OR EXISTS (SELECT FROM prevention_plan_version AS v WHERE v.plan_id = prevention_plan.id))
"""
ITS_VERSION: Final = (
    "SELECT FROM prevention_plan_version AS v WHERE v.plan_id = prevention_plan_goal.plan_id"
    " AND v.number = prevention_plan_goal.number"
)
OF_A_DRAFT: Final = f"({STEERS_OWN} AND EXISTS ({ITS_VERSION} AND v.state = 'draft'))"
GOAL_SEEN: Final = f"""
({OF_OWN_UNIT} OR EXISTS (SELECT FROM prevention_plan_goal AS g WHERE g.goal_id = prevention_goal.id))
"""

WALLS: Final = (
    *guard("prevention_plan_version", see=VERSION_SEEN, add=STEERS_OWN, change=STEERS_ROW),
    *guard("prevention_plan", see=PLAN_SEEN, add=STEERS_OWN, change=STEERS_ROW),
    *guard("prevention_plan_goal", see=f"EXISTS ({ITS_VERSION})", add=OF_A_DRAFT, change=STEERS_ROW, remove=OF_A_DRAFT),
    *guard("prevention_goal", see=GOAL_SEEN, add=STEERS_OWN),
    f"""
    CREATE POLICY caller_adds ON event_archive FOR INSERT WITH CHECK (
        {STEERS_ALL} AND type = 'no.forkant.plan.approved.v1'
        AND EXISTS (SELECT FROM prevention_plan AS p WHERE p.id = aggregate_id AND p.unit = event_archive.unit)
    )
    """,
)
PLANS: Final = "prevention_plan, prevention_plan_version, prevention_goal, prevention_plan_goal"
GRANTS: Final = (
    f"REVOKE ALL ON {PLANS}, plan_watch, plan_round FROM {{app}}",
    "GRANT SELECT, INSERT, UPDATE ON prevention_plan, prevention_plan_version TO {app}",
    "GRANT SELECT, INSERT ON prevention_goal TO {app}",
    "GRANT SELECT, INSERT, DELETE ON prevention_plan_goal TO {app}",
    "GRANT UPDATE (target_id) ON prevention_plan_goal TO {app}",
    "GRANT INSERT ON event_archive, outbox TO {app}",
    f"GRANT SELECT ON {PLANS} TO {{worker}}",
    "GRANT SELECT, INSERT, UPDATE ON plan_watch, plan_round TO {worker}",
)


def upgrade() -> None:
    for statement in (*TABLES, *WALLS):
        op.execute(statement)
    for statement in GRANTS:
        op.execute(for_worker(statement))
    op.execute("INSERT INTO plan_round DEFAULT VALUES")


def downgrade() -> None:
    raise NotImplementedError("plans that were approved stay on record; go on to a later version instead")
