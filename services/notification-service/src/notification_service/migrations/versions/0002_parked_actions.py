"""What may be done about parked events, and the record of it."""

from alembic import op
from forkant_kit.parked_schema import PARKED_ACTION_DDL, PARKED_ACTION_DROP_DDL

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in PARKED_ACTION_DDL:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    for statement in PARKED_ACTION_DROP_DDL:
        op.get_bind().exec_driver_sql(statement)
