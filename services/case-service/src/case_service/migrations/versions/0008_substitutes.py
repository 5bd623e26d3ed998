"""A substitute stands in within the unit that says so: another unit's lead opens nothing here."""

from typing import Final

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MY_CASES: Final = """
CREATE OR REPLACE FUNCTION my_cases() RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH told AS (
        SELECT current_setting('forkant.subject', true) AS subject,
               current_setting('forkant.unit', true) AS unit,
               nullif(current_setting('forkant.at', true), '')::timestamptz AS at
    ), who AS (
        SELECT told.subject, told.at FROM told
        UNION
        SELECT s.absent, told.at FROM told JOIN access_substitution AS s ON s.substitute = told.subject
        WHERE s.unit = told.unit AND s.valid_from <= told.at AND s.valid_to > told.at
    )
    SELECT coalesce(array_agg(g.object_id), '{}') FROM who JOIN access_grant AS g ON g.subject = who.subject
    WHERE g.kind = 'member' AND g.valid_from <= who.at AND (g.valid_to IS NULL OR g.valid_to > who.at)
$$
"""


def upgrade() -> None:
    op.execute(MY_CASES)
    op.execute("CREATE INDEX access_substitution_unit ON access_substitution (unit, id)")


def downgrade() -> None:
    raise NotImplementedError("a wall is not taken down; go on to a later version instead")
