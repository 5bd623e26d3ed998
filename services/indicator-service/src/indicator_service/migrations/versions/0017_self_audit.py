"""The self-audit: how far it has come, and what it looks at again since fact and answer did not agree.

What it looks at again names cases, and stays the worker's. The API is given functions: how many have drifted in the
districts that the stance tells of, and to everybody whether any has.

Revision ID: 0017
"""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import Worker, for_worker, guard, told

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TABLES: Final = (
    """
    CREATE TABLE self_audit (
        here boolean PRIMARY KEY DEFAULT true CHECK (here),
        owner text,
        held_until timestamptz,
        round integer NOT NULL DEFAULT 0,
        phase text NOT NULL DEFAULT 'resting'
            CHECK (phase IN ('cases', 'concerns', 'cells', 'settling', 'resting')),
        after_id uuid,
        after_unit text NOT NULL DEFAULT '',
        begun_at timestamptz,
        walked_at timestamptz,
        cases bigint NOT NULL DEFAULT 0,
        concerns bigint NOT NULL DEFAULT 0,
        cells bigint NOT NULL DEFAULT 0,
        last_begun_at timestamptz,
        last_ended_at timestamptz,
        last_cases bigint NOT NULL DEFAULT 0,
        last_concerns bigint NOT NULL DEFAULT 0,
        last_cells bigint NOT NULL DEFAULT 0,
        next_within_seconds double precision,
        failing_since timestamptz,
        failure text,
        CHECK ((last_begun_at IS NULL) = (last_ended_at IS NULL)),
        CHECK ((failing_since IS NULL) = (failure IS NULL))
    )
    """,
    "INSERT INTO self_audit DEFAULT VALUES",
    """
    CREATE TABLE self_audit_item (
        kind text NOT NULL CHECK (kind IN ('case', 'concern', 'cells')),
        key text NOT NULL,
        reason text NOT NULL,
        looks integer NOT NULL CHECK (looks >= 0),
        fields text[] NOT NULL,
        touched jsonb NOT NULL,
        first_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        last_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        next_at timestamptz NOT NULL,
        PRIMARY KEY (kind, key)
    )
    """,
    "CREATE INDEX self_audit_item_next ON self_audit_item (next_at)",
    *guard("self_audit_item", see="false", worker=Worker.WRITES),
)
ALL: Final = f"{told('districts')} = 'all'"
FUNCTIONS: Final = (
    f"""
    CREATE FUNCTION self_audit_drift() RETURNS TABLE (unit text, metric text, amount bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT t.key, m.metric, count(*) FROM self_audit_item AS i
        CROSS JOIN LATERAL jsonb_each(i.touched) AS t
        -- Once for each metric, and once under no name for the item itself.
        CROSS JOIN LATERAL jsonb_array_elements_text(t.value || '[""]'::jsonb) AS m (metric)
        WHERE i.looks >= 2 AND ({ALL} OR {told("districts")} = 'own' AND t.key = {told("unit")})
        GROUP BY 1, 2
    $$
    """,  # noqa: S608  the settings above
    f"""
    CREATE FUNCTION self_audit_standing() RETURNS TABLE (drifting bigint, waiting bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT CASE WHEN {ALL} THEN count(*) FILTER (WHERE looks >= 2)
                    ELSE least(count(*) FILTER (WHERE looks >= 2), 1) END,
               CASE WHEN {ALL} THEN count(*) FILTER (WHERE looks < 2) END
        FROM self_audit_item
    $$
    """,  # noqa: S608  the setting above
)
GRANTS: Final = (
    "REVOKE ALL ON self_audit, self_audit_item FROM {app}",
    "GRANT SELECT ON self_audit TO {app}",
    "GRANT SELECT, UPDATE ON self_audit TO {worker}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON self_audit_item TO {worker}",
    "GRANT EXECUTE ON FUNCTION self_audit_drift(), self_audit_standing() TO {app}, {worker}",
)


def upgrade() -> None:
    for statement in (*TABLES, *FUNCTIONS):
        op.execute(statement)
    op.execute("REVOKE ALL ON FUNCTION self_audit_drift(), self_audit_standing() FROM PUBLIC")
    for statement in GRANTS:
        op.execute(for_worker(statement))


def downgrade() -> None:
    raise NotImplementedError("a wall is not taken down; go on to a later version instead")
