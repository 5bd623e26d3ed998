"""Inbox, webhook endpoints and their deliveries; the consumer's tables and idempotency keys."""

from typing import Final

from alembic import op
from forkant_kit.consumer_schema import CONSUMER_DDL
from forkant_kit.idempotency import IDEMPOTENCY_DDL

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INBOX: Final = (
    """
    CREATE TABLE inbox_entry (
        id uuid PRIMARY KEY,
        event_id uuid NOT NULL,
        kind text NOT NULL,
        unit text NOT NULL,
        district text NOT NULL,
        roles text[] NOT NULL CHECK (cardinality(roles) >= 1),
        subject text NOT NULL CHECK (subject IN ('case', 'concern')),
        subject_id uuid NOT NULL,
        subject_version integer NOT NULL CHECK (subject_version >= 1),
        occurred_at timestamptz NOT NULL,
        recorded_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL,
        UNIQUE (event_id, kind, unit)
    )
    """,
    "CREATE INDEX inbox_entry_by_district ON inbox_entry (district, id DESC)",
    "CREATE INDEX inbox_entry_by_subject ON inbox_entry (subject_id)",
    "CREATE INDEX inbox_entry_by_age ON inbox_entry (created_at)",
    """
    CREATE TABLE inbox_mark (
        entry_id uuid NOT NULL REFERENCES inbox_entry ON DELETE CASCADE,
        person text NOT NULL,
        read_at timestamptz NOT NULL,
        acknowledged_at timestamptz,
        PRIMARY KEY (entry_id, person)
    )
    """,
    # What stays known of a case: whether access to it is restricted, and that it was erased, so that nothing that
    # comes late can bring its messages back.
    """
    CREATE TABLE case_standing (
        case_id uuid PRIMARY KEY,
        version integer NOT NULL CHECK (version >= 1),
        restricted boolean NOT NULL,
        erased_version integer,
        updated_at timestamptz NOT NULL
    )
    """,
)

ENDPOINTS: Final = (
    """
    CREATE TABLE endpoint (
        id uuid PRIMARY KEY,
        unit text NOT NULL,
        owner text NOT NULL,
        national boolean NOT NULL,
        url text NOT NULL,
        event_types text[] NOT NULL,
        units text[] NOT NULL,
        enabled boolean NOT NULL,
        disabled_reason text CHECK (disabled_reason IN ('gone', 'by_owner')),
        version integer NOT NULL CHECK (version >= 1),
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        deleted_at timestamptz,
        CHECK (enabled = (disabled_reason IS NULL)),
        CHECK (deleted_at IS NULL OR NOT enabled)
    )
    """,
    "CREATE INDEX endpoint_by_unit ON endpoint (unit, id) WHERE deleted_at IS NULL",
    """
    CREATE TABLE endpoint_secret (
        id uuid PRIMARY KEY,
        endpoint_id uuid NOT NULL REFERENCES endpoint,
        sealed bytea NOT NULL,
        created_at timestamptz NOT NULL,
        expires_at timestamptz
    )
    """,
    "CREATE INDEX endpoint_secret_by_endpoint ON endpoint_secret (endpoint_id)",
    "CREATE UNIQUE INDEX endpoint_secret_current ON endpoint_secret (endpoint_id) WHERE expires_at IS NULL",
    # One lane for each endpoint: the number of its last delivery, when its next one is due, and which worker holds it.
    """
    CREATE TABLE lane (
        endpoint_id uuid PRIMARY KEY REFERENCES endpoint,
        last_sequence bigint NOT NULL DEFAULT 0,
        due_at timestamptz,
        leased_by text,
        leased_until timestamptz
    ) WITH (fillfactor = 50)
    """,
    "CREATE INDEX lane_due ON lane (due_at) WHERE due_at IS NOT NULL",
)

DELIVERIES: Final = (
    # `order_key` is the case or concern (or the ping itself): of the pending deliveries of one lane and key, only the
    # first is not blocked.
    """
    CREATE TABLE delivery (
        id uuid PRIMARY KEY,
        endpoint_id uuid NOT NULL REFERENCES endpoint,
        message_id uuid NOT NULL,
        sequence bigint NOT NULL,
        is_ping boolean NOT NULL,
        order_key uuid NOT NULL,
        event_type text,
        subject_id uuid,
        subject_version integer,
        unit text,
        occurred_at timestamptz,
        recorded_at timestamptz,
        traceparent text,
        status text NOT NULL CHECK (status IN ('pending', 'delivered', 'dead', 'cancelled', 'failed')),
        reason text CHECK (reason IN ('attempts_used', 'endpoint_gone', 'endpoint_disabled', 'endpoint_deleted',
                                      'case_restricted', 'case_erased')),
        blocked boolean NOT NULL,
        attempts integer NOT NULL DEFAULT 0,
        rung integer NOT NULL DEFAULT 0,
        next_attempt_at timestamptz NOT NULL,
        last_outcome text,
        last_status_code integer,
        created_at timestamptz NOT NULL,
        settled_at timestamptz,
        redacted_at timestamptz,
        UNIQUE (endpoint_id, sequence),
        UNIQUE (message_id, endpoint_id),
        CHECK ((status = 'pending') = (settled_at IS NULL)),
        CHECK (redacted_at IS NOT NULL OR (event_type IS NOT NULL AND occurred_at IS NOT NULL
                                           AND recorded_at IS NOT NULL)),
        CHECK (redacted_at IS NULL OR status <> 'pending')
    ) WITH (fillfactor = 80)
    """,
    """
    CREATE INDEX delivery_ready ON delivery (endpoint_id, next_attempt_at, sequence)
    WHERE status = 'pending' AND NOT blocked
    """,
    "CREATE INDEX delivery_in_order ON delivery (endpoint_id, order_key, sequence) WHERE status = 'pending'",
    "CREATE INDEX delivery_dead ON delivery (endpoint_id, id) WHERE status = 'dead'",
    "CREATE INDEX delivery_by_endpoint ON delivery (endpoint_id, id)",
    "CREATE INDEX delivery_by_subject ON delivery (subject_id)",
    "CREATE INDEX delivery_by_age ON delivery (settled_at)",
    """
    CREATE TABLE delivery_attempt (
        delivery_id uuid NOT NULL REFERENCES delivery ON DELETE CASCADE,
        number integer NOT NULL CHECK (number >= 1),
        started_at timestamptz NOT NULL,
        duration_ms integer NOT NULL,
        outcome text NOT NULL,
        status_code integer,
        PRIMARY KEY (delivery_id, number)
    )
    """,
)


def upgrade() -> None:
    """Create everything."""
    for statement in (*INBOX, *ENDPOINTS, *DELIVERIES, *CONSUMER_DDL, *IDEMPOTENCY_DDL):
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """Refuse: there is nothing before the first version."""
    raise NotImplementedError("the first migration is undone by dropping the database")
