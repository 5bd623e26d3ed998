"""A generation that is being built holds facts alone until it has read everything; then its cells are counted.

Workers of the release before count as they read; what they counted is cleared when all is counted.

Revision ID: 0022
"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        ALTER TABLE generation ADD COLUMN facts_alone boolean NOT NULL DEFAULT false
            CONSTRAINT generation_counted CHECK (NOT facts_alone OR state IN ('building', 'dropped'))
    """)


def downgrade() -> None:
    raise NotImplementedError("generations stay; go on to a later version instead")
