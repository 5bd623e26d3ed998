"""Months of the event archive: strays get one of their own, and old ones may be removed."""

from alembic import op
from forkant_kit.archive_schema import archive_ddl

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Nothing follows an erased case, nor a decided concern. A closed, referred or rejected case can be reopened.
FINAL_TYPES = ("no.forkant.case.erased", "no.forkant.concern.decided")


def upgrade() -> None:
    for statement in archive_ddl(final_types=FINAL_TYPES):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("the archive keeps what was moved; go on to a later version instead")
