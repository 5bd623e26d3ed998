"""How consumers learn that nothing waits to be published: else figures look fresh while an outbox stands still.

The publishing service states for each partition, about once a second: all that was committed before this moment is on
Kafka below this offset. A consumer that has read that far has everything committed before the moment. A statement stays
true for ever and whoever makes it, so that statements need no lease and no order.

They are kept where Kafka keeps such pairs anyway: as committed offsets, with the moment as metadata, of a group that
nobody joins. It is named after the service; its Kafka user needs to read that group, and consumers to describe it.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata
from forkant_contracts import TOPICS, Topic
from forkant_contracts.topics import watermark_group
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from forkant_kit.kafka_tls import KafkaTls, security

WATERMARK_DDL: Final[tuple[str, ...]] = ("ALTER TABLE consumer_offset ADD COLUMN proven_before timestamptz",)
"""Statements that let a consumer keep what it has: everything that was committed before."""

_EVERY_S: Final = 1.0
_DEADLINE_S: Final = 4.0
_NOW: Final = text("SELECT clock_timestamp()")
# The head of a partition was recorded before it was queued, and what is queued after it is committed later still.
_HEADS: Final = text("""
SELECT place.topic, place.partition, a.recorded_at
FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[])) AS place (topic, partition)
CROSS JOIN LATERAL (
    SELECT event_id FROM outbox WHERE outbox.topic = place.topic AND outbox.partition = place.partition
    ORDER BY seq LIMIT 1
) AS head
JOIN event_archive AS a ON a.event_id = head.event_id
""")
_FAULTS: Final = (KafkaError, SQLAlchemyError, OSError, TimeoutError)
_log = structlog.get_logger(__name__)


class WatermarkPublisher:
    """States how far one service's outbox is published; several processes may."""

    def __init__(
        self,
        *,
        engine: AsyncEngine,
        kafka_bootstrap: str,
        service: str,
        topics: Sequence[Topic],
        every_s: float = _EVERY_S,
        kafka_tls: KafkaTls | None = None,
    ) -> None:
        """Set up without connecting; ``topics`` are those that the service produces, ``every_s`` is in seconds."""
        self._engine = engine
        self._bootstrap = kafka_bootstrap
        self._tls = kafka_tls
        self._group = watermark_group(service)
        self._places = [TopicPartition(topic.name, number) for topic in topics for number in range(topic.partitions)]
        self._every_s = every_s

    async def run(self, stop: asyncio.Event) -> None:
        """State it now and then until ``stop`` is set; after a fault with a new client."""
        while not stop.is_set():
            try:
                await self._state_until(stop)
            except _FAULTS as error:
                _log.warning("watermark_not_stated", error=type(error).__name__)
                await _pause(stop, self._every_s)

    async def _state_until(self, stop: asyncio.Event) -> None:
        client = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="none",
            **security(self._tls),
        )
        try:
            async with asyncio.timeout(_DEADLINE_S):
                await client.start()
            # Assigned only because offsets can't be committed otherwise; paused, it fetches nothing.
            client.assign(self._places)
            client.pause(*self._places)
            while not stop.is_set():
                async with asyncio.timeout(_DEADLINE_S):
                    moments = await self._moments()
                    ends = await client.end_offsets(self._places)
                    await client.commit(
                        {place: OffsetAndMetadata(ends[place], moments[place].isoformat()) for place in self._places}
                    )
                await _pause(stop, self._every_s)
        finally:
            with suppress(*_FAULTS):
                await asyncio.wait_for(client.stop(), _DEADLINE_S)

    async def _moments(self) -> dict[TopicPartition, datetime]:
        """Return for each partition a moment before which nothing that waits in the outbox was committed."""
        bind = {"topics": [p.topic for p in self._places], "partitions": [p.partition for p in self._places]}
        async with self._engine.connect() as conn:
            # First the time, then the look: what is committed between the two is seen, and may be claimed or not.
            now: datetime = (await conn.execute(_NOW)).scalar_one()
            heads = (await conn.execute(_HEADS, bind)).all()
        moments = dict.fromkeys(self._places, now)
        for head in heads:
            moments[TopicPartition(head.topic, head.partition)] = min(now, head.recorded_at)
        return moments


class WatermarkReader:
    """Reads what the producers of topics have stated; without a statement nothing is known, and that is no fault."""

    def __init__(self, *, kafka_bootstrap: str, kafka_tls: KafkaTls | None = None) -> None:
        """Set up without connecting."""
        self._bootstrap = kafka_bootstrap
        self._tls = kafka_tls
        self._admin: AIOKafkaAdminClient | None = None
        self._failing = False

    async def read(self, places: Iterable[TopicPartition]) -> dict[TopicPartition, tuple[int, datetime]]:
        """Return the newest statement about each partition that has one: offset and moment."""
        by_group: dict[str, list[TopicPartition]] = {}
        for place in places:
            if place.topic in TOPICS:
                by_group.setdefault(watermark_group(TOPICS[place.topic].producer), []).append(place)
        found: dict[TopicPartition, tuple[int, datetime]] = {}
        try:
            async with asyncio.timeout(_DEADLINE_S):
                for group, members in by_group.items():
                    found |= _statements(await self._offsets(group, members))
        except (*_FAULTS, TypeError) as error:  # the client raises TypeError when a broker answers with an error alone
            if not self._failing:
                _log.warning("watermark_unknown", error=type(error).__name__)
            self._failing = True
            await self.close()
            return {}
        self._failing = False
        return found

    async def _offsets(self, group: str, members: list[TopicPartition]) -> Mapping[TopicPartition, OffsetAndMetadata]:
        if self._admin is None:
            admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap, **security(self._tls))
            try:
                await admin.start()
            except BaseException:
                await admin.close()
                raise
            self._admin = admin
        offsets: Mapping[TopicPartition, OffsetAndMetadata] = await self._admin.list_consumer_group_offsets(
            group, partitions=members
        )
        return offsets

    async def close(self) -> None:
        """Close the connection; the next reading opens another."""
        admin, self._admin = self._admin, None
        if admin is not None:
            with suppress(*_FAULTS):
                await asyncio.wait_for(admin.close(), _DEADLINE_S)


def _statements(offsets: Mapping[TopicPartition, OffsetAndMetadata]) -> dict[TopicPartition, tuple[int, datetime]]:
    found = {}
    for place, stated in offsets.items():
        if stated.offset < 0:
            continue
        with suppress(ValueError):
            found[place] = stated.offset, datetime.fromisoformat(stated.metadata)
    return found


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
