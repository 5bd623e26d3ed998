"""Endpoints sign with keys of two kinds, and one that fails is paused, looked after and told of."""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import for_worker

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# The defaults stay: an API of the version before goes on registering while the new one starts.
SIGNATURES: Final = (
    """
    ALTER TABLE endpoint ADD COLUMN signatures text[] NOT NULL DEFAULT '{v1}'
    CHECK (cardinality(signatures) >= 1 AND signatures <@ '{v1,v1a}')
    """,
    """
    ALTER TABLE endpoint_secret
        ADD COLUMN version text NOT NULL DEFAULT 'v1' CHECK (version IN ('v1', 'v1a')),
        ADD COLUMN public_key bytea,
        ADD CHECK ((version = 'v1a') = (public_key IS NOT NULL))
    """,
    "DROP INDEX endpoint_secret_current",
    """
    CREATE UNIQUE INDEX endpoint_secret_current ON endpoint_secret (endpoint_id, version) WHERE expires_at IS NULL
    """,
)
CIRCUITS: Final = (
    """
    ALTER TABLE lane
        ADD COLUMN failures integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
        ADD COLUMN failing_since timestamptz,
        ADD COLUMN trips integer NOT NULL DEFAULT 0 CHECK (trips >= 0),
        ADD COLUMN open_until timestamptz,
        ADD COLUMN told_at timestamptz
    """,
    # A test ping goes while the others wait, and is found without looking through them.
    "CREATE INDEX delivery_pings ON delivery (endpoint_id, next_attempt_at) WHERE status = 'pending' AND is_ping",
    "ALTER TABLE endpoint DROP CONSTRAINT endpoint_disabled_reason_check",
    """
    ALTER TABLE endpoint ADD CONSTRAINT endpoint_disabled_reason_check
    CHECK (disabled_reason IN ('gone', 'by_owner', 'failing'))
    """,
    "ALTER TABLE delivery DROP CONSTRAINT delivery_reason_check",
    """
    ALTER TABLE delivery ADD CONSTRAINT delivery_reason_check
    CHECK (reason IN ('attempts_used', 'endpoint_gone', 'endpoint_disabled', 'endpoint_deleted', 'endpoint_failing',
                      'case_restricted', 'case_erased'))
    """,
)
SUBJECTS: Final = (
    "ALTER TABLE inbox_entry DROP CONSTRAINT inbox_entry_subject_check",
    """
    ALTER TABLE inbox_entry ADD CONSTRAINT inbox_entry_subject_check
    CHECK (subject IN ('case', 'concern', 'method', 'best_practice', 'unit', 'target', 'prevention_plan', 'pilot',
                       'endpoint'))
    """,
)


def upgrade() -> None:
    for statement in (*SIGNATURES, *CIRCUITS, *SUBJECTS):
        op.execute(statement)
    op.execute(for_worker("GRANT SELECT (version, public_key) ON endpoint_secret TO {app}"))


def downgrade() -> None:
    raise NotImplementedError("keys that were given out stay; go on to a later version instead")
