"""Links between cases, each there for those who see both ends; and an index for finding what looks alike."""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import for_worker, guard, told

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

CHANGES: Final = f"{told('changes')} = 'on'"
BOTH_ARE_THERE: Final = """
EXISTS (SELECT FROM preventive_case AS c WHERE c.id = from_case)
AND EXISTS (SELECT FROM preventive_case AS c WHERE c.id = to_case)
"""
WRITES: Final = f"{BOTH_ARE_THERE} AND {CHANGES}"

LINKS: Final = (
    """
    CREATE TABLE case_link (
        id uuid PRIMARY KEY,
        from_case uuid NOT NULL REFERENCES preventive_case,
        to_case uuid NOT NULL REFERENCES preventive_case,
        kind text NOT NULL CHECK (kind IN ('related', 'same_subject_group', 'follows', 'part_of')),
        made_by text NOT NULL,
        made_at timestamptz NOT NULL,
        CONSTRAINT case_link_two_cases CHECK (from_case <> to_case)
    )
    """,
    # Whichever way it is read: neither of two cases follows, or is part of, the other and the other of it.
    """
    CREATE UNIQUE INDEX case_link_once ON case_link (least(from_case, to_case), greatest(from_case, to_case), kind)
    """,
    "CREATE INDEX case_link_from ON case_link (from_case, id)",
    "CREATE INDEX case_link_to ON case_link (to_case, id)",
    *guard("case_link", see=BOTH_ARE_THERE, add=WRITES, remove=WRITES),
    for_worker("REVOKE ALL ON case_link FROM {app}"),
    for_worker("GRANT SELECT, INSERT, DELETE ON case_link TO {app}"),
)
# Who erases a case need not see what it is linked to: the links go all the same, without being shown.
FORGET: Final = (
    """
    CREATE FUNCTION forget_links(about uuid[]) RETURNS TABLE (case_id uuid, gone bigint)
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        WITH gone AS (
            DELETE FROM case_link AS l WHERE l.from_case = ANY (about) OR l.to_case = ANY (about)
            RETURNING l.from_case, l.to_case
        )
        SELECT a.id, count(*) FROM unnest(about) AS a (id) JOIN gone AS g ON a.id IN (g.from_case, g.to_case)
        GROUP BY a.id
    $$
    """,
    "REVOKE ALL ON FUNCTION forget_links(uuid[]) FROM PUBLIC",
    for_worker("GRANT EXECUTE ON FUNCTION forget_links(uuid[]) TO {app}"),
)
ALIKE: Final = (
    """
    CREATE INDEX case_alike ON preventive_case (unit, theme, opened_at)
    WHERE erased_at IS NULL AND merged_into IS NULL
    """,
    "CREATE INDEX concern_alike ON concern (unit, theme, received_at) WHERE erased_at IS NULL",
)


def upgrade() -> None:
    for statement in (*LINKS, *FORGET, *ALIKE):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("what was linked is not forgotten; go on to a later version instead")
