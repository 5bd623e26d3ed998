"""Generations: projections side by side, of which one is live.

What stands in the database is the first generation's.
"""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import SYSTEM_ON, for_worker

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

KEYS: Final = {
    "case_fact": "case_id",
    "concern_fact": "concern_id",
    "cell": "district, metric, month, unit, case_type, theme, age_band, bucket",
    "district_cell": "district, metric, month, bucket",
}

_GENERATION: Final = (
    """
    CREATE TABLE generation (
        number integer PRIMARY KEY CHECK (number >= 1),
        state text NOT NULL CHECK (state IN ('building', 'live', 'kept', 'dropped')),
        begun_by text NOT NULL CHECK (length(begun_by) BETWEEN 1 AND 255),
        begun_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        removed_at timestamptz CHECK (removed_at IS NULL OR state = 'dropped')
    )
    """,
    "CREATE UNIQUE INDEX generation_live ON generation (state) WHERE state = 'live'",
    "CREATE UNIQUE INDEX generation_building ON generation (state) WHERE state = 'building'",
    "INSERT INTO generation (number, state, begun_by) VALUES (1, 'live', 'indicator-service')",
)


def upgrade() -> None:
    op.execute(SYSTEM_ON)
    for statement in _GENERATION:
        op.execute(statement)
    for table, key in KEYS.items():
        op.execute(f"ALTER TABLE {table} ADD COLUMN generation integer NOT NULL DEFAULT 1")
        # Whoever writes says in which: a row that lands in the wrong one would be counted twice.
        op.execute(f"ALTER TABLE {table} ALTER COLUMN generation DROP DEFAULT")
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey, ADD PRIMARY KEY (generation, {key})")
    op.execute(for_worker("REVOKE ALL ON generation FROM {app}"))
    op.execute(for_worker("GRANT SELECT ON generation TO {app}"))
    op.execute(for_worker("GRANT SELECT, INSERT, UPDATE ON generation TO {worker}"))


def downgrade() -> None:
    raise NotImplementedError("generations stay; go on to a later version instead")
