"""Which lists of cases were handed out: to whom, narrowed to what, how many; which cases these were, the trail says."""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import for_worker, guard, told

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

UNIT: Final = told("unit")
OWN: Final = f"unit = {UNIT} AND subject = {told('subject')} AND {told('changes')} = 'on'"
TABLE: Final = (
    """
    CREATE TABLE case_export (
        id uuid PRIMARY KEY,
        unit text NOT NULL,
        subject text NOT NULL,
        form text NOT NULL CHECK (form IN ('csv', 'ndjson', 'parquet')),
        narrowed jsonb NOT NULL,
        purpose text,
        cases integer NOT NULL CHECK (cases >= 0),
        begun_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX case_export_by_unit ON case_export (unit, id)",
    *guard("case_export", see=f"unit = {UNIT}", add=OWN),
    for_worker("REVOKE ALL ON case_export FROM {app}"),
    for_worker("GRANT SELECT, INSERT ON case_export TO {app}"),
)


def upgrade() -> None:
    for statement in TABLE:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("what was handed out is not forgotten; go on to a later version instead")
