"""Leases on Kafka partitions: which relay process publishes which partition.

The database's clock decides when a lease ends, so that processes need no agreement about time. Each change of owner
raises the epoch; work done under an older epoch is refused by comparing it in SQL.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from forkant_contracts import Topic
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine


@dataclass(frozen=True, slots=True, order=True)
class Lease:
    """One partition that this process may publish until the lease ends, and the epoch that proves it."""

    topic: str
    partition: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Holding:
    """What a process holds: the leases of its fair share, and those above it, which it should give back."""

    kept: frozenset[Lease]
    surplus: frozenset[Lease]


_SEED: Final = text("""
INSERT INTO relay_lease (topic, partition)
SELECT CAST(:topic AS text), p FROM generate_series(0, CAST(:partitions AS int) - 1) AS p ON CONFLICT DO NOTHING
""")
_SEEN: Final = text("""
INSERT INTO relay_member (owner, seen_at) VALUES (:owner, clock_timestamp())
ON CONFLICT (owner) DO UPDATE SET seen_at = clock_timestamp()
""")
_FORGET: Final = text("DELETE FROM relay_member WHERE seen_at < clock_timestamp() - make_interval(secs => :forget_s)")
_FAIR_SHARE: Final = text("""
SELECT ceil((SELECT count(*) FROM relay_lease WHERE topic = ANY(:topics))::numeric / greatest(1, count(*)))::int
FROM relay_member WHERE seen_at > clock_timestamp() - make_interval(secs => :ttl_s)
""")
_RENEW: Final = text("""
UPDATE relay_lease SET expires_at = clock_timestamp() + make_interval(secs => :ttl_s)
WHERE owner = :owner AND topic = ANY(:topics) AND expires_at > clock_timestamp()
RETURNING topic, partition, epoch
""")
_ACQUIRE: Final = text("""
UPDATE relay_lease AS l
SET owner = :owner, epoch = l.epoch + 1, expires_at = clock_timestamp() + make_interval(secs => :ttl_s)
FROM (
    SELECT topic, partition FROM relay_lease
    WHERE topic = ANY(:topics) AND (owner IS NULL OR expires_at <= clock_timestamp())
    ORDER BY topic, partition LIMIT :wanted FOR UPDATE SKIP LOCKED
) AS free
WHERE l.topic = free.topic AND l.partition = free.partition
RETURNING l.topic, l.partition, l.epoch
""")
_RELEASE: Final = text("""
UPDATE relay_lease AS l SET owner = NULL, expires_at = NULL
FROM unnest(CAST(:names AS text[]), CAST(:partitions AS int[]), CAST(:epochs AS bigint[]))
     AS r (topic, partition, epoch)
WHERE l.topic = r.topic AND l.partition = r.partition AND l.epoch = r.epoch AND l.owner = :owner
""")
_RELEASE_ALL: Final = text("UPDATE relay_lease SET owner = NULL, expires_at = NULL WHERE owner = :owner")
_LEAVE: Final = text("DELETE FROM relay_member WHERE owner = :owner")


class LeaseBook:
    """The leases of one relay process on the given topics."""

    def __init__(self, *, engine: AsyncEngine, owner: str, topics: Sequence[Topic], ttl_s: float) -> None:
        """Remember who asks and for which topics; ``ttl_s`` is how long a lease lasts without renewal, in seconds."""
        self._engine = engine
        self._topics = tuple(topics)
        self._bind = {"owner": owner, "topics": [t.name for t in topics], "ttl_s": ttl_s}

    async def seed(self) -> None:
        """Make the lease rows of every partition in the topic registry."""
        async with self._engine.begin() as conn:
            for topic in self._topics:
                await conn.execute(_SEED, {"topic": topic.name, "partitions": topic.partitions})

    async def refresh(self) -> Holding:
        """Renew the leases held, take free ones up to the fair share; return what is held then."""
        async with self._engine.begin() as conn:
            await conn.execute(_SEEN, {"owner": self._bind["owner"]})
            await conn.execute(_FORGET, {"forget_s": 60})
            share = (await conn.execute(_FAIR_SHARE, self._pick("topics", "ttl_s"))).scalar_one()
            held = sorted(Lease(*row) for row in await conn.execute(_RENEW, self._bind))
            if len(held) < share:
                found = await conn.execute(_ACQUIRE, {**self._bind, "wanted": share - len(held)})
                held += [Lease(*row) for row in found]
        return Holding(frozenset(held[:share]), frozenset(held[share:]))

    async def give_back(self, leases: Collection[Lease]) -> None:
        """Let other processes take these at once; give back only what no batch is under way for."""
        async with self._engine.begin() as conn:
            await conn.execute(_RELEASE, self._rows(sorted(leases)))

    async def leave(self) -> None:
        """Give everything back at shutdown, so that another process need not wait for the leases to end."""
        async with self._engine.begin() as conn:
            await conn.execute(_RELEASE_ALL, {"owner": self._bind["owner"]})
            await conn.execute(_LEAVE, {"owner": self._bind["owner"]})

    def _pick(self, *names: str) -> dict[str, object]:
        return {name: self._bind[name] for name in names}

    def _rows(self, leases: Sequence[Lease]) -> dict[str, object]:
        return {
            "owner": self._bind["owner"],
            "names": [lease.topic for lease in leases],
            "partitions": [lease.partition for lease in leases],
            "epochs": [lease.epoch for lease in leases],
        }
