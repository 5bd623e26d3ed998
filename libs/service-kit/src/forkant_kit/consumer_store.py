"""The SQL of the consumer: offsets, versions and parked events."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from forkant_kit.gate import Parked, Read, Record, read

_LOCK: Final = text("""
INSERT INTO consumer_offset (consumer_group, topic, partition)
SELECT CAST(:group AS text), p.topic, p.partition
FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[])) AS p (topic, partition) ORDER BY p.topic, p.partition
ON CONFLICT (consumer_group, topic, partition) DO UPDATE SET partition = EXCLUDED.partition
RETURNING topic, partition, next_offset
""")
_ADVANCE: Final = text("""
UPDATE consumer_offset AS c
SET next_offset = r.next_offset, end_offset = greatest(c.end_offset, r.next_offset), observed_at = clock_timestamp(),
    last_recorded_at = greatest(c.last_recorded_at, r.recorded_at)
FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[]), CAST(:next_offsets AS bigint[]),
            CAST(:recorded_at AS timestamptz[])) AS r (topic, partition, next_offset, recorded_at)
WHERE c.consumer_group = :group AND c.topic = r.topic AND c.partition = r.partition
""")
# A row that a batch holds is passed over: to wait for it would make a slow batch look like a silent consumer.
_OBSERVE: Final = text("""
WITH free AS (
    SELECT c.topic, c.partition, o.end_offset, o.proven
    FROM consumer_offset AS c
    JOIN unnest(CAST(:topics AS text[]), CAST(:partitions AS int[]), CAST(:ends AS bigint[]),
                CAST(:proven AS timestamptz[]))
         AS o (topic, partition, end_offset, proven) ON c.topic = o.topic AND c.partition = o.partition
    WHERE c.consumer_group = :group FOR UPDATE OF c SKIP LOCKED
)
UPDATE consumer_offset AS c
SET end_offset = free.end_offset, observed_at = clock_timestamp(),
    proven_before = greatest(c.proven_before, free.proven),
    caught_up_at = CASE WHEN c.next_offset >= free.end_offset THEN clock_timestamp() ELSE c.caught_up_at END
FROM free WHERE c.consumer_group = :group AND c.topic = free.topic AND c.partition = free.partition
RETURNING c.topic, c.partition
""")
_MOVE: Final = text("""
UPDATE consumer_offset SET next_offset = :next_offset,
       end_offset = CASE WHEN :next_offset < next_offset THEN :next_offset ELSE greatest(end_offset, :next_offset) END
WHERE consumer_group = :group AND topic = :topic AND partition = :partition
""")
_VERSIONS: Final = text("""
SELECT aggregate_id, version FROM aggregate_version
WHERE consumer_group = :group AND aggregate_id = ANY(CAST(:ids AS uuid[]))
""")
_STORE_VERSIONS: Final = text("""
INSERT INTO aggregate_version (consumer_group, aggregate_id, version)
SELECT CAST(:group AS text), v.aggregate_id, v.version
FROM unnest(CAST(:ids AS uuid[]), CAST(:versions AS int[])) AS v (aggregate_id, version) ORDER BY v.aggregate_id
ON CONFLICT (consumer_group, aggregate_id) DO UPDATE SET version = EXCLUDED.version
""")
_HELD: Final = text("""
SELECT DISTINCT aggregate_id FROM parked_event
WHERE consumer_group = :group AND status = 'parked' AND aggregate_id = ANY(CAST(:ids AS uuid[]))
""")
_WAITING: Final = text("""
SELECT id, topic, partition, record_offset, headers, body FROM parked_event
WHERE consumer_group = :group AND status = 'parked' AND aggregate_id = ANY(CAST(:ids AS uuid[]))
ORDER BY aggregate_id, aggregate_version, id FOR UPDATE
""")
_PARK: Final = text("""
INSERT INTO parked_event (consumer_group, topic, partition, record_offset, aggregate_id, aggregate_version, reason,
                          detail, headers, body)
VALUES (:group, :topic, :partition, :offset, :aggregate_id, :version, :reason, :detail, CAST(:headers AS jsonb), :body)
ON CONFLICT (consumer_group, topic, partition, record_offset) DO NOTHING
""")
_SETTLE: Final = text("""
UPDATE parked_event SET status = CASE WHEN id = ANY(CAST(:applied AS bigint[])) THEN 'applied' ELSE 'superseded' END,
                        settled_at = clock_timestamp()
FROM unnest(CAST(:ids AS uuid[]), CAST(:versions AS int[])) AS v (aggregate_id, version)
WHERE parked_event.consumer_group = :group AND parked_event.status = 'parked'
  AND parked_event.aggregate_id = v.aggregate_id AND parked_event.aggregate_version <= v.version
""")
_COUNT_PARKED: Final = text("""
SELECT count(*) AS events, count(DISTINCT aggregate_id) AS aggregates FROM parked_event
WHERE consumer_group = :group AND status = 'parked'
""")
_COUNT_STALE_GAPS: Final = text("""
SELECT count(DISTINCT aggregate_id) FROM parked_event
WHERE consumer_group = :group AND status = 'parked' AND reason = 'gap'
  AND parked_at < clock_timestamp() - make_interval(secs => :seconds)
""")


Place = tuple[str, int]
"""A partition: its topic and its number."""


class Reached(NamedTuple):
    """How far a partition was read, and when the newest of its events that were applied just now was recorded."""

    next_offset: int
    newest: datetime | None = None


class ConsumerStore:
    """The tables of one consumer group, read and written on the caller's connection."""

    def __init__(self, group: str) -> None:
        """Bind the group's name."""
        self._group = group

    async def lock_offset(self, conn: AsyncConnection, topic: str, partition: int) -> int:
        """Lock the partition's row until the transaction ends and return the next offset to apply."""
        return (await self.lock_offsets(conn, [(topic, partition)]))[topic, partition]

    async def lock_offsets(self, conn: AsyncConnection, places: Iterable[Place]) -> dict[Place, int]:
        """Lock partitions' rows, in order, until the transaction ends; return the next offset to apply of each."""
        topics, partitions = zip(*places, strict=True)
        bind = {"group": self._group, "topics": topics, "partitions": partitions}
        found = await conn.execute(_LOCK, bind)
        return {(row.topic, row.partition): row.next_offset for row in found}

    async def advance(self, conn: AsyncConnection, reached: Mapping[Place, Reached]) -> None:
        """Move partitions' offsets, in the transaction of the effect."""
        bind = {
            "group": self._group,
            "topics": [topic for topic, _ in reached],
            "partitions": [partition for _, partition in reached],
            "next_offsets": [each.next_offset for each in reached.values()],
            "recorded_at": [each.newest for each in reached.values()],
        }
        await conn.execute(_ADVANCE, bind)

    async def move(self, conn: AsyncConnection, topic: str, partition: int, next_offset: int) -> None:
        """Set the offset to where the topic begins: back when it was made anew, on when retention removed the rest."""
        bind = {"group": self._group, "topic": topic, "partition": partition}
        await conn.execute(_MOVE, {**bind, "next_offset": next_offset})

    async def observe_ends(
        self,
        conn: AsyncConnection,
        ends: Mapping[tuple[str, int], int],
        proven: Mapping[tuple[str, int], datetime] = MappingProxyType({}),
    ) -> frozenset[tuple[str, int]]:
        """Note the end of each partition, from which other processes compute lag and freshness.

        Args:
            conn: within the caller's transaction.
            ends: the offset at which each partition ends on Kafka.
            proven: moments before which all that was committed is applied, of the partitions for which one is known.

        Returns:
            The partitions left out, since a batch holds them just now.
        """
        keys = sorted(ends)
        bind = {
            "group": self._group,
            "topics": [topic for topic, _ in keys],
            "partitions": [partition for _, partition in keys],
            "ends": [ends[key] for key in keys],
            "proven": [proven.get(key) for key in keys],
        }
        noted = {(row.topic, row.partition) for row in await conn.execute(_OBSERVE, bind)}
        return frozenset(ends.keys() - noted)

    async def versions(self, conn: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, int]:
        """Return the last applied version of each aggregate that has one."""
        found = await conn.execute(_VERSIONS, {"group": self._group, "ids": sorted(set(ids))})
        return {row.aggregate_id: row.version for row in found}

    async def held(self, conn: AsyncConnection, ids: Iterable[UUID]) -> frozenset[UUID]:
        """Return which of the aggregates have parked events."""
        found = await conn.execute(_HELD, {"group": self._group, "ids": sorted(set(ids))})
        return frozenset(row.aggregate_id for row in found)

    async def waiting(self, conn: AsyncConnection, ids: Iterable[UUID]) -> list[Read]:
        """Return the parked records of these aggregates by version, locked."""
        found = await conn.execute(_WAITING, {"group": self._group, "ids": sorted(set(ids))})
        return [read(stored_record(row.id, row)) for row in found]

    async def store_versions(self, conn: AsyncConnection, versions: Mapping[UUID, int]) -> None:
        """Store the last applied versions."""
        ids = sorted(versions)
        bind = {"group": self._group, "ids": ids, "versions": [versions[i] for i in ids]}
        await conn.execute(_STORE_VERSIONS, bind)

    async def park(self, conn: AsyncConnection, parked: Sequence[Parked]) -> None:
        """Store records that can't be applied now."""
        rows = [
            {
                "group": self._group,
                "topic": p.read.record.topic,
                "partition": p.read.record.partition,
                "offset": p.read.record.offset,
                "aggregate_id": p.read.aggregate_id,
                "version": p.read.version,
                "reason": p.reason.value,
                "detail": p.detail,
                "headers": json.dumps([[n, v.decode("latin-1")] for n, v in p.read.record.headers]).replace(
                    "\\u0000", ""
                ),
                "body": p.read.record.value,
            }
            for p in parked
        ]
        if rows:
            await conn.execute(_PARK, rows)

    async def settle(self, conn: AsyncConnection, versions: Mapping[UUID, int], applied: Sequence[int]) -> None:
        """Close the parked rows that the given versions have overtaken: applied themselves, or superseded."""
        ids = sorted(versions)
        bind = {"group": self._group, "ids": ids, "versions": [versions[i] for i in ids], "applied": list(applied)}
        await conn.execute(_SETTLE, bind)

    async def count_parked(self, conn: AsyncConnection) -> tuple[int, int]:
        """Return how many events are parked, and of how many aggregates."""
        row = (await conn.execute(_COUNT_PARKED, {"group": self._group})).one()
        return row.events, row.aggregates

    async def count_stale_gaps(self, conn: AsyncConnection, *, older_than_s: float) -> int:
        """Return how many aggregates have waited for a missing version for longer than so many seconds."""
        bind = {"group": self._group, "seconds": older_than_s}
        return int((await conn.execute(_COUNT_STALE_GAPS, bind)).scalar_one())


def stored_record(parked_id: int, row: Any) -> Record:
    """Return a parked record from its row."""
    pairs = json.loads(row.headers) if isinstance(row.headers, str) else row.headers
    return Record(
        topic=row.topic,
        partition=row.partition,
        offset=row.record_offset,
        key=None,
        headers=tuple((name, value.encode("latin-1")) for name, value in pairs),
        value=row.body,
        parked_id=parked_id,
    )
