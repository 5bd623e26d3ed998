"""When letters came back, and why an address is no longer confirmed, which its person is told."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE letter ADD COLUMN returned_at timestamptz")
    op.execute("CREATE INDEX letter_by_return ON letter (person, channel) WHERE returned_at IS NOT NULL")
    op.execute(
        "ALTER TABLE contact ADD COLUMN doubted_at timestamptz, ADD COLUMN doubt text, "
        "ADD CHECK ((doubted_at IS NULL) = (doubt IS NULL)), ADD CHECK (doubted_at IS NULL OR confirmed_at IS NULL)"
    )


def downgrade() -> None:
    raise NotImplementedError("what came back stays known; go on to a later version instead")
