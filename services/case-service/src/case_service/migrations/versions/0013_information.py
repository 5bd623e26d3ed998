"""Information registered on cases, with the last day for clarifying it, and when was warned and restricted."""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import for_worker, guard, told

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

CHANGES: Final = f"{told('changes')} = 'on'"
WITH_ITS_CASE: Final = "EXISTS (SELECT FROM preventive_case AS c WHERE c.id = case_id)"
WRITES: Final = f"{WITH_ITS_CASE} AND {CHANGES}"

TABLE: Final = (
    """
    CREATE TABLE information (
        id uuid PRIMARY KEY,
        case_id uuid NOT NULL REFERENCES preventive_case,
        statement_type text NOT NULL CHECK (statement_type IN ('fact', 'assessment')),
        verification_status text NOT NULL CHECK (verification_status IN ('verified', 'unverified')),
        source text NOT NULL CHECK (source IN ('own_observation', 'police_register', 'subject', 'guardian', 'partner',
            'witness', 'open_source', 'intelligence')),
        source_reliability text NOT NULL CHECK (source_reliability IN ('reliable', 'usually_reliable',
            'not_usually_reliable', 'unreliable', 'not_assessed')),
        subject_category text NOT NULL,
        special_category boolean NOT NULL,
        text bytea NOT NULL,
        basis bytea,
        necessity_reason bytea,
        registered_by text NOT NULL,
        registered_at timestamptz NOT NULL,
        warning_on date NOT NULL,
        clarification_deadline date NOT NULL CHECK (clarification_deadline > warning_on),
        outcome text CHECK (outcome IN ('relevant', 'not_relevant', 'incorrect')),
        clarification bytea,
        clarified_by text,
        clarified_at timestamptz CHECK (clarified_at >= registered_at),
        warned_at timestamptz,
        expired_at timestamptz,
        CONSTRAINT information_basis CHECK (statement_type = 'fact' OR basis IS NOT NULL),
        CONSTRAINT information_necessity CHECK (special_category = (necessity_reason IS NOT NULL)),
        CONSTRAINT information_clarified CHECK (num_nulls(outcome, clarified_by, clarified_at) IN (0, 3))
    )
    """,
    "CREATE INDEX information_by_case ON information (case_id)",
    "CREATE INDEX information_to_warn_of ON information (warning_on) WHERE outcome IS NULL AND warned_at IS NULL",
    """
    CREATE INDEX information_to_restrict ON information (clarification_deadline)
    WHERE outcome IS NULL AND expired_at IS NULL
    """,
    *guard("information", see=WITH_ITS_CASE, add=WRITES, change=WRITES, remove=WRITES),
    for_worker("REVOKE ALL ON information FROM {app}"),
    for_worker("""
        GRANT SELECT, INSERT, DELETE, UPDATE (verification_status, outcome, clarification, clarified_by, clarified_at)
        ON information TO {app}
    """),
)

# The worker notes that a day is past, of what nobody has clarified, and moves the case on to the version of its event:
# the case's revision, which a client holds, stays, since nothing changed that anybody wrote.
DEADLINES: Final = (
    for_worker("""
        CREATE POLICY worker_notes_deadlines ON information FOR UPDATE TO {worker}
        USING (outcome IS NULL) WITH CHECK (outcome IS NULL)
    """),
    for_worker("GRANT UPDATE (warned_at, expired_at) ON information TO {worker}"),
    """
    CREATE FUNCTION move_case_on(asked uuid) RETURNS TABLE (unit text, version integer, purpose_code text)
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        UPDATE preventive_case AS c
        SET version = c.version + 1, change_xid = pg_current_xact_id()::text::bigint
        WHERE c.id = asked AND c.erased_at IS NULL
        RETURNING c.unit, c.version, c.purpose_code
    $$
    """,
    "REVOKE ALL ON FUNCTION move_case_on(uuid) FROM PUBLIC",
    for_worker("GRANT EXECUTE ON FUNCTION move_case_on(uuid) TO {worker}"),
)


def upgrade() -> None:
    for statement in (*TABLE, *DEADLINES):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("what was registered is not forgotten; go on to a later version instead")
