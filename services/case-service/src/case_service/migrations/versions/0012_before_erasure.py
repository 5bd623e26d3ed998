"""Legal holds, archive decisions, and certificates of erasures; cases erased before get one of what is known."""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import SYSTEM_ON, for_worker, guard, told

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

CHANGES: Final = f"{told('changes')} = 'on'"
WITH_ITS_CASE: Final = "EXISTS (SELECT FROM preventive_case AS c WHERE c.id = case_id)"
WRITES: Final = f"{WITH_ITS_CASE} AND {CHANGES}"

TABLES: Final = (
    """
    CREATE TABLE legal_hold (
        id uuid PRIMARY KEY,
        case_id uuid NOT NULL REFERENCES preventive_case,
        reason text NOT NULL CHECK (reason IN ('court_order', 'criminal_case', 'oversight', 'complaint')),
        placed_by text NOT NULL,
        placed_at timestamptz NOT NULL,
        lifted_by text,
        lifted_at timestamptz CHECK (lifted_at >= placed_at),
        CONSTRAINT legal_hold_lifted CHECK ((lifted_by IS NULL) = (lifted_at IS NULL))
    )
    """,
    "CREATE INDEX legal_hold_by_case ON legal_hold (case_id)",
    """
    CREATE TABLE archive_decision (
        case_id uuid PRIMARY KEY REFERENCES preventive_case,
        outcome text NOT NULL CHECK (outcome IN ('transferred', 'destroy')),
        reference text CHECK (reference ~ '^[A-Z0-9][A-Z0-9./-]{2,63}$'),
        decided_by text NOT NULL,
        decided_at timestamptz NOT NULL,
        CONSTRAINT archive_reference CHECK ((outcome = 'transferred') = (reference IS NOT NULL))
    )
    """,
    """
    CREATE TABLE erasure_certificate (
        case_id uuid PRIMARY KEY REFERENCES preventive_case,
        version integer NOT NULL CHECK (version >= 1),
        basis text NOT NULL CHECK (basis IN ('retention_expired', 'unlawful', 'unfounded')),
        erased_by text NOT NULL,
        erased_at timestamptz NOT NULL,
        concern_id uuid REFERENCES concern,
        destroyed jsonb NOT NULL
    )
    """,
)
GUARDS: Final = (
    *guard("legal_hold", see=WITH_ITS_CASE, add=WRITES, change=WRITES),
    *guard("archive_decision", see=WITH_ITS_CASE, add=WRITES, change=WRITES),
    *guard("erasure_certificate", see=WITH_ITS_CASE, add=WRITES),
    for_worker("GRANT SELECT, INSERT, UPDATE (lifted_by, lifted_at) ON legal_hold TO {app}"),
    for_worker("GRANT SELECT, INSERT, UPDATE ON archive_decision TO {app}"),
    for_worker("GRANT SELECT, INSERT ON erasure_certificate TO {app}"),
)
# The database holds it too, whichever way an erasure comes: what must be kept is not erased, and a certificate stays.
RULES: Final = (
    """
    CREATE FUNCTION refuse_erasure_under_hold() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF EXISTS (SELECT FROM legal_hold WHERE case_id = NEW.id AND lifted_at IS NULL) THEN
            RAISE EXCEPTION 'a legal hold stands on the case' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER erasure_under_hold BEFORE UPDATE OF erased_at ON preventive_case
        FOR EACH ROW WHEN (OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL)
        EXECUTE FUNCTION refuse_erasure_under_hold()
    """,
    """
    CREATE FUNCTION refuse_certificate_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'a certificate of an erasure stays as it is' USING ERRCODE = 'insufficient_privilege';
    END $$
    """,
    """
    CREATE TRIGGER certificate_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON erasure_certificate
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_certificate_change()
    """,
    "DROP FUNCTION forget_answers(uuid[])",
    """
    CREATE FUNCTION forget_answers(about uuid[]) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        WITH gone AS (DELETE FROM idempotency_key WHERE aggregate_id = ANY (about) RETURNING 1)
        SELECT count(*) FROM gone
    $$
    """,
    "REVOKE ALL ON FUNCTION forget_answers(uuid[]), refuse_erasure_under_hold() FROM PUBLIC",
    for_worker("GRANT EXECUTE ON FUNCTION forget_answers(uuid[]), refuse_erasure_under_hold() TO {app}"),
)
# How many rows went was not counted then.
ERASED_BEFORE: Final = """
INSERT INTO erasure_certificate (case_id, version, basis, erased_by, erased_at, concern_id, destroyed)
SELECT c.id, c.version, c.erasure_basis, coalesce((
    SELECT e.subject FROM audit_entry AS e
    WHERE e.action = 'case.erase' AND e.outcome = 'done' AND c.id = ANY (e.object_ids) LIMIT 1), 'unknown'),
    c.erased_at, c.concern_id, '{}'
FROM preventive_case AS c WHERE c.erased_at IS NOT NULL
"""


def upgrade() -> None:
    op.execute(SYSTEM_ON)
    for statement in (*TABLES, *GUARDS, ERASED_BEFORE, *RULES):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("what was erased stays certified; go on to a later version instead")
