"""What the service told of its alarms.

Revision ID: 0019
"""

from alembic import op
from forkant_kit.alarms import ALARM_DDL

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in ALARM_DDL:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("what was told stays; go on to a later version instead")
