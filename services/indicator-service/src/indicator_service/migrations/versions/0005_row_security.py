"""Row-level security: an API reads figures in a transaction that says whose, and nothing of single cases at all.

What the projector keeps of each case and concern, the cells of single stations and offices, and parked events stand in
no answer of the API. They are the worker's alone, by the policies and by the grants.
"""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import Worker, for_worker, guard, told

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NOBODY: Final = "false"
WORKERS: Final = (
    "case_fact",
    "concern_fact",
    "cell",
    "aggregate_version",
    "parked_event",
    "parked_action",
    "parked_outcome",
)
READ_BY_ALL: Final = "consumer_offset, metric_change, district_cell"

# Asked once for each statement, as a boolean that the planner takes for as likely as not: with the comparison left to
# each row it would expect next to none, and sort what it could count in a hash table.
DISTRICT_IS_TOLD: Final = f"""
(SELECT {told("districts")} = 'all') OR district = (SELECT CASE {told("districts")} WHEN 'own' THEN {told("unit")} END)
"""


def upgrade() -> None:
    for table in WORKERS:
        for statement in guard(table, see=NOBODY, worker=Worker.WRITES):
            op.execute(statement)
    for statement in guard("district_cell", see=DISTRICT_IS_TOLD, worker=Worker.WRITES):
        op.execute(statement)
    every = f"{READ_BY_ALL}, {', '.join(WORKERS)}"
    op.execute(for_worker(f"REVOKE ALL ON {every} FROM {{app}}"))
    op.execute(for_worker(f"GRANT SELECT ON {READ_BY_ALL} TO {{app}}"))
    op.execute(for_worker(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {every} TO {{worker}}"))


def downgrade() -> None:
    raise NotImplementedError("a wall is not taken down; go on to a later version instead")
