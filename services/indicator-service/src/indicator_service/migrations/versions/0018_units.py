"""What reorganisations make of units, as `unit.changed` tells it: no figure, and everybody's to know.

Revision ID: 0018
"""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import for_worker

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TABLE: Final = """
    CREATE TABLE unit_change (
        unit text NOT NULL,
        version integer NOT NULL CHECK (version >= 1),
        kind text NOT NULL CHECK (kind IN ('district', 'special_body', 'directorate')),
        change text NOT NULL CHECK (change IN ('established', 'ended', 'gained', 'lost')),
        effective_on date NOT NULL,
        predecessors text[] NOT NULL,
        successors text[] NOT NULL,
        PRIMARY KEY (unit, version)
    )
"""
GRANTS: Final = (
    "REVOKE ALL ON unit_change FROM {app}",
    "GRANT SELECT ON unit_change TO {app}",
    "GRANT SELECT, INSERT ON unit_change TO {worker}",
)


def upgrade() -> None:
    op.execute(TABLE)
    for statement in GRANTS:
        op.execute(for_worker(statement))


def downgrade() -> None:
    raise NotImplementedError("what became of units stays on record; go on to a later version instead")
