"""Reads the platform's events from Kafka for a program outside it: typed, in order, each at least once.

Needs the extra ``forkant-contracts[kafka]``; importing this module does not.
"""

import logging
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Collection, Iterable, MutableMapping
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Literal, Self
from uuid import UUID

from forkant_contracts.codec import MalformedEventError, UnknownEventTypeError
from forkant_contracts.envelope import Event
from forkant_contracts.origin import decode_from
from forkant_contracts.topics import TOPICS, Subscriber

if TYPE_CHECKING:
    from forkant_contracts.kafka_client import Client, Place

COMMIT_EVERY_S: Final = 5.0
MAX_RECORDS: Final = 500
REMEMBERED: Final = 100_000

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class MalformedRecord:
    """A record that is no event of its topic's producer, as it came, and why; ``reason`` repeats nothing of it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    value: bytes | None
    reason: str


class Versions(OrderedDict[UUID, int]):
    """The last version seen of each aggregate, of as many aggregates as are remembered; the oldest are forgotten."""

    def __setitem__(self, aggregate_id: UUID, version: int) -> None:
        """Remember a version, and forget the aggregate that was changed longest ago when there are too many."""
        super().__setitem__(aggregate_id, version)
        self.move_to_end(aggregate_id)
        if len(self) > REMEMBERED:
            self.popitem(last=False)


def log_malformed(record: MalformedRecord) -> None:
    """Log where a malformed record lies and what is wrong with it."""
    _log.warning(
        "malformed record at %s-%d offset %d: %s", record.topic, record.partition, record.offset, record.reason
    )


def subscribe(
    *,
    bootstrap: str,
    client: str,
    group: str = "main",
    topics: Collection[str] = tuple(TOPICS),
    start: Literal["earliest", "latest"] = "earliest",
    on_malformed: Callable[[MalformedRecord], None] = log_malformed,
    versions: MutableMapping[UUID, int] | None = None,
    **kafka: Any,
) -> "Subscription":
    """Return a subscription to enter with ``async with`` and to go through with ``async for``.

    Args:
        bootstrap: Kafka's bootstrap servers, ``host:port``.
        client: the client's name in the topic registry.
        group: tells apart what the client reads for; processes that share a group share the work.
        topics: names of the topics to read.
        start: where a group begins that has never read.
        on_malformed: told of each record that is no event, or not one of the topic's producer; it is passed over
            afterwards.
        versions: the last version handled of each aggregate; give one that is kept with the effect to drop repeats
            after a restart too.
        **kafka: further settings of ``aiokafka.AIOKafkaConsumer``, such as ``security_protocol`` and ``ssl_context``.

    Raises:
        ValueError: ``client`` can't be a client's name, or a topic is not in the registry.
    """
    if unknown := set(topics) - set(TOPICS):
        raise ValueError(f"no such topic: {', '.join(sorted(unknown))}; there are {', '.join(TOPICS)}")
    subscriber = Subscriber(client=client, topics=tuple(topics))
    settings = {
        "bootstrap_servers": bootstrap,
        "client_id": client,
        "group_id": f"{subscriber.group_prefix}{group}",
        "auto_offset_reset": start,
        **kafka,
    }
    return Subscription(
        topics=subscriber.topics,
        settings=settings,
        on_malformed=on_malformed,
        versions=Versions() if versions is None else versions,
    )


class Subscription:
    """An endless stream of events: those of one aggregate in order, each version once as far as it is remembered.

    An event counts as handled when the next one is asked for, or :meth:`commit` is called. Handled events are
    committed after each batch and every few seconds; those that were not are given again after a restart.
    """

    def __init__(
        self,
        *,
        topics: tuple[str, ...],
        settings: dict[str, Any],
        on_malformed: Callable[[MalformedRecord], None],
        versions: MutableMapping[UUID, int],
    ) -> None:
        """Set up without connecting."""
        self.unknown_types: Counter[str] = Counter()
        """Events passed over because this release does not know their type, by type."""
        self.repeats = 0
        """Events dropped because their version had been handled."""
        self.malformed = 0
        """Records passed over because they are no events, or not ones of their topic's producer."""
        self._topics, self._settings = topics, settings
        self._on_malformed = on_malformed
        self._versions = versions
        self._client: Client | None = None
        self._waiting: deque[Any] = deque()
        self._in_hand: tuple[Any, Event] | None = None
        self._handled: dict[Place, int] = {}
        self._committed_at = time.monotonic()

    async def __aenter__(self) -> Self:
        """Connect and join the group.

        Raises:
            ModuleNotFoundError: the extra that reads from Kafka is not installed.
            aiokafka.errors.KafkaError: Kafka can't be reached.
        """
        try:
            from forkant_contracts.kafka_client import Client
        except ModuleNotFoundError as error:
            text = "reading from Kafka needs aiokafka: install forkant-contracts[kafka]"
            raise ModuleNotFoundError(text, name=error.name) from error
        self._client = Client(topics=self._topics, settings=self._settings, before_revoked=self._give_up)
        await self._client.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Commit what was handled and leave the group; the event in hand is not counted as handled."""
        self._in_hand = None
        try:
            await self._commit()
        finally:
            await self._kafka.stop()

    def __aiter__(self) -> Self:
        """Return the stream itself."""
        return self

    async def __anext__(self) -> Event:
        """Wait for the next event; the one before counts as handled from now on."""
        self._finish()
        while True:
            if time.monotonic() - self._committed_at >= COMMIT_EVERY_S:
                await self._commit()
            while self._waiting:
                record = self._waiting.popleft()
                event = self._read(record)
                if event is not None:
                    self._in_hand = record, event
                    return event
                self._skip(record)
            await self._commit()
            self._waiting.extend(await self._kafka.fetch(MAX_RECORDS))

    async def commit(self) -> None:
        """Count the event in hand as handled, and commit now."""
        self._finish()
        await self._commit()

    @property
    def _kafka(self) -> "Client":
        if self._client is None:
            raise RuntimeError("enter the subscription first: `async with subscribe(…) as events`")
        return self._client

    def _read(self, record: Any) -> Event | None:
        """Return the event of a record, or None when there is none to give."""
        try:
            event = decode_from(record.topic, record.headers, record.value)
        except UnknownEventTypeError as unknown:
            self.unknown_types[unknown.type] += 1
            if unknown.aggregate_version > self._versions.get(unknown.aggregate_id, 0):
                self._versions[unknown.aggregate_id] = unknown.aggregate_version
            return None
        except MalformedEventError as error:
            self.malformed += 1
            self._on_malformed(_malformed(record, str(error)))
            return None
        if event.aggregate_version <= self._versions.get(event.aggregate_id, 0):
            self.repeats += 1
            return None
        return event

    def _finish(self) -> None:
        if self._in_hand is not None:
            record, event = self._in_hand
            self._in_hand = None
            self._versions[event.aggregate_id] = event.aggregate_version
            self._skip(record)

    def _skip(self, record: Any) -> None:
        self._handled[self._kafka.place(record)] = record.offset + 1

    async def _commit(self) -> None:
        handled, self._handled = self._handled, {}
        self._committed_at = time.monotonic()
        await self._kafka.commit(handled)

    async def _give_up(self, places: Iterable["Place"]) -> None:
        """Let go of partitions that another process of the group takes over."""
        await self._commit()
        gone = set(places)
        self._waiting = deque(record for record in self._waiting if self._kafka.place(record) not in gone)


def _malformed(record: Any, reason: str) -> MalformedRecord:
    return MalformedRecord(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        headers=tuple(record.headers),
        value=record.value,
        reason=reason,
    )
