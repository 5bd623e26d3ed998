"""Of which due day of a task its people were reminded."""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import for_worker

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

REMINDERS: Final = (
    "ALTER TABLE task ADD COLUMN reminded_for date",
    "ALTER TABLE task ADD COLUMN reminded_unit text",
    "ALTER TABLE task ADD CONSTRAINT task_reminded CHECK (num_nulls(reminded_for, reminded_unit) <> 1)",
    # What was told of leaves it, so that it stays as small as what is yet to come.
    """
    CREATE INDEX task_to_remind_of ON task (due_on, id)
    WHERE state = 'open' AND (reminded_for IS NULL OR reminded_for < due_on OR reminded_unit <> unit)
    """,
    for_worker("GRANT UPDATE (reminded_for, reminded_unit) ON task TO {worker}"),
)


def upgrade() -> None:
    for statement in REMINDERS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("who was reminded is not forgotten; go on to a later version instead")
