"""Cells by day, for what depends on the day; and which metrics the facts of before do not stand in yet.

Of a month that has gone by and of those to come the district's cells keep the sum, as of everything else; the days are
read of the month alone that is counted until. What no fact of a generation tells of is never counted from its facts: it
stays named for that generation, and the next one, made from the events, has it.
"""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import SYSTEM_ON, Worker, for_worker, guard, told

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

METRICS: Final = (
    "measures_due",
    "measures_in_time",
    "active",
    "active_long",
    "active_long_approved",
    "active_overdue",
    "active_with_partner",
    "partner_slt_coordinator",
    "partner_child_welfare",
    "partner_school",
    "partner_mediation_service",
    "partner_health",
    "partner_municipality",
    "partner_business",
    "partner_voluntary",
    "partner_unknown",
)
UNKNOWN: Final = ("information", "information_past_deadline")

# As of the cells by district: what is told is asked once for each statement.
_DISTRICT_IS_TOLD: Final = f"""
(SELECT {told("districts")} = 'all') OR district = (SELECT CASE {told("districts")} WHEN 'own' THEN {told("unit")} END)
"""


def upgrade() -> None:
    op.execute(SYSTEM_ON)
    op.execute("""
        CREATE TABLE district_day (
            generation integer NOT NULL,
            day date NOT NULL,
            district text NOT NULL,
            metric text NOT NULL,
            amount bigint NOT NULL,
            PRIMARY KEY (generation, day, district, metric)
        ) WITH (fillfactor = 50)
    """)
    for statement in guard("district_day", see=_DISTRICT_IS_TOLD, worker=Worker.WRITES):
        op.execute(statement)
    op.execute(for_worker("REVOKE ALL ON district_day FROM {app}"))
    op.execute(for_worker("GRANT SELECT ON district_day TO {app}"))
    op.execute(for_worker("GRANT SELECT, INSERT, UPDATE, DELETE ON district_day TO {worker}"))
    op.execute("ALTER TABLE uncounted_metric DROP CONSTRAINT uncounted_metric_pkey, ADD COLUMN generation integer")
    # Of every generation while none is named.
    op.execute("ALTER TABLE uncounted_metric ADD UNIQUE NULLS NOT DISTINCT (metric, generation)")
    op.execute(
        f"INSERT INTO uncounted_metric SELECT * FROM ({_values(METRICS)}) AS m (metric)"  # noqa: S608  the names above
        " WHERE EXISTS (SELECT FROM case_fact) ON CONFLICT DO NOTHING"
    )
    op.execute(
        f"INSERT INTO uncounted_metric SELECT m.metric, g.number FROM ({_values(UNKNOWN)}) AS m (metric)"  # noqa: S608  the names above
        " CROSS JOIN generation AS g WHERE EXISTS (SELECT FROM case_fact AS f WHERE f.generation = g.number)"
    )


def _values(metrics: tuple[str, ...]) -> str:
    return "VALUES " + ", ".join(f"('{metric}')" for metric in metrics)


def downgrade() -> None:
    raise NotImplementedError("what is counted stays; go on to a later version instead")
