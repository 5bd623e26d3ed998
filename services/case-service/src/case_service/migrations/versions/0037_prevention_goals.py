"""Which goal of its unit's prevention plan a case is tied to; the plans are the indicator service's, not looked up."""

from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE preventive_case ADD COLUMN prevention_goal uuid")


def downgrade() -> None:
    raise NotImplementedError("what cases were tied to stays; go on to a later version instead")
