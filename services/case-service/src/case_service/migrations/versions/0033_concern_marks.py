"""Marks by which concerns about the same subject are found, as cases are: there with their concern."""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import for_worker, guard, told

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

CHANGES: Final = f"{told('changes')} = 'on'"
WITH_ITS_CONCERN: Final = "EXISTS (SELECT FROM concern AS c WHERE c.id = concern_id)"
WRITES: Final = f"{WITH_ITS_CONCERN} AND {CHANGES}"

STATEMENTS: Final = (
    """
    CREATE TABLE concern_mark (
        mark bytea NOT NULL CHECK (octet_length(mark) = 32),
        concern_id uuid NOT NULL REFERENCES concern,
        PRIMARY KEY (mark, concern_id)
    )
    """,
    "CREATE INDEX concern_mark_by_concern ON concern_mark (concern_id)",
    *guard("concern_mark", see=WITH_ITS_CONCERN, add=WRITES, remove=WRITES),
    for_worker("REVOKE ALL ON concern_mark FROM {app}"),
    for_worker("GRANT SELECT, INSERT, DELETE ON concern_mark TO {app}"),
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("what was marked stays until it is erased; go on to a later version instead")
