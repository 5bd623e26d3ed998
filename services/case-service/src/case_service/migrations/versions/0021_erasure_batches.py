"""Erasures of many cases, worked off by the worker: what was asked for, and what became of each case."""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import Worker, for_worker, guard, told

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

CHANGES: Final = f"{told('changes')} = 'on'"
OF_UNIT: Final = f"unit = {told('unit')}"
WITH_ITS_BATCH: Final = "EXISTS (SELECT FROM erasure_batch AS b WHERE b.id = batch_id)"

TABLES: Final = (
    """
    CREATE TABLE erasure_batch (
        id uuid PRIMARY KEY,
        unit text NOT NULL CHECK (unit ~ '^[a-z-]{2,30}$'),
        as_of date NOT NULL,
        most integer NOT NULL CHECK (most >= 1),
        requested_by text NOT NULL,
        clearance integer NOT NULL CHECK (clearance BETWEEN 1 AND 3),
        requested_at timestamptz NOT NULL,
        finished_at timestamptz CHECK (finished_at >= requested_at)
    )
    """,
    "CREATE INDEX erasure_batch_unfinished ON erasure_batch (requested_at) WHERE finished_at IS NULL",
    """
    CREATE TABLE erasure_batch_case (
        batch_id uuid NOT NULL REFERENCES erasure_batch,
        case_id uuid NOT NULL REFERENCES preventive_case,
        position integer NOT NULL CHECK (position >= 1),
        outcome text CHECK (outcome IN ('erased', 'left')),
        reason text CHECK (reason IN ('not_expired', 'case_open', 'legal_hold', 'archive_decision_missing',
            'own_archive_decision', 'already_erased', 'not_seen', 'merged', 'merged_case_kept',
            'refused_by_database')),
        version integer CHECK (version >= 1),
        decided_at timestamptz,
        PRIMARY KEY (batch_id, case_id),
        UNIQUE (batch_id, position),
        CONSTRAINT erasure_decided CHECK ((outcome IS NULL) = (decided_at IS NULL)),
        CONSTRAINT erasure_done CHECK ((coalesce(outcome, '') = 'erased') = (version IS NOT NULL)),
        CONSTRAINT erasure_left CHECK ((coalesce(outcome, '') = 'left') = (reason IS NOT NULL))
    )
    """,
    "CREATE INDEX erasure_batch_waiting ON erasure_batch_case (batch_id, position) WHERE outcome IS NULL",
    *guard("erasure_batch", see=OF_UNIT, add=f"{OF_UNIT} AND {CHANGES}", worker=Worker.WRITES),
    *guard("erasure_batch_case", see=WITH_ITS_BATCH, add=f"{WITH_ITS_BATCH} AND {CHANGES}", worker=Worker.WRITES),
    # The API asks, the worker does: what became of a case is the worker's alone to say, and nobody removes it.
    for_worker("REVOKE ALL ON erasure_batch, erasure_batch_case FROM {app}"),
    for_worker("GRANT SELECT, INSERT ON erasure_batch, erasure_batch_case TO {app}"),
    for_worker("GRANT UPDATE (finished_at) ON erasure_batch TO {worker}"),
    for_worker("GRANT UPDATE (outcome, reason, version, decided_at) ON erasure_batch_case TO {worker}"),
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("what was erased stays on record; go on to a later version instead")
