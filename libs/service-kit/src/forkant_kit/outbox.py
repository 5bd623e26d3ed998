"""The write side of publishing: events go into the archive and the outbox in the transaction that made them.

A command first increments its aggregate's version (the row lock makes the order of versions the order of commits) and
then calls :func:`append_events` on the same connection. Nothing here talks to Kafka; the relay does.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

import asyncpg
import structlog
from aiokafka.partitioner import murmur2
from forkant_contracts import TOPICS, Event
from forkant_contracts.codec import encode_data
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from forkant_kit.telemetry import current_traceparent

OUTBOX_CHANNEL: Final = "forkant_outbox"
"""PostgreSQL notification channel that wakes the relays; a notification carries nothing."""

_log = structlog.get_logger(__name__)

_INSERT: Final = text("""
WITH event AS (
    SELECT * FROM unnest(
        CAST(:ids AS uuid[]), CAST(:topics AS text[]), CAST(:partitions AS int[]),
        CAST(:aggregates AS uuid[]), CAST(:versions AS int[]), CAST(:types AS text[]), CAST(:sources AS text[]),
        CAST(:schemas AS text[]), CAST(:units AS text[]), CAST(:occurred AS timestamptz[]),
        CAST(:recorded AS timestamptz[]), CAST(:traces AS text[]), CAST(:bodies AS text[])
    ) WITH ORDINALITY AS e (event_id, topic, partition, aggregate_id, aggregate_version, type, source,
                            data_schema, unit, occurred_at, recorded_at, traceparent, body, position)
), archived AS (
    INSERT INTO event_archive (event_id, topic, partition, aggregate_id, aggregate_version, type, source,
                               data_schema, unit, occurred_at, recorded_at, traceparent, data)
    SELECT event_id, topic, partition, aggregate_id, aggregate_version, type, source,
           data_schema, unit, occurred_at, recorded_at, traceparent, CAST(body AS jsonb)
    FROM event
)
INSERT INTO outbox (topic, partition, event_id)
SELECT topic, partition, event_id FROM event ORDER BY position
""")


def partition_of(key: bytes, partitions: int) -> int:
    """Return the Kafka partition of a key, as Kafka's default partitioner chooses it (murmur2)."""
    return int(murmur2(key) & 0x7FFFFFFF) % partitions


async def append_events(conn: AsyncConnection, events: Sequence[Event]) -> None:
    """Archive events and queue them for publishing, inside the caller's transaction and in the order given.

    An event without a ``traceparent`` gets the one of the current span, so that its later spans join the trace.

    Raises:
        ValueError: an event holds the code ``unknown`` or is larger than 64 KiB; see ``encode_data``.
        KeyError: an event's topic is not in the topic registry.
        sqlalchemy.exc.IntegrityError: the aggregate version was already used within the month.
    """
    if not events:
        return
    trace = current_traceparent()
    await conn.execute(
        _INSERT,
        {
            "ids": [e.id for e in events],
            "topics": [e.topic for e in events],
            "partitions": [partition_of(str(e.aggregate_id).encode(), TOPICS[e.topic].partitions) for e in events],
            "aggregates": [e.aggregate_id for e in events],
            "versions": [e.aggregate_version for e in events],
            "types": [e.type for e in events],
            "sources": [e.source for e in events],
            "schemas": [e.data.data_schema() for e in events],
            "units": [e.unit for e in events],
            "occurred": [e.occurred_at for e in events],
            "recorded": [e.recorded_at for e in events],
            "traces": [e.traceparent or trace for e in events],
            "bodies": [encode_data(e.data).decode() for e in events],
        },
    )


class RelayNudge:
    """Wakes the relays in other processes soon after a commit, with at most one notification each few milliseconds.

    The notification is sent on a connection of its own, after the commit: inside business transactions NOTIFY
    serialises all commits. A lost nudge costs only the relay's poll interval, so its failures are logged, not raised.
    """

    def __init__(self, *, database_url: str, min_interval_s: float = 0.003) -> None:
        """Remember where to connect; nothing is opened before :meth:`run`."""
        self._url = database_url.replace("postgresql+asyncpg://", "postgresql://")
        self._min_interval_s = min_interval_s
        self._wake = asyncio.Event()

    def committed(self) -> None:
        """Say that a transaction with events has been committed; returns at once."""
        self._wake.set()

    async def run(self) -> None:
        """Send notifications until cancelled, reconnecting when the connection is lost."""
        while True:
            try:
                connection = await asyncpg.connect(self._url, server_settings={"application_name": "relay-nudge"})
                try:
                    await self._notify_on(connection)
                finally:
                    await connection.close(timeout=1)
            except (
                OSError,
                asyncpg.PostgresError,
                asyncpg.InterfaceError,
                asyncpg.InternalClientError,
                TimeoutError,
            ) as error:
                _log.warning("relay_nudge_lost", error=type(error).__name__)
                await asyncio.sleep(1)

    async def _notify_on(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            await connection.execute(f"NOTIFY {OUTBOX_CHANNEL}")
            await asyncio.sleep(self._min_interval_s)
