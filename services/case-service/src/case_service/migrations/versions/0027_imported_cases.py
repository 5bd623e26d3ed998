"""Which cases came from another system: by a digest of its reference, so that none comes twice, not even an erased one.

And what many rows at once are asked once: whether a code is retired, and which words a case is found by.
"""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import for_worker, guard, told

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

UNIT: Final = told("unit")
CHANGES: Final = f"{told('changes')} = 'on'"
WITH_ITS_CASE: Final = "EXISTS (SELECT FROM preventive_case AS c WHERE c.id = case_id)"

TABLE: Final = (
    """
    CREATE TABLE imported_case (
        unit text NOT NULL,
        source text NOT NULL CHECK (source ~ '^[a-z][a-z0-9-]{1,40}$'),
        reference bytea NOT NULL CHECK (octet_length(reference) = 32),
        case_id uuid NOT NULL REFERENCES preventive_case,
        CONSTRAINT imported_once PRIMARY KEY (unit, source, reference)
    )
    """,
    *guard("imported_case", see=f"unit = {UNIT}", add=f"unit = {UNIT} AND {WITH_ITS_CASE} AND {CHANGES}"),
    for_worker("REVOKE ALL ON imported_case FROM {app}"),
    for_worker("GRANT SELECT, INSERT ON imported_case TO {app}"),
)

# A trigger for each row asked three times for each; codes that are retired are few, and rows may be thousands.
RETIRED: Final = (
    "DROP TRIGGER case_takes_no_retired_code ON preventive_case",
    """
    CREATE OR REPLACE FUNCTION refuse_retired_in_case() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF EXISTS (
            SELECT FROM code_retirement AS r JOIN made AS n
            ON (r.list = 'theme' AND r.code = n.theme OR r.list = 'case_type' AND r.code = n.case_type
                OR r.list = 'legal_basis' AND r.code = n.legal_basis)
            AND r.retired_from <= (n.opened_at AT TIME ZONE 'Europe/Oslo')::date
        ) THEN
            RAISE EXCEPTION 'a code is retired' USING ERRCODE = 'check_violation', CONSTRAINT = 'code_retired';
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER case_takes_no_retired_code AFTER INSERT ON preventive_case
    REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION refuse_retired_in_case()
    """,
)

SPREAD: Final = (
    "DROP TRIGGER case_words_spread ON case_words",
    """
    CREATE FUNCTION spread_new_case_words() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        INSERT INTO case_word (word, case_id)
        SELECT found.word, made.case_id FROM made, LATERAL unnest(made.words) AS found (word) ON CONFLICT DO NOTHING;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER case_words_spread_new AFTER INSERT ON case_words
    REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION spread_new_case_words()
    """,
    """
    CREATE TRIGGER case_words_spread AFTER UPDATE OR DELETE ON case_words
    FOR EACH ROW EXECUTE FUNCTION spread_case_words()
    """,
)


def upgrade() -> None:
    for statement in (*TABLE, *RETIRED, *SPREAD):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("what came from elsewhere is not forgotten; go on to a later version instead")
