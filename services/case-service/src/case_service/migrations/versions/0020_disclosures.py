"""What is given of cases to somebody outside: prepared, approved by somebody else, given; and whom an erasure tells."""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import for_worker, guard, told

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

CHANGES: Final = f"{told('changes')} = 'on'"
WITH_ITS_CASE: Final = "EXISTS (SELECT FROM preventive_case AS c WHERE c.id = case_id)"
WRITES: Final = f"{WITH_ITS_CASE} AND {CHANGES}"

TABLE: Final = (
    """
    CREATE TABLE disclosure (
        id uuid PRIMARY KEY,
        case_id uuid NOT NULL REFERENCES preventive_case,
        state text NOT NULL CHECK (state IN ('prepared', 'approved', 'disclosed', 'refused', 'withdrawn')),
        recipient_kind text NOT NULL CHECK (recipient_kind IN ('child_welfare', 'school', 'health', 'municipality',
            'mediation_service', 'police_unit', 'prosecution', 'court', 'correctional_service', 'oversight')),
        recipient bytea CHECK (octet_length(recipient) BETWEEN 30 AND 829),
        basis text NOT NULL CHECK (basis IN ('prevent_crime', 'recipients_task', 'duty_to_report', 'duty_to_avert',
            'police_purpose', 'court_order', 'consent')),
        purpose_code text NOT NULL CHECK (purpose_code IN ('prevent_crime', 'protect_child', 'public_safety')),
        fields text[] NOT NULL CHECK (cardinality(fields) BETWEEN 1 AND 100),
        reason bytea CHECK (octet_length(reason) BETWEEN 30 AND 4029),
        requested_by text NOT NULL,
        requested_at timestamptz NOT NULL,
        decided_by text,
        decided_at timestamptz,
        disclosed_by text,
        disclosed_at timestamptz,
        method text CHECK (method IN ('meeting', 'phone', 'letter', 'secure_message')),
        withdrawn_by text,
        withdrawn_at timestamptz,
        CONSTRAINT disclosure_two_persons CHECK (decided_by <> requested_by),
        CONSTRAINT disclosure_decided CHECK (
            num_nulls(decided_by, decided_at) IN (0, 2)
            AND (state = 'withdrawn' OR (state <> 'prepared') = (decided_by IS NOT NULL))),
        CONSTRAINT disclosure_given CHECK (
            num_nulls(disclosed_by, disclosed_at, method) IN (0, 3) AND (state = 'disclosed') = (method IS NOT NULL)),
        CONSTRAINT disclosure_withdrawn CHECK (
            num_nulls(withdrawn_by, withdrawn_at) IN (0, 2) AND (state = 'withdrawn') = (withdrawn_by IS NOT NULL)),
        CONSTRAINT disclosure_texts CHECK ((recipient IS NULL) = (reason IS NULL))
    )
    """,
    "CREATE INDEX disclosure_by_case ON disclosure (case_id)",
    *guard("disclosure", see=WITH_ITS_CASE, add=WRITES, change=WRITES),
    # To whom, on which ground and what is never rewritten, and no row is removed: it is the record of what was given.
    for_worker("REVOKE ALL ON disclosure FROM {app}"),
    for_worker("""
        GRANT SELECT, INSERT, UPDATE (state, decided_by, decided_at, disclosed_by, disclosed_at, method, withdrawn_by,
                                      withdrawn_at, recipient, reason)
        ON disclosure TO {app}
    """),
    """
    CREATE FUNCTION refuse_disclosure_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the texts of a disclosure go with an erasure, and are never rewritten'
            USING ERRCODE = 'insufficient_privilege';
    END $$
    """,
    """
    CREATE TRIGGER disclosure_texts_only_go BEFORE UPDATE OF recipient, reason ON disclosure
        FOR EACH ROW WHEN (NEW.recipient IS NOT NULL OR NEW.reason IS NOT NULL)
        EXECUTE FUNCTION refuse_disclosure_rewriting()
    """,
)
CERTIFICATE: Final = "ALTER TABLE erasure_certificate ADD COLUMN recipients_to_tell jsonb NOT NULL DEFAULT '[]'"


def upgrade() -> None:
    for statement in (*TABLE, CERTIFICATE):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("what was given is not taken back; go on to a later version instead")
