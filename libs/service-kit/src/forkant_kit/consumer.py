"""The consumer runner: reads topics in batches and applies each partition's batch in one database transaction.

The database's offset is the truth: a partition is sought to it when assigned, and it moves in the transaction of the
effect. The offset committed to Kafka afterwards only shows lag to Kafka's own tools. What can't be applied is parked
with its aggregate; other aggregates flow on. A fault of the surroundings is retried without end and parks nothing.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord
from forkant_contracts import Event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from forkant_kit import consumer_metrics as metrics
from forkant_kit.batch import Apply, BatchProcessor, is_passing
from forkant_kit.consumer_store import ConsumerStore
from forkant_kit.gate import Record
from forkant_kit.relay_tracing import PublishedEvent, record_process_spans

AfterCommit = Callable[[Sequence[Event]], Awaitable[None]]
"""Called after a batch is committed; it may be missed in a crash, so it only hurries what polling would find."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerConfig:
    """How the consumer paces itself; times in seconds. Memory is bounded by the fetch sizes, in bytes."""

    max_records: int = 2_000
    poll_s: float = 0.5
    fetch_bytes: int = 8 * 1024 * 1024
    partition_fetch_bytes: int = 1024 * 1024
    session_timeout_s: float = 10.0
    observe_every_s: float = 2.0
    stuck_after_s: float = 60.0
    retry_s: float = 0.5
    max_retry_s: float = 10.0
    stop_deadline_s: float = 8.0


class EventConsumer:
    """Reads events for one consumer group until told to stop; several processes may share the group."""

    def __init__(
        self,
        *,
        engine: AsyncEngine,
        kafka_bootstrap: str,
        group: str,
        topics: Sequence[str],
        apply: Apply,
        after_commit: AfterCommit | None = None,
        config: ConsumerConfig | None = None,
    ) -> None:
        """Set up without connecting; ``apply`` runs inside the batch's transaction."""
        self._engine = engine
        self._bootstrap = kafka_bootstrap
        self._group = group
        self._topics = tuple(topics)
        self._processor = BatchProcessor(engine=engine, group=group, apply=apply)
        self._store = ConsumerStore(group)
        self._after_commit = after_commit
        self._config = config or ConsumerConfig()
        self._progress = time.monotonic()
        self._stuck_since: float | None = None
        self._positions: dict[TopicPartition, int] = {}

    def healthy(self) -> bool:
        """Whether the loop turns, and records that wait in Kafka are being fetched."""
        now = time.monotonic()
        stuck = self._stuck_since is not None and now - self._stuck_since > self._config.stuck_after_s
        return now - self._progress < self._config.stuck_after_s and not stuck

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until ``stop`` is set, then finish the batch in hand and leave the group.

        Raises:
            HandlerBrokenError: the handler fails on everything; the process should end and be looked at.
        """
        while not stop.is_set():
            try:
                await self._consume(stop)
            except (KafkaError, OSError) as error:
                # A client that has failed may fetch nothing ever after, so a new one takes its place.
                _log.warning("consumer_restarts", group=self._group, error=type(error).__name__)
                self._progress = time.monotonic()
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), self._config.retry_s)

    async def _consume(self, stop: asyncio.Event) -> None:
        consumer = self._client()
        await consumer.start()
        consumer.subscribe(list(self._topics), listener=_SeekToDatabase(consumer, self))
        watcher = asyncio.create_task(self._observe(consumer), name="consumer-observe")
        stopping = asyncio.create_task(stop.wait(), name="consumer-stop")
        try:
            while not stop.is_set():
                polling = asyncio.ensure_future(
                    consumer.getmany(timeout_ms=int(self._config.poll_s * 1000), max_records=self._config.max_records)
                )
                await asyncio.wait({polling, stopping}, return_when=asyncio.FIRST_COMPLETED)
                if not polling.done():
                    polling.cancel()
                    break
                for partition, records in polling.result().items():
                    await self._apply_with_retry(consumer, partition, records, stop)
                self._progress = time.monotonic()
        finally:
            for task in (watcher, stopping):
                task.cancel()
            await asyncio.gather(watcher, stopping, return_exceptions=True)
            with suppress(TimeoutError, KafkaError):
                await asyncio.wait_for(consumer.stop(), self._config.stop_deadline_s)

    def _client(self) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_bytes=self._config.fetch_bytes,
            max_partition_fetch_bytes=self._config.partition_fetch_bytes,
            session_timeout_ms=int(self._config.session_timeout_s * 1000),
            heartbeat_interval_ms=int(self._config.session_timeout_s * 1000 / 4),
            metadata_max_age_ms=30_000,
        )

    async def _apply_with_retry(
        self,
        consumer: AIOKafkaConsumer,
        partition: TopicPartition,
        fetched: Sequence[ConsumerRecord],
        stop: asyncio.Event,
    ) -> None:
        records = [_to_record(item) for item in fetched]
        delay = self._config.retry_s
        while partition in consumer.assignment():
            try:
                await self._apply_once(consumer, partition, records)
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                if not is_passing(error):
                    raise
                metrics.RETRIES.labels(self._group).inc()
                _log.warning("batch_retried", group=self._group, error=type(error).__name__)
                self._progress = time.monotonic()
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), delay)
                if stop.is_set():
                    return
                delay = min(delay * 2, self._config.max_retry_s)
            else:
                return

    async def _apply_once(
        self, consumer: AIOKafkaConsumer, partition: TopicPartition, records: Sequence[Record]
    ) -> None:
        began, began_ns = time.monotonic(), time.time_ns()
        outcome = await self._processor.process(records)
        metrics.BATCH_SECONDS.labels(self._group).observe(time.monotonic() - began)
        spans = [PublishedEvent(e.topic, partition.partition, e.type, e.traceparent) for e in outcome.applied]
        record_process_spans(spans, began_ns, self._group)
        self._positions[partition] = outcome.next_offset
        self._progress = time.monotonic()
        # Only a courtesy to Kafka's own tools: after a rebalance it may be refused, and the database knows better.
        with suppress(KafkaError):
            await consumer.commit({partition: outcome.next_offset})
        if self._after_commit is not None and outcome.applied:
            await self._after_commit(outcome.applied)

    async def seek_to_database(self, consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]) -> None:
        """Seek each newly assigned partition to the offset that the database holds.

        A topic that ends before that offset was made anew; it is then read from its beginning, and the version gate
        drops what was applied before.
        """
        ends = await consumer.end_offsets(partitions)
        starts = await consumer.beginning_offsets(partitions)
        async with self._engine.begin() as conn:
            for partition in sorted(partitions):
                position = await self._store.lock_offset(conn, partition.topic, partition.partition)
                if position > ends[partition]:
                    _log.error("topic_shorter_than_offset", topic=partition.topic, partition=partition.partition)
                    position = starts[partition]
                    await self._store.rewind(conn, partition.topic, partition.partition, position)
                consumer.seek(partition, max(position, starts[partition]))
                self._positions[partition] = position

    async def _observe(self, consumer: AIOKafkaConsumer) -> None:
        """Note the ends of the assigned partitions, publish lag, and notice a client that fetches nothing."""
        before: dict[TopicPartition, int] = {}
        while True:
            await asyncio.sleep(self._config.observe_every_s)
            try:
                assigned = sorted(consumer.assignment())
                ends = await consumer.end_offsets(assigned) if assigned else {}
                async with self._engine.begin() as conn:
                    await self._store.observe_ends(conn, {(p.topic, p.partition): end for p, end in ends.items()})
                    _, aggregates = await self._store.count_parked(conn)
            except (KafkaError, SQLAlchemyError, OSError) as error:
                _log.warning("consumer_observation_failed", group=self._group, error=type(error).__name__)
                continue
            metrics.PARKED_AGGREGATES.labels(self._group).set(aggregates)
            behind = {p for p, end in ends.items() if self._positions.get(p, 0) < end}
            for partition, end in ends.items():
                lag = end - self._positions.get(partition, 0)
                metrics.LAG_RECORDS.labels(self._group, partition.topic, str(partition.partition)).set(max(lag, 0))
            moved = any(self._positions.get(p) != before.get(p) for p in behind)
            self._stuck_since = None if not behind or moved else self._stuck_since or time.monotonic()
            before = dict(self._positions)


class _SeekToDatabase(ConsumerRebalanceListener):  # type: ignore[misc]
    """Seeks assigned partitions before anything of them is fetched."""

    def __init__(self, consumer: AIOKafkaConsumer, runner: EventConsumer) -> None:
        self._consumer = consumer
        self._runner = runner

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Do nothing: a batch in hand ends under its row lock, and a late one finds its records applied."""

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Seek, trying again until the database answers, since reading from elsewhere could skip events."""
        while assigned:
            try:
                await self._runner.seek_to_database(self._consumer, sorted(assigned))
            except (SQLAlchemyError, KafkaError, OSError) as error:
                _log.warning("seek_failed", error=type(error).__name__)
                await asyncio.sleep(1)
            else:
                return


def _to_record(item: ConsumerRecord) -> Record:
    headers = tuple(item.headers)
    if None in dict(headers).values():
        headers = tuple((name, value or b"") for name, value in headers)
    return Record(item.topic, item.partition, item.offset, item.key, headers, item.value)
