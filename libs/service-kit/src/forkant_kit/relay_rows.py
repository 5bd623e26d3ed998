"""The relay's statements on the outbox, and how a row becomes a Kafka record.

These run for every event. A row brings its record with it, so that a head is read with one look-up and copied. Rows are
read from the head each time and deleted by the very sequence numbers that were read: whatever lies between two of them
may be a row of a transaction that commits later.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import asyncpg
from forkant_contracts.codec import headers_for

from forkant_kit.leases import Lease
from forkant_kit.message_spans import TracedEvent
from forkant_kit.outbox import milliseconds, trace_of
from forkant_kit.record_bytes import EncodedRecord, encode_content

if TYPE_CHECKING:
    from asyncpg import Connection, Record

_HEADS: Final = """
SELECT CAST(own.place AS int), o.seq, o.record, o.recorded_ms, o.traced,
       CASE WHEN o.record IS NULL OR o.traced IS NOT NULL THEN CAST(o.event_id AS text) END
FROM unnest($1::text[], $2::int[]) WITH ORDINALITY AS own (topic, partition, place)
CROSS JOIN LATERAL (
    SELECT seq, event_id, record, recorded_ms, traced FROM outbox
    WHERE outbox.topic = own.topic AND outbox.partition = own.partition ORDER BY seq LIMIT $3
) AS o
ORDER BY own.place, o.seq
"""
# Asked for all at once and joined here: a look-up in the archive for each row costs PostgreSQL twice as much.
_EVENTS: Final = """
SELECT event_id, type AS event_type, source, data_schema, aggregate_id, aggregate_version, unit, occurred_at,
       recorded_at, traceparent, data::text AS body
FROM event_archive WHERE event_id = ANY ($1::uuid[])
"""
# One partition at a time and no join: with a backlog, the order of a join may walk the whole partition for each row.
_DELETE: Final = """
DELETE FROM outbox WHERE topic = $1 AND partition = $2 AND seq = ANY ($3::bigint[])
AND EXISTS (SELECT FROM relay_lease WHERE topic = $1 AND partition = $2 AND epoch = $4 AND owner = $5)
"""
DATABASE_LOST: Final = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    # What asyncpg says now and then when the server dies in the midst of a statement.
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
"""What a statement raises when the database refuses, dies or is away."""
SESSION: Final = {
    "timezone": "UTC",
    "datestyle": "ISO",
    # A deletion that a crash undoes makes repeats, which consumers drop; so it need not wait for the disk.
    "synchronous_commit": "off",
    # A queue's statistics are those of another moment, and a plan made from them may walk the whole table.
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
}
"""Settings of a database session that runs these statements; the form of times depends on them."""

_RECORD: Final = 2
_EVENT_ID: Final = 5

_Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Head:
    """The first waiting rows of one partition, in order, as they were read under a lease.

    ``seqs`` are the rows' numbers in the outbox, and ``records`` what goes on Kafka. ``traces`` and ``event_ids`` say
    of each event whose trace is sampled what its spans need; of the others nothing is asked.
    """

    lease: Lease
    seqs: Sequence[int]
    records: Sequence[EncodedRecord]
    traces: Sequence[str | None]
    event_ids: Sequence[str | None]

    def first(self, count: int) -> "Head":
        """Return the head cut to its first rows."""
        if count == len(self.seqs):
            return self
        return Head(self.lease, self.seqs[:count], self.records[:count], self.traces[:count], self.event_ids[:count])

    def traced(self) -> Iterable[TracedEvent]:
        """Yield those events whose trace is sampled."""
        for trace, event_id in zip(self.traces, self.event_ids, strict=True):
            if trace is not None and event_id is not None:
                traceparent, _, kind = trace.partition(" ")
                yield TracedEvent(self.lease.topic, self.lease.partition, kind, event_id, traceparent)


async def read_heads(connection: "Connection[Record]", leases: Sequence[Lease], *, limit: int) -> list[Head]:
    """Return the first ``limit`` visible rows of each partition that has any.

    Left out are rows that have no record with them and whose archived event is gone.

    Raises:
        asyncpg.PostgresError: the database refused or is away; also OSError and asyncpg.InterfaceError.
    """
    topics, partitions = [lease.topic for lease in leases], [lease.partition for lease in leases]
    rows: Sequence[_Row] = await connection.fetch(_HEADS, topics, partitions, limit)
    columns = tuple(zip(*rows, strict=True))
    if columns and None in columns[_RECORD]:
        columns = tuple(zip(*await _with_records(connection, rows), strict=True))
    return _heads(leases, columns) if columns else []


def _heads(leases: Sequence[Lease], columns: Sequence[tuple[Any, ...]]) -> list[Head]:
    places, seqs, contents, stamps, traces, event_ids = columns
    records = list(zip(contents, stamps, strict=True))
    heads = []
    for place, lease in enumerate(leases, start=1):
        own = slice(bisect_left(places, place), bisect_right(places, place))
        if seqs[own]:
            heads.append(Head(lease, seqs[own], records[own], traces[own], event_ids[own]))
    return heads


async def _with_records(connection: "Connection[Record]", rows: "Sequence[_Row]") -> "list[_Row]":
    """Make the records of rows that came without: those queued again, or by a release that wrote none."""
    wanted = [row[_EVENT_ID] for row in rows if row[_RECORD] is None]
    found = {str(event["event_id"]): event for event in await connection.fetch(_EVENTS, wanted)}
    return [
        row if row[_RECORD] is not None else (*row[:_RECORD], *_made(found[row[_EVENT_ID]]), row[_EVENT_ID])
        for row in rows
        if row[_RECORD] is not None or row[_EVENT_ID] in found
    ]


def _made(event: "Record") -> tuple[bytes, int, str | None]:
    attributes = dict(event)
    body, trace = attributes.pop("body"), event["traceparent"]
    content = encode_content(
        key=str(event["aggregate_id"]).encode(), value=body.encode(), headers=headers_for(**attributes)
    )
    return content, milliseconds(event["recorded_at"]), trace_of(trace, event["event_type"])


async def delete_rows(connection: "Connection[Record]", heads: Sequence[Head], *, owner: str) -> int:
    """Delete the rows whose lease is still the owner's under the same epoch; return how many that were.

    Raises:
        asyncpg.PostgresError: the database refused or is away; also OSError and asyncpg.InterfaceError.
    """
    removed = 0
    for head in heads:
        lease = head.lease
        tag = await connection.execute(_DELETE, lease.topic, lease.partition, head.seqs, lease.epoch, owner)
        removed += int(tag.rpartition(" ")[2])
    return removed
