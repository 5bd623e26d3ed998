"""Marks by which cases about the same subject are found: blinded under a service's key, there with their case."""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import for_worker, guard, told

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

CHANGES: Final = f"{told('changes')} = 'on'"
WITH_ITS_CASE: Final = "EXISTS (SELECT FROM preventive_case AS c WHERE c.id = case_id)"
WRITES: Final = f"{WITH_ITS_CASE} AND {CHANGES}"

STATEMENTS: Final = (
    """
    CREATE TABLE subject_mark (
        mark bytea NOT NULL CHECK (octet_length(mark) = 32),
        case_id uuid NOT NULL REFERENCES preventive_case,
        PRIMARY KEY (mark, case_id)
    )
    """,
    "CREATE INDEX subject_mark_by_case ON subject_mark (case_id)",
    *guard("subject_mark", see=WITH_ITS_CASE, add=WRITES, remove=WRITES),
    for_worker("REVOKE ALL ON subject_mark FROM {app}"),
    for_worker("GRANT SELECT, INSERT, DELETE ON subject_mark TO {app}"),
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("what was marked stays until it is erased; go on to a later version instead")
