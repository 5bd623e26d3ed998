"""Outbox rows carry their Kafka record, so that the relay copies instead of encoding."""

from alembic import op
from forkant_kit.outbox_schema import OUTBOX_RECORD_DDL

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in OUTBOX_RECORD_DDL:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("rows under way hold their records; go on to a later version instead")
