"""Which metrics a later release counts that the facts of before do not stand in yet; the worker counts them.

Of a database without facts there is nothing to count.
"""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import SYSTEM_ON, for_worker

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

METRICS: Final = (
    "assessed_in_time",
    "under_18",
    "child_view_recorded",
    "plans",
    "plans_with_baseline",
    "evaluated",
    "effect_achieved",
    "effect_harm",
    "effect_not_known",
    "measures",
    "digital_measures",
    "standard_measures",
    "standard_measures_met",
)


def upgrade() -> None:
    op.execute(SYSTEM_ON)
    op.execute("CREATE TABLE uncounted_metric (metric text PRIMARY KEY)")
    named = ", ".join(f"('{metric}')" for metric in METRICS)
    op.execute(
        f"INSERT INTO uncounted_metric SELECT * FROM (VALUES {named}) AS m (metric)"  # noqa: S608  the names above
        " WHERE EXISTS (SELECT FROM case_fact)"
    )
    op.execute(for_worker("REVOKE ALL ON uncounted_metric FROM {app}"))
    op.execute(for_worker("GRANT SELECT ON uncounted_metric TO {app}"))
    op.execute(for_worker("GRANT SELECT, DELETE ON uncounted_metric TO {worker}"))


def downgrade() -> None:
    raise NotImplementedError("what is counted stays; go on to a later version instead")
