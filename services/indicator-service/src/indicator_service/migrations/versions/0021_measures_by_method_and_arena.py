"""Cells of measures by method and by arena, which the facts of before are counted in as for a new indicator.

Revision ID: 0021
"""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import SYSTEM_ON, Worker, for_worker, guard, told

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

METRICS: Final = (
    "digital_measures",
    "measures",
    "measures_due",
    "measures_in_time",
    "standard_measures",
    "standard_measures_met",
)
COLUMNS: Final = "generation, district, metric, month, dimension, category, bucket, amount"
"""What an API reads: which station a cell is of is not."""
TABLE: Final = """
    CREATE TABLE measure_cell (
        generation integer NOT NULL,
        district text NOT NULL,
        metric text NOT NULL,
        month date NOT NULL,
        unit text NOT NULL,
        dimension text NOT NULL,
        category text NOT NULL,
        bucket integer NOT NULL,
        amount bigint NOT NULL,
        PRIMARY KEY (generation, district, metric, month, unit, dimension, category, bucket)
    ) WITH (fillfactor = 80)
"""
# As of the cells by district: what is told is asked once for each statement.
_DISTRICT_IS_TOLD: Final = f"""
(SELECT {told("districts")} = 'all') OR district = (SELECT CASE {told("districts")} WHEN 'own' THEN {told("unit")} END)
"""


def upgrade() -> None:
    op.execute(SYSTEM_ON)
    op.execute(TABLE)
    for statement in guard("measure_cell", see=_DISTRICT_IS_TOLD, worker=Worker.WRITES):
        op.execute(statement)
    op.execute(for_worker("REVOKE ALL ON measure_cell FROM {app}"))
    op.execute(for_worker(f"GRANT SELECT ({COLUMNS}) ON measure_cell TO {{app}}"))
    op.execute(for_worker("GRANT SELECT, INSERT, UPDATE, DELETE ON measure_cell TO {worker}"))
    values = "VALUES " + ", ".join(f"('{metric}')" for metric in METRICS)
    op.execute(
        f"INSERT INTO uncounted_metric SELECT * FROM ({values}) AS m (metric)"  # noqa: S608  the names above
        " WHERE EXISTS (SELECT FROM case_fact) ON CONFLICT DO NOTHING"
    )


def downgrade() -> None:
    raise NotImplementedError("what is counted stays; go on to a later version instead")
