"""G3: per-aggregate versions on Kafka are gapless and in order after de-duplication, and equal to the archive."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from forkant_contracts.topics import TOPICS

from forkant_devstack.verify.platform import Platform
from forkant_devstack.verify.report import Check, Difference

_POLL_MS: Final = 500
_PRODUCERS: Final = ("case-service", "indicator-service")
"""The services that publish, each from an archive of its own."""
_ARCHIVE: Final = """
SELECT a.event_id, a.aggregate_id, a.aggregate_version, a.type, a.unit, a.topic, a.partition,
       o.event_id IS NOT NULL AS waiting
FROM event_archive AS a LEFT JOIN outbox AS o ON o.event_id = a.event_id
"""
_LATER: Final = "SELECT event_id FROM event_archive WHERE event_id = ANY($1::uuid[])"


@dataclass(frozen=True, slots=True)
class Seen:
    """What one record says of itself, and where it lay."""

    aggregate_id: UUID
    version: int
    type: str
    unit: str
    partition: int


@dataclass(slots=True)
class Reading:
    """What reading the topics has found so far; feed it every record of a partition in order."""

    events: dict[UUID, Seen] = field(default_factory=dict)
    versions: dict[UUID, int] = field(default_factory=dict)
    first: dict[UUID, int] = field(default_factory=dict)
    earlier: dict[UUID, int] = field(default_factory=dict)
    trimmed: set[TopicPartition] = field(default_factory=set)
    disorder: list[Difference] = field(default_factory=list)
    malformed: list[Difference] = field(default_factory=list)
    records: int = 0
    repeats: int = 0

    def take(self, record: Any) -> None:
        """Judge one record by those before it."""
        self.records += 1
        place = f"{record.topic}-{record.partition} offset {record.offset}"
        headers = {name: value.decode("utf-8", "replace") for name, value in record.headers}
        try:
            event_id, aggregate_id = UUID(headers["ce_id"]), UUID(headers["ce_partitionkey"])
            version = int(headers["ce_aggregateversion"])
            seen = Seen(aggregate_id, version, headers["ce_type"], headers["ce_unit"], record.partition)
        except (KeyError, ValueError):
            self.malformed.append(Difference(place, "a record that is not an event", "an event of the archive"))
            return
        if event_id in self.events:
            self.repeats += 1
            return
        self._order(place, seen, at_trimmed=TopicPartition(record.topic, record.partition) in self.trimmed)
        self.events[event_id] = seen

    def _order(self, place: str, seen: Seen, *, at_trimmed: bool) -> None:
        aggregate, version = seen.aggregate_id, seen.version
        # The oldest records of a topic are deleted by retention, so that there an aggregate may begin later than at 1;
        # what was deleted may then have been published again, in an order of its own.
        if at_trimmed and version < self.first.setdefault(aggregate, version):
            expected = self.earlier.get(aggregate, version - 1) + 1
            self.earlier[aggregate] = version
        else:
            last = self.versions.get(aggregate)
            expected = version if last is None and at_trimmed else (last or 0) + 1
            self.versions[aggregate] = max(version, last or 0)
        if version != expected:
            key = f"{place}, aggregate {aggregate}"
            self.disorder.append(Difference(key, f"version {version}", f"version {expected}"))


async def check_topics(platform: Platform) -> list[Check]:
    """Return the checks of G3."""
    databases = (platform.case_database, platform.indicator_database)
    archive = [row for url in databases for row in await _fetch(url, _ARCHIVE)]
    reading = await read_topics(platform.kafka_bootstrap)
    known = {row["event_id"] for row in archive}
    # What was archived while the topics were read is looked up one by one.
    newer = [event_id for event_id in reading.events if event_id not in known]
    known |= {row["event_id"] for url in databases for row in await _fetch(url, _LATER, newer)}
    foreign = [
        Difference(f"event {event_id}, aggregate {seen.aggregate_id}", "on Kafka", "in the archive first")
        for event_id, seen in reading.events.items()
        if event_id not in known
    ]
    return [
        Check(
            guarantee="G3",
            name=f"versions on Kafka in order and gapless ({reading.repeats} repeats dropped)",
            compared=reading.records,
            differences=reading.disorder,
        ),
        Check(
            guarantee="G3",
            name="archived events on Kafka, unchanged",
            compared=len(archive),
            differences=list(_missing(archive, reading)),
        ),
        Check(
            guarantee="G3",
            name="records on Kafka that the archive knows",
            compared=reading.records,
            differences=foreign + reading.malformed,
        ),
    ]


async def _fetch(url: str, query: str, *values: object) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return list(await connection.fetch(query, *values))
    finally:
        await connection.close()


def _missing(archive: Iterable[Any], reading: Reading) -> Iterable[Difference]:
    for row in archive:
        expected = Seen(row["aggregate_id"], row["aggregate_version"], row["type"], row["unit"], row["partition"])
        found = reading.events.get(row["event_id"])
        gone = TopicPartition(row["topic"], row["partition"]) in reading.trimmed
        if found == expected or (found is None and (row["waiting"] or gone)):
            continue
        key = f"event {row['event_id']}"
        yield Difference(key, "not on Kafka" if found is None else str(found), str(expected))


async def read_topics(bootstrap: str) -> Reading:
    """Read every topic that a service writes from its archive, from the beginning to the end that it has now."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="none")
    await consumer.start()
    try:
        written = [topic for topic in TOPICS.values() if topic.producer in _PRODUCERS]
        places = [TopicPartition(topic.name, number) for topic in written for number in range(topic.partitions)]
        begin, end = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
        reading = Reading(trimmed={place for place in places if begin[place] > 0})
        left = {place for place in places if end[place] > begin[place]}
        consumer.assign(list(left))
        for place in left:
            consumer.seek(place, begin[place])
        while left:
            for place, records in (await consumer.getmany(timeout_ms=_POLL_MS)).items():
                for record in records:
                    if record.offset < end[place]:
                        reading.take(record)
                if records[-1].offset + 1 >= end[place]:
                    left.discard(place)
                    consumer.pause(place)
            await asyncio.sleep(0)
        return reading
    finally:
        await consumer.stop()
