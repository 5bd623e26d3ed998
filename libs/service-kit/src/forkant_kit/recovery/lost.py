"""What was published and is not in the archive any more, because the database was set back to an earlier moment.

Kafka is read from its beginning to the end that it has now, and asked of the archive in pieces. What is found are ids
and codes alone, as events hold nothing else.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition
from forkant_contracts.topics import TOPICS, Topic
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from forkant_kit.kafka_tls import KafkaTls, security

_PIECE: Final = 5_000
_POLL_MS: Final = 500
_KNOWN: Final = text("SELECT event_id FROM event_archive WHERE event_id = ANY(CAST(:ids AS uuid[]))")
_USED: Final = text("""
SELECT a.aggregate_id, a.aggregate_version, a.type
FROM event_archive AS a
JOIN unnest(CAST(:ids AS uuid[]), CAST(:versions AS int[])) AS w (id, version)
  ON w.id = a.aggregate_id AND w.version = a.aggregate_version
""")


class Published(NamedTuple):
    """One event as its headers on Kafka tell of it."""

    event_id: UUID
    topic: str
    aggregate_id: UUID
    version: int
    type: str
    unit: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Lost:
    """The events that Kafka has and the archive has not, in order of version, and where Kafka's topics end."""

    events: Sequence[Published]
    ends: Mapping[TopicPartition, int] = field(default_factory=dict)
    read: int = 0
    """How many records were read."""
    reused: Sequence[tuple[UUID, int, str]] = ()
    """Aggregate, version and type of what was written since under versions of lost events; readers dropped it."""

    @property
    def aggregates(self) -> dict[UUID, list[Published]]:
        """The lost events by their aggregate."""
        found: defaultdict[UUID, list[Published]] = defaultdict(list)
        for event in self.events:
            found[event.aggregate_id].append(event)
        return dict(found)

    @property
    def types(self) -> dict[str, int]:
        """How many were lost of each type."""
        return dict(sorted(Counter(event.type for event in self.events).items()))


def written_by(service: str) -> list[Topic]:
    """Return the topics that a service writes."""
    return [topic for topic in TOPICS.values() if topic.producer == service]


async def find_lost(
    conn: AsyncConnection, *, service: str, kafka_bootstrap: str, kafka_tls: KafkaTls | None = None
) -> Lost:
    """Return what Kafka has of a service's events and its archive has not.

    Raises:
        aiokafka.errors.KafkaError, sqlalchemy.exc.SQLAlchemyError, OSError: Kafka or the database failed.
    """
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka_bootstrap, enable_auto_commit=False, auto_offset_reset="none", **security(kafka_tls)
    )
    await consumer.start()
    try:
        places = [TopicPartition(topic.name, n) for topic in written_by(service) for n in range(topic.partitions)]
        ends = await consumer.end_offsets(places)
        lost, read = await _read(conn, consumer, ends)
    finally:
        await consumer.stop()
    lost.sort(key=lambda event: (str(event.aggregate_id), event.version))
    return Lost(events=lost, ends=ends, read=read, reused=await _reused(conn, lost))


async def _read(
    conn: AsyncConnection, consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]
) -> tuple[list[Published], int]:
    starts = await consumer.beginning_offsets(list(ends))
    left = {place for place, end in ends.items() if end > starts[place]}
    consumer.assign(list(left))
    for place in left:
        consumer.seek(place, starts[place])
    lost: dict[UUID, Published] = {}
    piece: list[Published] = []
    read = 0
    while left:
        for place, records in (await consumer.getmany(timeout_ms=_POLL_MS)).items():
            mine = [record for record in records if record.offset < ends[place]]
            read += len(mine)
            piece += [event for record in mine if (event := _published(record)) is not None]
            if await consumer.position(place) >= ends[place]:
                left.discard(place)
                consumer.pause(place)
        if len(piece) >= _PIECE or not left:
            lost |= {event.event_id: event for event in await _unknown(conn, piece)}
            piece = []
    return list(lost.values()), read


async def _unknown(conn: AsyncConnection, piece: Sequence[Published]) -> list[Published]:
    known = set((await conn.execute(_KNOWN, {"ids": [event.event_id for event in piece]})).scalars())
    return [event for event in piece if event.event_id not in known]


async def _reused(conn: AsyncConnection, lost: Iterable[Published]) -> list[tuple[UUID, int, str]]:
    places = sorted({(event.aggregate_id, event.version) for event in lost})
    bind = {"ids": [place[0] for place in places], "versions": [place[1] for place in places]}
    return [(row[0], row[1], row[2]) for row in await conn.execute(_USED, bind)]


def _published(record: Any) -> Published | None:
    """Read a record's headers; nothing of what is not one of the service's events."""
    named = {name: value.decode("utf-8", "replace") for name, value in record.headers if value is not None}
    try:
        return Published(
            event_id=UUID(named["ce_id"]),
            topic=record.topic,
            aggregate_id=UUID(named["ce_partitionkey"]),
            version=int(named["ce_aggregateversion"]),
            type=named["ce_type"],
            unit=named["ce_unit"],
            recorded_at=datetime.fromisoformat(named["ce_recordedtime"]),
        )
    except (KeyError, ValueError):
        return None
