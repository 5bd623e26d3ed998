"""How far partitions were read, told to Kafka: a courtesy to its own tools, since the database knows better."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError


class KafkaOffsets:
    """Commits offsets now and then rather than after each batch: a trickle would make a request of each event."""

    def __init__(self, *, every_s: float) -> None:
        """Begin with nothing to tell."""
        self._every_s = every_s
        self._reached: dict[TopicPartition, int] = {}

    def reached(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Note the next offsets to read; returns at once."""
        self._reached.update(offsets)

    async def run(self, consumer: AIOKafkaConsumer) -> None:
        """Tell every little while, until cancelled; apart from the batches, which no broker may hold up by silence."""
        while True:
            await asyncio.sleep(self._every_s)
            await self._tell(consumer)

    async def tell(self, consumer: AIOKafkaConsumer, *, within_s: float) -> None:
        """Tell what was not told yet, as far as there is time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._tell(consumer)

    async def _tell(self, consumer: AIOKafkaConsumer) -> None:
        reached, self._reached = self._reached, {}
        owned = {place: offset for place, offset in reached.items() if place in consumer.assignment()}
        if owned:
            # After a rebalance it may be refused.
            with suppress(KafkaError):
                await consumer.commit(owned)
