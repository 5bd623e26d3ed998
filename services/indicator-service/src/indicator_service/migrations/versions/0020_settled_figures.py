"""What others are shown of units, which moves only when enough has changed.

Revision ID: 0020
"""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import Worker, for_worker, guard, told

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

# One row. Its key orders units of equal counts, so that nobody foresees which one is hidden beside few.
TABLE: Final = """
    CREATE TABLE settled_figures (
        one boolean PRIMARY KEY DEFAULT true CHECK (one),
        version bigint NOT NULL DEFAULT 0,
        sequence bigint NOT NULL DEFAULT -1,
        day date,
        definitions text NOT NULL DEFAULT '',
        settled_at timestamptz NOT NULL DEFAULT now(),
        rank_key uuid NOT NULL DEFAULT gen_random_uuid(),
        body text
    )
"""


def upgrade() -> None:
    op.execute(TABLE)
    op.execute("INSERT INTO settled_figures DEFAULT VALUES")
    for statement in guard("settled_figures", see=f"(SELECT {told('districts')} = 'all')", worker=Worker.WRITES):
        op.execute(statement)
    op.execute(for_worker("REVOKE ALL ON settled_figures FROM {app}"))
    op.execute(for_worker("GRANT SELECT (one, version, settled_at, body) ON settled_figures TO {app}"))
    op.execute(for_worker("GRANT SELECT, UPDATE ON settled_figures TO {worker}"))


def downgrade() -> None:
    raise NotImplementedError("what was shown must not be forgotten; go on to a later version instead")
