"""Messages about what all units share: methods and examples of best practice, which are about nobody."""

from typing import Final

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SUBJECTS: Final = (
    "ALTER TABLE inbox_entry DROP CONSTRAINT inbox_entry_subject_check",
    """
    ALTER TABLE inbox_entry ADD CONSTRAINT inbox_entry_subject_check
    CHECK (subject IN ('case', 'concern', 'method', 'best_practice'))
    """,
    # A message about what all share needs no sight of a case; one about a case never passes for it.
    """
    ALTER TABLE inbox_entry ADD CONSTRAINT inbox_entry_shared
    CHECK (subject IN ('case', 'concern') OR needs = 'role')
    """,
)


def upgrade() -> None:
    for statement in SUBJECTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("messages that were told stay; go on to a later version instead")
