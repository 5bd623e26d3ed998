"""The relay: publishes the outbox to Kafka, in order within each partition, at least once, and nothing is lost.

A partition is published by the process that holds its lease, and there by one lane. A lane's round reads the head of
each of its partitions, sends one batch for each, waits for the acknowledgements, and deletes the sent rows only where
the lease's epoch still is its own; then the next round begins. Lanes run side by side. Rows are read from the head each
time: a cursor over the sequence would miss rows that commit late, and skipping locked rows would break the order. A
crash between acknowledgement and deletion sends again; consumers drop repeats by aggregate version.
"""

import asyncio
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import structlog
from aiokafka.errors import KafkaError
from forkant_contracts import Topic
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from forkant_kit import relay_metrics as metrics
from forkant_kit.kafka_tls import KafkaTls
from forkant_kit.leases import Lease, LeaseBook
from forkant_kit.message_spans import record_send_spans
from forkant_kit.producer import BatchSender, DiscardingProducer
from forkant_kit.relay_backlog import watch_backlog
from forkant_kit.relay_lane import Lane
from forkant_kit.relay_listen import listen
from forkant_kit.relay_rows import DATABASE_LOST, Head, delete_rows, read_heads

_log = structlog.get_logger(__name__)

_FAULTS: Final = (KafkaError, SQLAlchemyError, *DATABASE_LOST)


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayConfig:
    """How the relay paces itself; times in seconds.

    A dead process's partitions are taken over after at most ``lease_ttl_s`` + ``lease_renew_s``. Each of the ``lanes``
    takes a database connection and one to each broker. After a round that sent fewer than ``few_rows`` the next begins
    no sooner than ``gather_s`` after it did: PostgreSQL, Kafka and the relay work nearly as much for one row as for
    these many. What comes first after a pause is sent at once.
    """

    lease_ttl_s: float = 6.0
    lease_renew_s: float = 2.0
    lanes: int = 4
    rows_per_partition: int = 700
    batch_bytes: int = 512 * 1024
    send_deadline_s: float = 10.0
    min_poll_s: float = 0.005
    max_poll_s: float = 0.25
    gather_s: float = 0.02
    few_rows: int = 8
    backlog_every_s: float = 5.0
    retry_s: float = 0.5


class Relay:
    """Publishes one service's outbox until told to stop; several processes may run one each and share the work."""

    def __init__(
        self,
        *,
        engine: AsyncEngine,
        database_url: str,
        kafka_bootstrap: str,
        owner: str,
        topics: Sequence[Topic],
        config: RelayConfig | None = None,
        kafka_tls: KafkaTls | None = None,
    ) -> None:
        """Set up without connecting. ``owner`` must be unique to the process, also after a restart."""
        self._engine = engine
        self._database_url = database_url.replace("postgresql+asyncpg://", "postgresql://")
        self._owner = owner
        self._config = config or RelayConfig()
        self._book = LeaseBook(engine=engine, owner=owner, topics=topics, ttl_s=self._config.lease_ttl_s)
        self._lanes = [self._lane(number, kafka_bootstrap, kafka_tls) for number in range(self._config.lanes)]
        places = [(topic.name, partition) for topic in topics for partition in range(topic.partitions)]
        # For good: were a partition to change lanes, the next batch could overtake one still under way in the old lane.
        self._lane_of = {place: number % self._config.lanes for number, place in enumerate(places)}
        self._leases: frozenset[Lease] = frozenset()
        self._leased_until = 0.0

    def healthy(self) -> bool:
        """Whether every lane still turns; a broker or database that is away does not make it unhealthy."""
        return time.monotonic() - min(lane.turned_at for lane in self._lanes) < 3 * self._config.send_deadline_s

    async def run(self, stop: asyncio.Event) -> None:
        """Publish until ``stop`` is set, then finish the rounds in hand and give the leases back."""
        helpers = [
            asyncio.create_task(
                listen(self._database_url, self._wake_all, retry_s=self._config.retry_s), name="relay-listen"
            ),
            asyncio.create_task(
                watch_backlog(self._engine, every_s=self._config.backlog_every_s), name="relay-backlog"
            ),
            asyncio.create_task(self._wake_on(stop), name="relay-stop"),
        ]
        try:
            async with asyncio.TaskGroup() as keeping:
                keeper = keeping.create_task(self._keep_leases(), name="relay-leases")
                async with asyncio.TaskGroup() as publishing:
                    for lane in self._lanes:
                        publishing.create_task(self._publish_until(stop, lane), name=f"relay-lane-{lane.number}")
                keeper.cancel()
        finally:
            for task in helpers:
                task.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
            await asyncio.gather(*[lane.close() for lane in self._lanes])
            with suppress(SQLAlchemyError, OSError):
                await self._book.leave()

    async def _keep_leases(self) -> None:
        """Renew the leases beside the lanes, so that a long send lets none lapse."""
        seeded = False
        while True:
            began, pause_s = time.monotonic(), self._config.lease_renew_s
            try:
                if not seeded:
                    await self._book.seed()
                    seeded = True
                await self._refresh_leases(began)
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                metrics.ROUND_FAILURES.labels(type(error).__name__).inc()
                _log.warning("relay_leases_not_renewed", error=type(error).__name__)
                pause_s = self._config.retry_s
            await asyncio.sleep(pause_s)

    async def _refresh_leases(self, began: float) -> None:
        holding = await self._book.refresh()
        gained = holding.kept - self._leases
        self._leases, self._leased_until = holding.kept, began + self._config.lease_ttl_s
        metrics.LEASES_HELD.set(len(holding.kept))
        if gained:
            self._wake_all()
        # No lane takes these up any more; one that still has some in hand gives them back the next time.
        in_hand = {lease for lane in self._lanes for lease in lane.in_hand}
        if spare := holding.surplus - in_hand:
            await self._book.give_back(spare)

    async def _publish_until(self, stop: asyncio.Event, lane: Lane) -> None:
        idle_s = self._config.min_poll_s
        while not stop.is_set():
            lane.turned_at = time.monotonic()
            lane.wake.clear()
            try:
                sent, more = await self._round(lane)
            except _FAULTS as error:
                metrics.ROUND_FAILURES.labels(type(error).__name__).inc()
                _log.warning("relay_round_failed", lane=lane.number, error=type(error).__name__)
                lane.drop_connection()
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), self._config.retry_s)
                continue
            if more:
                continue
            if sent < self._config.few_rows:
                await asyncio.sleep(lane.turned_at + self._config.gather_s - time.monotonic())
            idle_s = self._config.min_poll_s if sent else min(idle_s * 2, self._config.max_poll_s)
            with suppress(TimeoutError):
                await asyncio.wait_for(lane.wake.wait(), idle_s)

    async def _round(self, lane: Lane) -> tuple[int, bool]:
        """Publish the head of each partition of the lane; return how many events that were, and whether more wait."""
        if time.monotonic() >= self._leased_until:
            return 0, False
        leases = sorted(lease for lease in self._leases if self._lane_of[lease.topic, lease.partition] == lane.number)
        if not leases:
            return 0, False
        lane.in_hand = leases
        try:
            heads = await self._read(lane, leases)
            if not heads:
                return 0, False
            began = time.time_ns()
            sent, failure = await self._send(lane, heads)
            if sent:
                _record_spans(sent, began)
                await self._delete(lane, sent)
            if failure is not None:
                held = {head.lease for head in sent}
                _record_spans([head for head in heads if head.lease not in held], began, error=failure)
                raise failure
        finally:
            lane.in_hand = ()
        full = any(len(head.seqs) == self._config.rows_per_partition for head in heads)
        return _count(sent), full or _count(sent) < _count(heads)

    async def _read(self, lane: Lane, leases: Sequence[Lease]) -> list[Head]:
        return await read_heads(await lane.connection(), leases, limit=self._config.rows_per_partition)

    async def _send(self, lane: Lane, heads: Sequence[Head]) -> tuple[list[Head], Exception | None]:
        """Return what was acknowledged, and why the rest was not."""
        batches: dict[asyncio.Future[object], Head] = {}
        failure: Exception | None = None
        try:
            async with asyncio.timeout(self._config.send_deadline_s), lane.producer.use() as producer:
                await _send_all(producer, heads, batches)
        except (KafkaError, OSError, TimeoutError) as error:
            failure = error
        return [head for batch, head in batches.items() if _acknowledged(batch)], failure

    async def _delete(self, lane: Lane, sent: Sequence[Head]) -> None:
        removed = await delete_rows(await lane.connection(), sent, owner=self._owner)
        metrics.PUBLISHED.inc(removed)
        if missing := _count(sent) - removed:
            # The new owner sends them again; consumers drop the repeats.
            _log.warning("relay_lease_lost", sent=_count(sent), removed=removed)
            metrics.FENCED.inc(missing)

    def _lane(self, number: int, kafka_bootstrap: str, tls: KafkaTls | None) -> Lane:
        producer = DiscardingProducer(
            bootstrap=kafka_bootstrap,
            client_id=f"{self._owner}/{number}",
            batch_bytes=self._config.batch_bytes,
            tls=tls,
        )
        return Lane(number=number, database_url=self._database_url, producer=producer)

    def _wake_all(self) -> None:
        for lane in self._lanes:
            lane.wake.set()

    async def _wake_on(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._wake_all()


async def _send_all(producer: BatchSender, heads: Sequence[Head], batches: dict[asyncio.Future[object], Head]) -> None:
    """Send one batch for each head, wait until none is under way, and raise the first failure."""
    # One batch a partition and round: were a second in flight, it could land although the first failed.
    failures: list[BaseException] = []
    for head in heads:
        try:
            fitted, batch = await producer.send(head.lease.topic, head.lease.partition, head.records)
        except KafkaError as error:
            failures.append(error)
            continue
        batches[batch] = head.first(fitted)
        batch.add_done_callback(_seen)
    if batches:
        await asyncio.wait(batches)
    failures += [failed for batch in batches if (failed := batch.exception()) is not None]
    if failures:
        raise failures[0]


def _seen(batch: asyncio.Future[object]) -> None:
    # Else a batch that fails after the deadline is reported by the event loop as an error nobody looked at.
    if not batch.cancelled():
        batch.exception()


def _acknowledged(batch: asyncio.Future[object]) -> bool:
    return batch.done() and not batch.cancelled() and batch.exception() is None


def _count(heads: Collection[Head]) -> int:
    return sum(len(head.seqs) for head in heads)


def _record_spans(heads: Sequence[Head], began_ns: int, *, error: Exception | None = None) -> None:
    traced = (event for head in heads for event in head.traced())
    name = None if error is None else type(error).__name__
    record_send_spans(traced, count=_count(heads), began_ns=began_ns, error=name)
