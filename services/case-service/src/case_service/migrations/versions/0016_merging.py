"""Merging duplicates: which case goes on for one that was merged, beside the state that it had.

The database holds to it too: a merged case stays merged and as it was, and is never left behind by an erasure of the
case that it was merged into.
"""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import for_worker

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

COLUMNS: Final = (
    """
    ALTER TABLE preventive_case
        ADD COLUMN merged_into uuid REFERENCES preventive_case,
        ADD COLUMN merged_at timestamptz CHECK (merged_at >= opened_at),
        ADD CONSTRAINT case_merged CHECK (
            (merged_into IS NULL) = (merged_at IS NULL) AND merged_into IS DISTINCT FROM id)
    """,
    "CREATE INDEX case_merged_into ON preventive_case (merged_into) WHERE merged_into IS NOT NULL",
)
RULES: Final = (
    """
    CREATE FUNCTION refuse_unfit_merger() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF OLD.merged_into IS NOT NULL THEN
            RAISE EXCEPTION 'a merged case stays merged' USING ERRCODE = 'check_violation';
        END IF;
        IF OLD.restricted OR OLD.erased_at IS NOT NULL
            OR EXISTS (SELECT FROM legal_hold WHERE case_id = OLD.id AND lifted_at IS NULL)
            OR EXISTS (SELECT FROM transfer WHERE case_id = OLD.id AND state = 'offered')
        THEN
            RAISE EXCEPTION 'the case is not to be merged as it stands' USING ERRCODE = 'check_violation';
        END IF;
        IF NOT EXISTS (
            SELECT FROM preventive_case AS c
            WHERE c.id = NEW.merged_into AND c.unit = OLD.unit AND c.merged_into IS NULL AND c.erased_at IS NULL
              AND NOT c.restricted
        ) THEN
            RAISE EXCEPTION 'the other case takes none in as it stands' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER unfit_merger BEFORE UPDATE OF merged_into ON preventive_case
        FOR EACH ROW WHEN (NEW.merged_into IS DISTINCT FROM OLD.merged_into) EXECUTE FUNCTION refuse_unfit_merger()
    """,
    """
    CREATE FUNCTION refuse_change_of_merged() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'a merged case stays as it was' USING ERRCODE = 'check_violation';
    END $$
    """,
    """
    CREATE TRIGGER merged_stays BEFORE UPDATE OF state, held_from, round, unit ON preventive_case
        FOR EACH ROW WHEN (
            OLD.merged_into IS NOT NULL
            AND (NEW.state, NEW.held_from, NEW.round, NEW.unit)
                IS DISTINCT FROM (OLD.state, OLD.held_from, OLD.round, OLD.unit))
        EXECUTE FUNCTION refuse_change_of_merged()
    """,
    """
    CREATE FUNCTION refuse_erasure_without_merged() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF EXISTS (SELECT FROM preventive_case WHERE merged_into = NEW.id AND erased_at IS NULL) THEN
            RAISE EXCEPTION 'what was merged into the case is not erased' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
    END $$
    """,
    # After the statement, since one statement may erase both.
    """
    CREATE TRIGGER erasure_without_merged AFTER UPDATE OF erased_at ON preventive_case
        FOR EACH ROW WHEN (OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL)
        EXECUTE FUNCTION refuse_erasure_without_merged()
    """,
)
# Whoever erases a case must know that there is something below it, also where they may not see what.
BELOW: Final = (
    """
    CREATE FUNCTION cases_merged_into(cases uuid[]) RETURNS TABLE (asked uuid, id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        WITH RECURSIVE below AS (
            SELECT c.merged_into AS asked, c.id, c.erased_at FROM preventive_case AS c WHERE c.merged_into = ANY (cases)
            UNION ALL
            SELECT b.asked, c.id, c.erased_at FROM preventive_case AS c JOIN below AS b ON c.merged_into = b.id
        )
        SELECT b.asked, b.id FROM below AS b WHERE b.erased_at IS NULL ORDER BY b.asked, b.id
    $$
    """,
    """
    REVOKE ALL ON FUNCTION cases_merged_into(uuid[]), refuse_unfit_merger(), refuse_erasure_without_merged() FROM PUBLIC
    """,
    for_worker("""
        GRANT EXECUTE ON FUNCTION cases_merged_into(uuid[]), refuse_unfit_merger(), refuse_erasure_without_merged()
        TO {app}
    """),
)


def upgrade() -> None:
    for statement in (*COLUMNS, *RULES, *BELOW):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("what was merged is not told apart again; go on to a later version instead")
