"""The consumer's tables as DDL, for the migrations of the services that consume.

``consumer_offset`` is the truth about how far a group has read: it moves in the transaction of the effect, and its row
lock keeps a process that lost its partition from writing. ``aggregate_version`` is the gate that drops repeats and
notices gaps. ``parked_event`` holds what could not be applied, and what waits behind it.
"""

from typing import Final

CONSUMER_DDL: Final[tuple[str, ...]] = (
    """
    CREATE TABLE consumer_offset (
        consumer_group text NOT NULL,
        topic text NOT NULL,
        partition integer NOT NULL,
        next_offset bigint NOT NULL DEFAULT 0,
        end_offset bigint NOT NULL DEFAULT 0,
        last_recorded_at timestamptz,
        caught_up_at timestamptz,
        observed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (consumer_group, topic, partition)
    ) WITH (fillfactor = 50)
    """,
    """
    CREATE TABLE aggregate_version (
        consumer_group text NOT NULL,
        aggregate_id uuid NOT NULL,
        version integer NOT NULL,
        PRIMARY KEY (consumer_group, aggregate_id)
    ) WITH (fillfactor = 70)
    """,
    """
    CREATE TABLE parked_event (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        consumer_group text NOT NULL,
        topic text NOT NULL,
        partition integer NOT NULL,
        record_offset bigint NOT NULL,
        aggregate_id uuid,
        aggregate_version integer,
        reason text NOT NULL CHECK (reason IN ('malformed', 'gap', 'behind_parked', 'apply_failed')),
        detail text NOT NULL,
        headers jsonb NOT NULL,
        body bytea,
        status text NOT NULL DEFAULT 'parked' CHECK (status IN ('parked', 'applied', 'superseded', 'discarded')),
        parked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        settled_at timestamptz,
        UNIQUE (consumer_group, topic, partition, record_offset)
    )
    """,
    """
    CREATE INDEX parked_event_waiting ON parked_event (consumer_group, aggregate_id, aggregate_version)
    WHERE status = 'parked'
    """,
)
"""Statements that create the consumer's tables, in order."""

CONSUMER_DROP_DDL: Final[tuple[str, ...]] = (
    "DROP TABLE parked_event",
    "DROP TABLE aggregate_version",
    "DROP TABLE consumer_offset",
)
"""Statements that drop them again."""
