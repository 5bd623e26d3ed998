"""What the service told of its alarms."""

from alembic import op
from forkant_kit.alarms import ALARM_DDL

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in ALARM_DDL:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("what was told stays; go on to a later version instead")
