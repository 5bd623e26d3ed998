"""Where a consumer begins to read a partition: at the offset in its own database, whatever Kafka has noted."""

import asyncio
from collections.abc import MutableMapping, Sequence

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from forkant_kit.consumer_store import ConsumerStore

_log = structlog.get_logger(__name__)


class SeekToDatabase(ConsumerRebalanceListener):  # type: ignore[misc]
    """Seeks assigned partitions before anything of them is fetched."""

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        *,
        engine: AsyncEngine,
        group: str,
        positions: MutableMapping[TopicPartition, int],
    ) -> None:
        """Bind the client; ``positions`` gets the next offset to apply of each partition."""
        self._consumer = consumer
        self._engine = engine
        self._store = ConsumerStore(group)
        self._positions = positions

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Do nothing: a batch in hand ends under its row lock, and a late one finds its records applied."""

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Seek, trying again until the database answers, since reading from elsewhere could skip events."""
        while assigned:
            try:
                await self._seek(sorted(assigned))
            except (SQLAlchemyError, KafkaError, OSError) as error:
                _log.warning("seek_failed", error=type(error).__name__)
                await asyncio.sleep(1)
            else:
                return

    async def _seek(self, partitions: Sequence[TopicPartition]) -> None:
        """Seek each partition to the offset that the database holds.

        A topic that ends before that offset was made anew; it is then read from its beginning, and the version gate
        drops what was applied before. Where retention has removed records that were never read, reading goes on behind
        them, and the gate shows what is missing as gaps.
        """
        ends = await self._consumer.end_offsets(partitions)
        starts = await self._consumer.beginning_offsets(partitions)
        async with self._engine.begin() as conn:
            for partition in partitions:
                position = await self._store.lock_offset(conn, partition.topic, partition.partition)
                start, end = starts[partition], ends[partition]
                if position > end:
                    # Who had the partition before may have read on since. Its row is locked now, so this end holds.
                    end = (await self._consumer.end_offsets([partition]))[partition]
                if not start <= position <= end:
                    reason = "unread_records_gone" if position < start else "topic_shorter_than_offset"
                    _log.error(reason, topic=partition.topic, partition=partition.partition, at=position, start=start)
                    position = start
                    await self._store.move(conn, partition.topic, partition.partition, position)
                self._consumer.seek(partition, position)
                self._positions[partition] = position
