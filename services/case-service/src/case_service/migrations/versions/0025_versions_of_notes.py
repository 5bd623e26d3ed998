"""A note names the version of the change that it is about, so that a timeline and a reading as of a moment find it.

Notes of before get the version of the one event of their case that their change made at their moment. Where two could
be meant, none is guessed.
"""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import SYSTEM_ON

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

MADE: Final = (
    ("put_on_hold", "case.put-on-hold"),
    ("close", "case.closed"),
    ("refer", "case.referred"),
    ("reject", "case.rejected"),
    ("reopen", "case.reopened"),
    ("merge", "case.merged"),
)
"""The event that each change with a note makes last."""
BACKFILL: Final = f"""
UPDATE case_note AS n SET version = meant.version
FROM (
    SELECT o.id, min(e.aggregate_version) AS version
    FROM case_note AS o
    JOIN (VALUES {", ".join(f"('{action}', 'no.forkant.{event}.v1')" for action, event in MADE)}) AS made (action, type)
        ON made.action = o.action
    JOIN event_archive AS e
        ON e.aggregate_id = o.case_id AND e.type = made.type AND e.occurred_at = o.written_at
    GROUP BY o.id HAVING count(*) = 1
) AS meant
WHERE n.id = meant.id
"""  # noqa: S608 - names of ours


def upgrade() -> None:
    op.execute(SYSTEM_ON)
    op.execute("ALTER TABLE case_note ADD COLUMN version integer CHECK (version >= 1)")
    op.execute(BACKFILL)


def downgrade() -> None:
    raise NotImplementedError("what is known of a note stays; go on to a later version instead")
