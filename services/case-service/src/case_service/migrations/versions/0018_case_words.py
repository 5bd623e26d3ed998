"""By which words a case is found: stems hashed under a key of the service, for each text and for an index.

Below row-level security an index serves those operators alone that PostgreSQL holds for leakproof. Equality of numbers
is one; what GIN asks of arrays and of text search is none. So each word of a case is a row. Cases of before get their
words by ``python -m case_service.keys reseal``.
"""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import Worker, for_worker, guard, told

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

CHANGES: Final = f"{told('changes')} = 'on'"
WITH_ITS_CASE: Final = "EXISTS (SELECT FROM preventive_case AS c WHERE c.id = case_id)"
WRITES: Final = f"{WITH_ITS_CASE} AND {CHANGES}"

TABLES: Final = (
    """
    CREATE TABLE case_words (
        case_id uuid NOT NULL REFERENCES preventive_case,
        part text NOT NULL,
        blinded_by text NOT NULL,
        words bigint[] NOT NULL,
        PRIMARY KEY (case_id, part)
    )
    """,
    "CREATE TABLE case_word (word bigint NOT NULL, case_id uuid NOT NULL, PRIMARY KEY (word, case_id))",
    *guard("case_words", see=WITH_ITS_CASE, add=WRITES, change=WRITES, remove=WRITES, worker=Worker.WRITES),
    *guard("case_word", see=WITH_ITS_CASE),
    for_worker("REVOKE ALL ON case_words, case_word FROM {app}"),
    for_worker("GRANT SELECT, INSERT, UPDATE, DELETE ON case_words TO {app}"),
    for_worker("GRANT SELECT ON case_word TO {app}"),
)

# A word goes with the last text that has it, however the text went.
SPREAD: Final = (
    """
    CREATE FUNCTION spread_case_words() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF TG_OP <> 'DELETE' THEN
            INSERT INTO case_word (word, case_id) SELECT unnest(NEW.words), NEW.case_id ON CONFLICT DO NOTHING;
        END IF;
        IF TG_OP <> 'INSERT' THEN
            DELETE FROM case_word AS w
            WHERE w.case_id = OLD.case_id AND w.word = ANY (ARRAY(
                SELECT unnest(OLD.words)
                EXCEPT SELECT unnest(left_over.words) FROM case_words AS left_over
                WHERE left_over.case_id = OLD.case_id));
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER case_words_spread AFTER INSERT OR UPDATE OR DELETE ON case_words
    FOR EACH ROW EXECUTE FUNCTION spread_case_words()
    """,
)

# Whoever writes words anew holds the cases meanwhile, so that none come back that an erasure has just taken away.
HOLD: Final = (
    """
    CREATE FUNCTION hold_cases(asked uuid[]) RETURNS TABLE (id uuid, unit text)
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT c.id, c.unit FROM preventive_case AS c
        WHERE c.id = ANY (asked) AND c.erased_at IS NULL ORDER BY c.id FOR UPDATE
    $$
    """,
    "REVOKE ALL ON FUNCTION hold_cases(uuid[]) FROM PUBLIC",
    for_worker("GRANT EXECUTE ON FUNCTION hold_cases(uuid[]) TO {worker}"),
)


def upgrade() -> None:
    for statement in (*TABLES, *SPREAD, *HOLD):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("what people search by is not forgotten; go on to a later version instead")
