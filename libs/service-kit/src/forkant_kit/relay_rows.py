"""The relay's statements on the outbox, and how a row becomes a Kafka record.

These run for every event, so PostgreSQL writes ids and times as text, and headers that many events share are made once.
Rows are read from the head each time and deleted by the very sequence numbers that were read: whatever lies between two
of them may be a row of a transaction that commits later.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Final

import asyncpg

from forkant_kit.leases import Lease
from forkant_kit.message_spans import TracedEvent, is_sampled
from forkant_kit.producer import Outgoing

if TYPE_CHECKING:
    from asyncpg import Connection, Record

_HEADS: Final = """
SELECT CAST(own.place AS int), o.seq, CAST(o.event_id AS text)
FROM unnest($1::text[], $2::int[]) WITH ORDINALITY AS own (topic, partition, place)
CROSS JOIN LATERAL (
    SELECT seq, event_id FROM outbox
    WHERE outbox.topic = own.topic AND outbox.partition = own.partition ORDER BY seq LIMIT $3
) AS o
ORDER BY own.place, o.seq
"""
# Asked for all at once and joined here: a look-up in the archive for each row costs PostgreSQL twice as much.
_EVENTS: Final = """
SELECT CAST(event_id AS text), CAST(aggregate_id AS text), aggregate_version, type, source, data_schema, unit,
       CAST(occurred_at AS text), CAST(recorded_at AS text),
       CAST(floor(date_part('epoch', recorded_at) * 1000) AS bigint), traceparent, data
FROM event_archive WHERE event_id = ANY (CAST($1::text AS uuid[]))
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

_PLACE: Final = itemgetter(0)
_EVENT_ID: Final = 0
_TYPE: Final = 3
_TRACEPARENT: Final = 10

Header = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class Head:
    """The first waiting rows of one partition, in order, as they were read under a lease.

    ``seqs`` are the rows' numbers in the outbox, and ``events`` what the archive says, one for each.
    """

    lease: Lease
    seqs: Sequence[int]
    events: "Sequence[Record]"

    def first(self, count: int) -> "Head":
        """Return the head cut to its first rows."""
        return self if count == len(self.seqs) else Head(self.lease, self.seqs[:count], self.events[:count])

    def outgoing(self) -> Iterable[Outgoing]:
        """Yield the rows as Kafka records."""
        return map(_outgoing, self.events)

    def traced(self) -> Iterable[TracedEvent]:
        """Yield those events whose trace is sampled."""
        for event in self.events:
            if is_sampled(trace := event[_TRACEPARENT]):
                yield TracedEvent(self.lease.topic, self.lease.partition, event[_TYPE], event[_EVENT_ID], trace)


async def read_heads(connection: "Connection[Record]", leases: Sequence[Lease], *, limit: int) -> list[Head]:
    """Return the first ``limit`` visible rows of each partition that has any, but none whose archived event is gone.

    Raises:
        asyncpg.PostgresError: the database refused or is away; also OSError and asyncpg.InterfaceError.
    """
    topics, partitions = [lease.topic for lease in leases], [lease.partition for lease in leases]
    rows = await connection.fetch(_HEADS, topics, partitions, limit)
    if not rows:
        return []
    found = await connection.fetch(_EVENTS, _literal(row[2] for row in rows))
    events = {event[_EVENT_ID]: event for event in found}
    heads = [_head(leases[place - 1], group, events) for place, group in groupby(rows, _PLACE)]
    return [head for head in heads if head.seqs]


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


def _head(lease: Lease, rows: "Iterable[Record]", events: "Mapping[str, Record]") -> Head:
    pairs = [(seq, events[event_id]) for _, seq, event_id in rows if event_id in events]
    return Head(lease, [seq for seq, _ in pairs], [event for _, event in pairs])


def _literal(elements: Iterable[str]) -> str:
    """Write an array as PostgreSQL reads it: the driver takes longer over each element of a list."""
    return f"{{{','.join(elements)}}}"


def _outgoing(row: "Record") -> Outgoing:
    (event_id, key, version, kind, source, schema, unit, occurred, recorded, stamp_ms, trace, body) = row
    raw_key = key.encode()
    headers = [
        *_shared_headers(kind, source, schema, unit),
        ("ce_id", event_id.encode()),
        ("ce_time", f"{occurred[:10]}T{occurred[11:]}:00".encode()),
        ("ce_recordedtime", f"{recorded[:10]}T{recorded[11:]}:00".encode()),
        ("ce_partitionkey", raw_key),
        ("ce_aggregateversion", b"%d" % version),
    ]
    if trace is not None:
        headers.append(("traceparent", trace.encode()))
    return Outgoing(raw_key, body.encode(), headers, stamp_ms)


@lru_cache(maxsize=8192)
def _shared_headers(kind: str, source: str, schema: str, unit: str) -> tuple[Header, ...]:
    return (
        ("ce_specversion", b"1.0"),
        ("ce_source", source.encode()),
        ("ce_type", kind.encode()),
        ("ce_dataschema", schema.encode()),
        ("ce_unit", unit.encode()),
        ("content-type", b"application/json"),
    )
