"""The outbox tables as DDL, for the migrations of the services that publish.

``event_archive`` keeps every event for good. Its monthly partitions are ranges of the event id: event ids are UUIDv7,
so they run in time, the id alone can be the primary key, and the relay's look-up by id touches one partition. A unique
index across partitions would need the partition key in it, so each partition has its own on aggregate and version;
across months the row lock of the aggregate keeps versions unique, and ``forkant verify`` checks it.

``outbox`` is the queue: a row lives only from commit to acknowledgement, and brings the Kafka record with it that the
relay copies (``OUTBOX_RECORD_DDL``). ``relay_lease`` says which relay process owns which Kafka partition, with an epoch
that fences a process that lost its lease without noticing.
"""

from typing import Final

OUTBOX_DDL: Final[tuple[str, ...]] = (
    """
    CREATE TABLE event_archive (
        event_id uuid NOT NULL PRIMARY KEY,
        topic text NOT NULL,
        partition integer NOT NULL CHECK (partition >= 0),
        aggregate_id uuid NOT NULL,
        aggregate_version integer NOT NULL CHECK (aggregate_version >= 1),
        type text NOT NULL,
        source text NOT NULL,
        data_schema text NOT NULL,
        unit text NOT NULL,
        occurred_at timestamptz NOT NULL,
        recorded_at timestamptz NOT NULL,
        traceparent text,
        data jsonb NOT NULL
    ) PARTITION BY RANGE (event_id)
    """,
    """
    CREATE TABLE outbox (
        seq bigint GENERATED ALWAYS AS IDENTITY,
        topic text NOT NULL,
        partition integer NOT NULL,
        event_id uuid NOT NULL,
        PRIMARY KEY (topic, partition, seq)
    ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
            autovacuum_vacuum_insert_threshold = -1, autovacuum_vacuum_cost_delay = 0)
    """,
    """
    CREATE TABLE relay_lease (
        topic text NOT NULL,
        partition integer NOT NULL,
        owner text,
        epoch bigint NOT NULL DEFAULT 0,
        expires_at timestamptz,
        PRIMARY KEY (topic, partition)
    )
    """,
    """
    CREATE TABLE relay_member (
        owner text PRIMARY KEY,
        seen_at timestamptz NOT NULL
    )
    """,
    # The application role owns nothing, so it gets partitions made through this function of the owner's.
    """
    CREATE FUNCTION ensure_archive_partitions(months_ahead integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET timezone = 'UTC' AS $$
    DECLARE
        month timestamptz := date_trunc('month', now());
        name text;
        step integer;
        low uuid;
        high uuid;
    BEGIN
        PERFORM pg_advisory_xact_lock(hashtext('ensure_archive_partitions'));
        FOR step IN 0..months_ahead LOOP
            name := 'event_archive_' || to_char(month + make_interval(months => step), 'YYYY_MM');
            CONTINUE WHEN to_regclass('public.' || name) IS NOT NULL;
            low := (lpad(to_hex((extract(epoch FROM month + make_interval(months => step)) * 1000)::bigint), 12, '0')
                    || repeat('0', 20))::uuid;
            high := (lpad(to_hex((extract(epoch FROM month + make_interval(months => step + 1)) * 1000)::bigint),
                    12, '0') || repeat('0', 20))::uuid;
            EXECUTE format('CREATE TABLE public.%I PARTITION OF public.event_archive FOR VALUES FROM (%L) TO (%L)',
                           name, low, high);
            EXECUTE format('CREATE UNIQUE INDEX ON public.%I (aggregate_id, aggregate_version)', name);
        END LOOP;
    END $$
    """,
    # The net under a worker that made no partition in time: no write ever fails for want of one.
    "CREATE TABLE event_archive_default PARTITION OF event_archive DEFAULT",
    "CREATE UNIQUE INDEX ON event_archive_default (aggregate_id, aggregate_version)",
    "SELECT ensure_archive_partitions(2)",
)
"""Statements that create the outbox, in order."""

OUTBOX_RECORD_DDL: Final[tuple[str, ...]] = (
    "ALTER TABLE outbox ADD COLUMN record bytea, ADD COLUMN recorded_ms bigint, ADD COLUMN traced text",
    # To compress what lives for milliseconds takes longer than to write it.
    "ALTER TABLE outbox ALTER COLUMN record SET STORAGE EXTERNAL",
)
"""Statements that let a row of the outbox carry its record, on top of ``OUTBOX_DDL``.

``record`` is the record's key, value and headers in Kafka's own format, ``recorded_ms`` its time, and ``traced`` the
trace context and type of an event whose trace is sampled. All three may be NULL: rows that a release before wrote, and
those of events that are queued again, get their record from the archive.
"""

OUTBOX_DROP_DDL: Final[tuple[str, ...]] = (
    "DROP FUNCTION ensure_archive_partitions(integer)",
    "DROP TABLE relay_member",
    "DROP TABLE relay_lease",
    "DROP TABLE outbox",
    "DROP TABLE event_archive",
)
"""Statements that drop it again."""
