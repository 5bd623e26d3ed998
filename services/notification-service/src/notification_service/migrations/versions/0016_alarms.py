"""Alarms of all services, for those who run the platform; and what this one told of its own."""

from typing import Final

from alembic import op
from forkant_kit.alarms import ALARM_DDL

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

SUBJECTS: Final = (
    "ALTER TABLE inbox_entry DROP CONSTRAINT inbox_entry_subject_check",
    """
    ALTER TABLE inbox_entry ADD CONSTRAINT inbox_entry_subject_check
    CHECK (subject IN ('case', 'concern', 'method', 'best_practice', 'unit', 'target', 'prevention_plan', 'pilot',
                       'endpoint', 'service'))
    """,
)


def upgrade() -> None:
    for statement in (*SUBJECTS, *ALARM_DDL):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("messages that were told stay; go on to a later version instead")
