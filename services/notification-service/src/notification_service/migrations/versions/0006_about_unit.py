"""The unit that a message speaks of, where it is for people of another: for the directorate, of what waits too long."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE inbox_entry ADD COLUMN about_unit text CHECK (about_unit <> unit)")


def downgrade() -> None:
    op.execute("ALTER TABLE inbox_entry DROP COLUMN about_unit")
