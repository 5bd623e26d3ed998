"""The write side of publishing: events go into the archive and the outbox in the transaction that made them.

A command first increments its aggregate's version (the row lock makes the order of versions the order of commits) and
then calls :func:`append_events` on the same connection. Nothing here talks to Kafka; the relay does.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from struct import Struct
from typing import Any, Final

import asyncpg
import structlog
from forkant_contracts import TOPICS, Event
from forkant_contracts.codec import encode
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from forkant_kit.driver import run
from forkant_kit.message_spans import is_sampled
from forkant_kit.record_bytes import encode_content
from forkant_kit.telemetry import current_traceparent

OUTBOX_CHANNEL: Final = "forkant_outbox"
"""PostgreSQL notification channel that wakes the relays; a notification carries nothing."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_FOUR: Final = Struct("<I")
_SEED: Final = 0x9747B28C
_MIX: Final = 0x5BD1E995
_32_BITS: Final = 0xFFFFFFFF
_log = structlog.get_logger(__name__)

EVENTS_SQL: Final = """
WITH event AS (
    SELECT * FROM unnest(
        CAST(:ids AS uuid[]), CAST(:topics AS text[]), CAST(:partitions AS int[]),
        CAST(:aggregates AS uuid[]), CAST(:versions AS int[]), CAST(:types AS text[]), CAST(:sources AS text[]),
        CAST(:schemas AS text[]), CAST(:units AS text[]), CAST(:occurred AS timestamptz[]),
        CAST(:recorded AS timestamptz[]), CAST(:traces AS text[]), CAST(:bodies AS text[]),
        CAST(:records AS bytea[]), CAST(:stamps AS bigint[]), CAST(:traced AS text[])
    ) WITH ORDINALITY AS e (event_id, topic, partition, aggregate_id, aggregate_version, type, source, data_schema,
                            unit, occurred_at, recorded_at, traceparent, body, record, recorded_ms, traced, position)
), archived AS (
    INSERT INTO event_archive (event_id, topic, partition, aggregate_id, aggregate_version, type, source,
                               data_schema, unit, occurred_at, recorded_at, traceparent, data)
    SELECT event_id, topic, partition, aggregate_id, aggregate_version, type, source,
           data_schema, unit, occurred_at, recorded_at, traceparent, CAST(body AS jsonb)
    FROM event
), queued AS (
    INSERT INTO outbox (topic, partition, event_id, record, recorded_ms, traced)
    SELECT topic, partition, event_id, record, recorded_ms, traced FROM event ORDER BY position
)
"""
"""The beginning of a statement that archives and queues the events of :func:`events_bind`, whatever it does besides."""

_APPEND: Final = text(f"{EVENTS_SQL} SELECT 1")


def partition_of(key: bytes, partitions: int) -> int:
    """Return the Kafka partition of a key, as Kafka's default partitioner chooses it (murmur2)."""
    return (_murmur2(key) & 0x7FFFFFFF) % partitions


def _murmur2(key: bytes) -> int:
    # As aiokafka has it, which a test holds it to, and a third as long: every event asks for it.
    whole = len(key) & ~3
    found = _SEED ^ len(key)
    for (four,) in _FOUR.iter_unpack(key[:whole]):
        mixed = four * _MIX & _32_BITS
        found = (found * _MIX & _32_BITS) ^ ((mixed ^ mixed >> 24) * _MIX & _32_BITS)
    if rest := key[whole:]:
        found = (found ^ int.from_bytes(rest, "little")) * _MIX & _32_BITS
    found = (found ^ found >> 13) * _MIX & _32_BITS
    return found ^ found >> 15


def milliseconds(moment: datetime) -> int:
    """Return a moment in Unix time, in whole milliseconds, as Kafka's records have it."""
    return (moment - _EPOCH) // _MILLISECOND


def trace_of(traceparent: str | None, event_type: str) -> str | None:
    """Return what the outbox keeps of an event's trace: nothing when the trace isn't sampled."""
    return f"{traceparent} {event_type}" if is_sampled(traceparent) else None


async def append_events(conn: AsyncConnection, events: Sequence[Event]) -> None:
    """Archive events and queue them for publishing, inside the caller's transaction and in the order given.

    An event without a ``traceparent`` gets the one of the current span, so that its later spans join the trace.

    Raises:
        ValueError: an event holds the code ``unknown`` or is larger than 64 KiB; see ``encode_data``.
        KeyError: an event's topic is not in the topic registry.
        sqlalchemy.exc.IntegrityError: the aggregate version was already used within the month.
    """
    if events:
        await run(conn, _APPEND, events_bind(events))


def events_bind(events: Sequence[Event]) -> dict[str, Any]:
    """Return what :data:`EVENTS_SQL` binds, each event encoded once for the archive and for Kafka.

    Raises:
        ValueError, KeyError: see :func:`append_events`.
    """
    trace = current_traceparent()
    traced = [e if e.traceparent or trace is None else e.model_copy(update={"traceparent": trace}) for e in events]
    messages = [encode(event) for event in traced]
    keys = {(e.topic, m.key) for e, m in zip(traced, messages, strict=True)}
    partitions = {(topic, key): partition_of(key, TOPICS[topic].partitions) for topic, key in keys}
    return {
        "ids": [e.id for e in traced],
        "topics": [e.topic for e in traced],
        "partitions": [partitions[e.topic, m.key] for e, m in zip(traced, messages, strict=True)],
        "aggregates": [e.aggregate_id for e in traced],
        "versions": [e.aggregate_version for e in traced],
        "types": [e.type for e in traced],
        "sources": [e.source for e in traced],
        "schemas": [e.data.data_schema() for e in traced],
        "units": [e.unit for e in traced],
        "occurred": [e.occurred_at for e in traced],
        "recorded": [e.recorded_at for e in traced],
        "traces": [e.traceparent for e in traced],
        "bodies": [m.value.decode() for m in messages],
        "records": [encode_content(key=m.key, value=m.value, headers=m.headers) for m in messages],
        "stamps": [milliseconds(e.recorded_at) for e in traced],
        "traced": [trace_of(e.traceparent, e.type) for e in traced],
    }


class RelayNudge:
    """Wakes the relays in other processes soon after a commit, with at most one notification each twenty milliseconds.

    The first commit after a pause is told of at once. Each notification makes every lane of a relay look, so that under
    load telling of every commit by itself costs a tenth of all the work that opening a case is to the whole platform.

    The notification is sent on a connection of its own, after the commit: inside business transactions NOTIFY
    serialises all commits. A lost nudge costs only the relay's poll interval, so its failures are logged, not raised.
    """

    def __init__(self, *, database_url: str, min_interval_s: float = 0.02) -> None:
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
