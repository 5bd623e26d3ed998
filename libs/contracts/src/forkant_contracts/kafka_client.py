"""The Kafka client of a subscription; the only module of the library that needs aiokafka."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import suppress
from typing import Any, Final, TypeAlias

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError

Place: TypeAlias = TopicPartition
"""One partition of a topic."""

_WAIT_MS: Final = 1_000


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    def __init__(self, before_revoked: Callable[[Iterable[Place]], Awaitable[None]]) -> None:
        self._before_revoked = before_revoked

    async def on_partitions_revoked(self, revoked: Collection[Place]) -> None:
        if revoked:
            await self._before_revoked(revoked)

    async def on_partitions_assigned(self, assigned: Collection[Place]) -> None:
        """Nothing: reading goes on from what the group committed."""


class Client:
    """Joins a group, fetches records and commits offsets when told to."""

    def __init__(
        self,
        *,
        topics: Collection[str],
        settings: Mapping[str, Any],
        before_revoked: Callable[[Iterable[Place]], Awaitable[None]],
    ) -> None:
        """Take what to read; ``before_revoked`` runs before another process gets partitions of this one."""
        self._topics = list(topics)
        self._settings = settings
        self._listener = _Listener(before_revoked)
        self._consumer: Any = None

    async def start(self) -> None:
        """Connect and join the group."""
        self._consumer = AIOKafkaConsumer(**self._settings, enable_auto_commit=False)
        try:
            await self._consumer.start()
        except BaseException:
            await self._consumer.stop()
            raise
        self._consumer.subscribe(self._topics, listener=self._listener)

    async def stop(self) -> None:
        """Leave the group."""
        await self._consumer.stop()

    async def fetch(self, max_records: int) -> list[Any]:
        """Return records, those of one partition in order; none when none came for a while."""
        fetched = await self._consumer.getmany(timeout_ms=_WAIT_MS, max_records=max_records)
        return [record for records in fetched.values() for record in records]

    async def commit(self, offsets: Mapping[Place, int]) -> None:
        """Commit the offsets of partitions that are still this client's; others are read again by whoever has them."""
        own = {place: offset for place, offset in offsets.items() if place in self._consumer.assignment()}
        if own:
            with suppress(CommitFailedError, IllegalStateError):
                await self._consumer.commit(own)

    @staticmethod
    def place(record: Any) -> Place:
        """Return where a record lies."""
        return TopicPartition(record.topic, record.partition)
