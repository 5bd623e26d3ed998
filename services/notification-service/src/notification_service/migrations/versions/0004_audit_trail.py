"""The audit trail of the kit: who read, changed or sent again what, or was refused it."""

from alembic import op
from forkant_kit.audit.schema import AUDIT_DDL

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in AUDIT_DDL:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("the audit trail only grows; go on to a later version instead")
