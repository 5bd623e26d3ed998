"""What a consumer knows to have of everything that was committed."""

from alembic import op
from forkant_kit.watermark import WATERMARK_DDL

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in WATERMARK_DDL:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    raise NotImplementedError("go on to a later version instead: an older release reads the table as it is")
