"""When somebody showed last that an endpoint is still wanted, and which units follow one that ends."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Those that are there begin anew, since nobody could have shown anything before; and so do those that an API of the
    # release before makes while the upgrade goes on.
    op.execute("ALTER TABLE endpoint ADD COLUMN proven_at timestamptz NOT NULL DEFAULT now()")
    op.execute("CREATE INDEX endpoint_by_proof ON endpoint (proven_at) WHERE enabled")
    op.execute("ALTER TABLE endpoint DROP CONSTRAINT endpoint_disabled_reason_check")
    op.execute(
        "ALTER TABLE endpoint ADD CONSTRAINT endpoint_disabled_reason_check "
        "CHECK (disabled_reason IN ('gone', 'by_owner', 'failing', 'unit_ended', 'unproven'))"
    )
    op.execute("ALTER TABLE unit_ending ADD COLUMN successors text[] NOT NULL DEFAULT '{}'")


def downgrade() -> None:
    raise NotImplementedError("a right that ended stays so; go on to a later version instead")
