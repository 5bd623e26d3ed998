"""Imports of figures with their provenance, and the answers that are kept for idempotency keys.

What an import brought is never changed or removed: a later one takes its place, and one that is withdrawn says since
when and why. Its figures are as small as those that are counted, so that a transaction sees them by districts, as it
does cells; whoever imports says so besides.
"""

from typing import Final

from alembic import op
from forkant_kit.idempotency import IDEMPOTENCY_DDL
from forkant_kit.rls.schema import Worker, for_worker, guard, told

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES: Final = (
    """
    CREATE TABLE aggregate_import (
        id uuid PRIMARY KEY,
        sequence bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
        kind text NOT NULL,
        source text NOT NULL,
        source_date date NOT NULL,
        method text NOT NULL,
        unit text NOT NULL,
        sha256 bytea NOT NULL CHECK (length(sha256) = 32),
        row_count integer NOT NULL CHECK (row_count > 0),
        corrects boolean NOT NULL,
        imported_by text NOT NULL,
        imported_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        version integer NOT NULL DEFAULT 1,
        withdrawn_by text,
        withdrawn_at timestamptz,
        withdrawal_reason text,
        CHECK ((withdrawn_by IS NULL) = (withdrawn_at IS NULL)),
        CHECK ((withdrawal_reason IS NULL) = (withdrawn_at IS NULL))
    )
    """,
    "CREATE UNIQUE INDEX aggregate_import_once ON aggregate_import (kind, sha256) WHERE withdrawn_at IS NULL",
    """
    CREATE TABLE imported_value (
        import_id uuid NOT NULL REFERENCES aggregate_import,
        unit text NOT NULL,
        series text NOT NULL,
        start date NOT NULL,
        amount bigint NOT NULL CHECK (amount >= 0),
        PRIMARY KEY (import_id, unit, series, start)
    )
    """,
    "CREATE INDEX imported_value_start ON imported_value (start, unit)",
)

UNIT_IS_TOLD: Final = f"""
(SELECT {told("districts")} = 'all') OR unit = (SELECT CASE {told("districts")} WHEN 'own' THEN {told("unit")} END)
"""
IMPORTS: Final = f"{told('imports')} = 'on'"
IMPORTS_UNIT: Final = f"{IMPORTS} AND ({UNIT_IS_TOLD})"
OWN_ANSWERS: Final = f"subject = {told('subject')}"

WALLS: Final = (
    # Whoever sees a figure may ask what it rests on.
    *guard("aggregate_import", see="true", add=IMPORTS_UNIT, change=IMPORTS_UNIT),
    *guard("imported_value", see=UNIT_IS_TOLD, add=IMPORTS_UNIT),
    *guard("idempotency_key", see=OWN_ANSWERS, add=OWN_ANSWERS, worker=Worker.WRITES),
)
TAKEN_BACK: Final = "version, withdrawn_by, withdrawn_at, withdrawal_reason"
GRANTS: Final = (
    "REVOKE ALL ON aggregate_import, imported_value, idempotency_key FROM {app}",
    f"GRANT SELECT, INSERT, UPDATE ({TAKEN_BACK}) ON aggregate_import TO {{app}}",
    "GRANT SELECT, INSERT ON imported_value, idempotency_key TO {app}",
    "GRANT SELECT ON aggregate_import, imported_value TO {worker}",
    "GRANT SELECT, DELETE ON idempotency_key TO {worker}",
    # Whoever changes what figures rest on has every stream look again.
    "GRANT INSERT ON metric_change TO {app}",
)


def upgrade() -> None:
    for statement in (*IDEMPOTENCY_DDL, *TABLES, *WALLS):
        op.execute(statement)
    for statement in GRANTS:
        op.execute(for_worker(statement))


def downgrade() -> None:
    raise NotImplementedError("what was imported stays on record; go on to a later version instead")
