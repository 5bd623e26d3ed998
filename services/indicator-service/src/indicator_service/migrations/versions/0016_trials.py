"""Trials, and the figures that were frozen when one was closed.

A trial is everybody's to see from the day that it is registered, with its conclusion: one whose figures nobody likes
can't be left out. Its figures are exact, so that their table shows itself to who may ask for all; the API says what of
it is shown.
"""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import for_worker, guard, told

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TABLES: Final = (
    """
    CREATE TABLE trial (
        id uuid PRIMARY KEY,
        version integer NOT NULL DEFAULT 1,
        unit text NOT NULL,
        comparison_unit text NOT NULL CHECK (comparison_unit <> unit),
        indicator integer NOT NULL CHECK (indicator BETWEEN 1 AND 99),
        direction text NOT NULL CHECK (direction IN ('higher', 'lower')),
        expected numeric NOT NULL CHECK (expected > 0),
        partners text[] NOT NULL,
        before_from date NOT NULL,
        before_until date NOT NULL CHECK (before_until >= before_from),
        first_day date NOT NULL CHECK (first_day > before_until),
        last_day date NOT NULL CHECK (last_day >= first_day),
        state text NOT NULL CHECK (state IN ('registered', 'closed', 'withdrawn')),
        registered_by text NOT NULL,
        registered_at timestamptz NOT NULL,
        finding text,
        recommendation text,
        reservations text[],
        concluded_by text,
        concluded_at timestamptz,
        closed_by text,
        closed_at timestamptz,
        withdrawn_by text,
        withdrawn_at timestamptz,
        withdrawal_reason text,
        CHECK ((finding IS NULL) = (recommendation IS NULL) AND (finding IS NULL) = (reservations IS NULL)),
        CONSTRAINT trial_closes_with_a_conclusion CHECK (state <> 'closed' OR finding IS NOT NULL)
    )
    """,
    """
    CREATE TABLE trial_figures (
        trial_id uuid PRIMARY KEY REFERENCES trial,
        definition_version integer NOT NULL,
        figures jsonb NOT NULL,
        frozen_at timestamptz NOT NULL
    )
    """,
)
STEERS_ALL: Final = f"{told('steers')} = 'all'"
STEERS_ROW: Final = f"({STEERS_ALL} OR ({told('steers')} = 'own' AND unit = {told('unit')}))"
ASKS_FOR_ALL: Final = f"{told('districts')} = 'all'"
OF_MY_TRIAL: Final = f"EXISTS (SELECT FROM trial WHERE trial.id = trial_id AND {STEERS_ROW})"
WALLS: Final = (
    *guard("trial", see="true", add=STEERS_ROW, change=STEERS_ROW),
    *guard("trial_figures", see=ASKS_FOR_ALL, add=f"{ASKS_FOR_ALL} AND {OF_MY_TRIAL}"),
)
DECIDED: Final = (
    "version, state, finding, recommendation, reservations, concluded_by, concluded_at, closed_by, closed_at, "
    "withdrawn_by, withdrawn_at, withdrawal_reason"
)
GRANTS: Final = (
    "REVOKE ALL ON trial, trial_figures FROM {app}",
    "GRANT SELECT, INSERT ON trial, trial_figures TO {app}",
    f"GRANT UPDATE ({DECIDED}) ON trial TO {{app}}",
    "GRANT SELECT ON trial, trial_figures TO {worker}",
)


def upgrade() -> None:
    for statement in (*TABLES, *WALLS):
        op.execute(statement)
    for statement in GRANTS:
        op.execute(for_worker(statement))


def downgrade() -> None:
    raise NotImplementedError("trials stay on record; go on to a later version instead")
