"""Messages about pilots, which are about nobody."""

from typing import Final

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

SUBJECTS: Final = (
    "ALTER TABLE inbox_entry DROP CONSTRAINT inbox_entry_subject_check",
    """
    ALTER TABLE inbox_entry ADD CONSTRAINT inbox_entry_subject_check
    CHECK (subject IN ('case', 'concern', 'method', 'best_practice', 'unit', 'target', 'prevention_plan', 'pilot'))
    """,
)


def upgrade() -> None:
    for statement in SUBJECTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("messages that were told stay; go on to a later version instead")
