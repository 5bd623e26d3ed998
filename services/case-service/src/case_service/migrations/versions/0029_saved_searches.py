"""Searches that people keep, under a data key each, since a name and words may tell of somebody."""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import Worker, for_worker, guard, told

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

UNIT: Final = told("unit")
CHANGES: Final = f"{told('changes')} = 'on'"
OWN: Final = f"unit = {UNIT} AND owner = {told('subject')}"
ITS_KEY: Final = "EXISTS (SELECT FROM saved_search AS s WHERE s.id = owner_id)"
OWN_KEY: Final = f"EXISTS (SELECT FROM saved_search AS s WHERE s.id = owner_id AND s.owner = {told('subject')})"

TABLE: Final = (
    """
    CREATE TABLE saved_search (
        id uuid PRIMARY KEY,
        unit text NOT NULL,
        owner text NOT NULL,
        version integer NOT NULL CHECK (version >= 1),
        shared boolean NOT NULL,
        name bytea NOT NULL CHECK (octet_length(name) BETWEEN 30 AND 829),
        words bytea CHECK (octet_length(words) BETWEEN 30 AND 829),
        filter jsonb NOT NULL CHECK (jsonb_typeof(filter) = 'object'),
        saved_at timestamptz NOT NULL,
        changed_at timestamptz NOT NULL CHECK (changed_at >= saved_at),
        expires_on date NOT NULL
    )
    """,
    "CREATE INDEX saved_search_by_owner ON saved_search (owner, id)",
    "CREATE INDEX saved_search_shared ON saved_search (unit, id) WHERE shared",
    "CREATE INDEX saved_search_to_go ON saved_search (expires_on)",
    *guard(
        "saved_search",
        see=f"({OWN}) OR (shared AND unit = {UNIT})",
        add=f"{OWN} AND {CHANGES}",
        change=f"{OWN} AND {CHANGES}",
        remove=f"{OWN} AND {CHANGES}",
        worker=Worker.WRITES,
    ),
    for_worker("REVOKE ALL ON saved_search FROM {app}"),
    for_worker("""
        GRANT SELECT, INSERT, DELETE, UPDATE (version, shared, name, words, filter, changed_at, expires_on)
        ON saved_search TO {app}
    """),
    f"CREATE POLICY caller_sees_of_search ON data_key FOR SELECT USING ({ITS_KEY})",
    f"""
    CREATE POLICY caller_changes_of_search ON data_key FOR UPDATE
    USING ({OWN_KEY}) WITH CHECK ({OWN_KEY} AND {CHANGES})
    """,
    # A privacy officer erases what somebody kept, without seeing what it is.
    f"""
    CREATE FUNCTION erase_searches_of(who text) RETURNS SETOF uuid
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        WITH gone AS (
            DELETE FROM saved_search WHERE owner = who AND unit = {UNIT} AND {CHANGES} RETURNING id
        ), shredded AS (
            UPDATE data_key AS k SET sealed = NULL, sealed_by = NULL, shredded_at = clock_timestamp()
            FROM gone WHERE k.owner_id = gone.id
        )
        SELECT id FROM gone
    $$
    """,  # noqa: S608 - names of ours
    "REVOKE ALL ON FUNCTION erase_searches_of(text) FROM PUBLIC",
    for_worker("GRANT EXECUTE ON FUNCTION erase_searches_of(text) TO {app}"),
)


def upgrade() -> None:
    for statement in TABLE:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("what people keep is not thrown away; go on to a later version instead")
