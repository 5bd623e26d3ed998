"""Reviews of broken glass that nobody has done in time: who was reminded of them, and when."""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import for_worker

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

REMINDERS: Final = (
    """
    ALTER TABLE access_review
        ADD COLUMN reminded_at timestamptz CHECK (reminded_at >= due_at),
        ADD COLUMN escalated_at timestamptz CHECK (escalated_at > reminded_at),
        ADD CONSTRAINT access_review_reminded_first CHECK (escalated_at IS NULL OR reminded_at IS NOT NULL)
    """,
    """
    CREATE INDEX access_review_to_remind_of ON access_review (due_at)
    WHERE verdict IS NULL AND reminded_at IS NULL
    """,
    """
    CREATE INDEX access_review_to_escalate ON access_review (reminded_at)
    WHERE verdict IS NULL AND reminded_at IS NOT NULL AND escalated_at IS NULL
    """,
    # The worker notes that it reminded of a review; that it decides one is refused by the condition.
    for_worker("""
        CREATE POLICY worker_reminds ON access_review FOR UPDATE TO {worker}
        USING (verdict IS NULL) WITH CHECK (verdict IS NULL)
    """),
    for_worker("GRANT UPDATE (version, reminded_at, escalated_at) ON access_review TO {worker}"),
)


def upgrade() -> None:
    for statement in REMINDERS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("who was reminded is not forgotten; go on to a later version instead")
