"""The consumer runner: reads topics in batches and applies each batch in one database transaction.

The database's offset is the truth: a partition is sought to it when assigned, and it moves in the transaction of the
effect. The offset committed to Kafka afterwards only shows lag to Kafka's own tools. What can't be applied is parked
with its aggregate; other aggregates flow on. A fault of the surroundings is retried without end and parks nothing.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import cast

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from forkant_contracts import Event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from forkant_kit import consumer_metrics as metrics
from forkant_kit.batch import Apply, BatchProcessor, Learn, Outcome, is_passing
from forkant_kit.consumer_client import ConsumerConfig, new_client, started, to_record
from forkant_kit.consumer_lanes import Apply as LaneApply
from forkant_kit.consumer_lanes import Lanes, Polled
from forkant_kit.consumer_offsets import KafkaOffsets
from forkant_kit.consumer_seek import SeekToDatabase
from forkant_kit.consumer_watch import ConsumerWatch
from forkant_kit.gate import Record
from forkant_kit.kafka_tls import KafkaTls
from forkant_kit.message_spans import TracedEvent, is_sampled, record_process_spans
from forkant_kit.parked_work import ParkedWork

AfterCommit = Callable[[Sequence[Event]], Awaitable[None]]
"""Called after a batch is committed; it may be missed in a crash, so it only hurries what polling would find."""

_log = structlog.get_logger(__name__)


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
        learn: Learn | None = None,
        after_commit: AfterCommit | None = None,
        config: ConsumerConfig | None = None,
        kafka_tls: KafkaTls | None = None,
    ) -> None:
        """Set up without connecting; ``apply``, and ``learn`` with repeats, run inside the batch's transaction."""
        self._engine = engine
        self._bootstrap = kafka_bootstrap
        self._tls = kafka_tls
        self._group = group
        self._topics = tuple(topics)
        self._processor = BatchProcessor(engine=engine, group=group, apply=apply, learn=learn)
        self._after_commit = after_commit
        self._config = config or ConsumerConfig()
        self._progress = time.monotonic()
        self._lanes = Lanes(
            lanes=self._config.partitions_at_once,
            max_records=self._config.max_records,
            few_records=self._config.few_records,
        )
        self._parked = ParkedWork(engine=engine, group=group, apply=apply)
        self._parked_at = 0.0
        self._offsets = KafkaOffsets(every_s=self._config.commit_every_s)
        self._watch = ConsumerWatch(
            engine=engine,
            kafka_bootstrap=kafka_bootstrap,
            kafka_tls=kafka_tls,
            group=group,
            every_s=self._config.observe_every_s,
            stale_gap_s=self._config.stale_gap_s,
        )

    def healthy(self) -> bool:
        """Whether the loop turns, and records that wait in Kafka are being fetched."""
        limit = self._config.stuck_after_s
        turned = min(self._progress, self._lanes.since())
        return time.monotonic() - turned < limit and self._watch.stuck_for_s() <= limit

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
        consumer = new_client(bootstrap=self._bootstrap, group=self._group, tls=self._tls, config=self._config)
        stopping = asyncio.create_task(stop.wait(), name="consumer-stop")
        helpers: list[asyncio.Task[bool] | asyncio.Task[None]] = [stopping]
        apply = partial(self._apply_with_retry, consumer, stop)
        try:
            if not await started(consumer, stopping):
                return
            consumer.subscribe(list(self._topics), listener=self._seeking(consumer))
            helpers.append(asyncio.create_task(self._watch.run(consumer), name="consumer-watch"))
            helpers.append(asyncio.create_task(self._offsets.run(consumer), name="consumer-offsets"))
            few = False
            while not stop.is_set():
                few = await self._turn(consumer, stopping, apply, gathered=few)
        finally:
            in_time, failed = await self._lanes.end(within_s=self._config.batch_stop_s)
            if not in_time:
                _log.warning("batch_rolled_back_to_stop", group=self._group)
            for task in helpers:
                task.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
            with suppress(TimeoutError, KafkaError):
                await asyncio.wait_for(self._leave(consumer), self._config.leave_stop_s)
        for error in failed:
            raise error

    async def _turn(
        self, consumer: AIOKafkaConsumer, stopping: "asyncio.Task[bool]", apply: LaneApply, *, gathered: bool
    ) -> bool:
        """Begin on what came; tell whether it was few, and what comes after it has come together."""
        polled = await self._polled(consumer, stopping, gathered=gathered)
        few = 0 < sum(map(len, polled.values())) <= self._config.few_records
        busy = bool(self._lanes.running)
        self._lanes.take(polled, apply)
        self._lanes.settle()
        self._progress = time.monotonic()
        if time.monotonic() >= self._parked_at:
            await self._finish(self._attend_parked(), stopping)
        if few:
            await asyncio.wait({stopping}, timeout=self._config.gather_s)
        return few or (gathered and busy and not polled)

    async def _leave(self, consumer: AIOKafkaConsumer) -> None:
        await self._offsets.tell(consumer, within_s=self._config.leave_stop_s / 3)
        await consumer.stop()

    async def _polled(self, consumer: AIOKafkaConsumer, stopping: "asyncio.Task[bool]", *, gathered: bool) -> Polled:
        """Return what came; when it has come together for a while, with what the client did not hold yet."""
        polled = await self._poll(consumer, stopping, within_s=self._config.poll_s)
        if not (gathered and polled):
            return polled
        more = await self._poll(consumer, stopping, within_s=self._config.hand_over_s)
        return {place: [*polled.get(place, ()), *more.get(place, ())] for place in polled.keys() | more.keys()}

    async def _poll(self, consumer: AIOKafkaConsumer, stopping: "asyncio.Task[bool]", *, within_s: float) -> Polled:
        """Return what there is of partitions that are not busy; nothing when a lane ends first, or at the stop."""
        idle = [partition for partition in consumer.assignment() if not self._lanes.busy(partition)]
        running, room = self._lanes.running, self._lanes.room
        if room == 0 or (running and not idle):
            await asyncio.wait({stopping, *running}, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
            return {}
        polling = asyncio.ensure_future(consumer.getmany(*idle, timeout_ms=int(within_s * 1000), max_records=room))
        await asyncio.wait({polling, stopping, *running}, return_when=asyncio.FIRST_COMPLETED)
        if polling.done():
            return cast("Polled", polling.result())
        # The client hands records over without a pause in between, so that none is lost with a poll that is cut short.
        polling.cancel()
        with suppress(asyncio.CancelledError):
            return cast("Polled", await polling)
        return {}

    async def _finish(self, work: Coroutine[None, None, None], stopping: "asyncio.Task[bool]") -> None:
        """Do a piece of work; when told to stop, it has some time to end."""
        if stopping.done():
            work.close()
            return
        task = asyncio.create_task(work, name="consumer-parked")
        try:
            await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait({task}, timeout=self._config.batch_stop_s)
            if not task.done():
                _log.warning("batch_rolled_back_to_stop", group=self._group)
        finally:
            # Cut short, its transaction rolls back.
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _attend_parked(self) -> None:
        """Do what is asked for about parked events; a fault is tried again the next time."""
        self._parked_at = time.monotonic() + self._config.parked_every_s
        try:
            applied = await self._parked.attend()
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            _log.warning("parked_requests_not_attended", group=self._group, error=type(error).__name__)
            return
        if self._after_commit is not None and applied:
            await self._after_commit(applied)

    def _seeking(self, consumer: AIOKafkaConsumer) -> SeekToDatabase:
        return SeekToDatabase(consumer, engine=self._engine, group=self._group, positions=self._watch.positions)

    async def _apply_with_retry(self, consumer: AIOKafkaConsumer, stop: asyncio.Event, polled: Polled) -> bool:
        """Apply a batch; False when it is left to whoever has its partitions next, or to the next start."""
        records = {partition: [to_record(item) for item in fetched] for partition, fetched in polled.items()}
        delay = self._config.retry_s
        while not stop.is_set() and (assigned := records.keys() & consumer.assignment()):
            try:
                await self._apply_once({partition: records[partition] for partition in assigned})
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                if not is_passing(error):
                    raise
                metrics.RETRIES.labels(self._group).inc()
                _log.warning("batch_retried", group=self._group, error=type(error).__name__)
                self._lanes.turn(polled)
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), delay)
                delay = min(delay * 2, self._config.max_retry_s)
            else:
                return True
        return False

    async def _apply_once(self, batch: Mapping[TopicPartition, Sequence[Record]]) -> None:
        began, began_ns = time.monotonic(), time.time_ns()
        outcome = await self._processor.process(*batch.values())
        metrics.BATCH_SECONDS.labels(self._group).observe(time.monotonic() - began)
        record_process_spans(_traced(outcome), count=len(outcome.applied), began_ns=began_ns, group=self._group)
        reached = {partition: outcome.next_offsets[partition] for partition in batch}
        self._watch.positions.update(reached)
        self._offsets.reached(reached)
        if self._after_commit is not None and outcome.applied:
            await self._after_commit(outcome.applied)


def _traced(outcome: Outcome) -> list[TracedEvent]:
    return [
        TracedEvent(item.record.topic, item.record.partition, event.type, str(event.id), event.traceparent or "")
        for item in outcome.accepted
        if (event := item.event) is not None and is_sampled(event.traceparent)
    ]
