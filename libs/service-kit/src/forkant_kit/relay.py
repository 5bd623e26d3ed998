"""The relay: publishes the outbox to Kafka, in order within each partition, at least once, and nothing is lost.

A partition is published by the process that holds its lease. One round reads the head of every held partition, sends
one batch for each, waits for the acknowledgements, and deletes the sent rows only where the lease's epoch still is its
own. Rows are read from the head each time: a cursor over the sequence would miss rows that commit late, and skipping
locked rows would break the order. A crash between acknowledgement and deletion sends again; consumers drop repeats by
aggregate version.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg
import structlog
from aiokafka.errors import KafkaError
from forkant_contracts import Topic
from forkant_contracts.codec import headers_for
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from forkant_kit import relay_metrics as metrics
from forkant_kit.leases import Lease, LeaseBook
from forkant_kit.outbox import OUTBOX_CHANNEL
from forkant_kit.producer import DiscardingProducer, Outgoing
from forkant_kit.relay_tracing import PublishedEvent, record_publish_spans

_log = structlog.get_logger(__name__)

_READ: Final = text("""
SELECT o.seq, o.topic, o.partition, a.event_id, a.aggregate_id, a.aggregate_version, a.type, a.source, a.data_schema,
       a.unit, a.occurred_at, a.recorded_at, a.traceparent, CAST(a.data AS text) AS body
FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[])) AS own (topic, partition)
CROSS JOIN LATERAL (
    SELECT seq, topic, partition, event_id FROM outbox
    WHERE outbox.topic = own.topic AND outbox.partition = own.partition ORDER BY seq LIMIT :limit
) AS o
JOIN event_archive AS a ON a.event_id = o.event_id
ORDER BY o.topic, o.partition, o.seq
""")
_DELETE: Final = text("""
DELETE FROM outbox AS o
USING unnest(CAST(CAST(:topics AS text) AS text[]), CAST(CAST(:partitions AS text) AS int[]),
             CAST(CAST(:seqs AS text) AS bigint[]), CAST(CAST(:epochs AS text) AS bigint[]))
      AS sent (topic, partition, seq, epoch)
JOIN relay_lease AS l ON l.topic = sent.topic AND l.partition = sent.partition AND l.epoch = sent.epoch
WHERE o.topic = sent.topic AND o.partition = sent.partition AND o.seq = sent.seq AND l.owner = :owner
""")
_BACKLOG: Final = text("""
SELECT o.topic, o.partition, count(*) AS waiting,
       extract(epoch FROM clock_timestamp() - min(a.recorded_at))::float AS oldest_s
FROM outbox AS o JOIN event_archive AS a ON a.event_id = o.event_id GROUP BY o.topic, o.partition
""")
_PLACE: Final = attrgetter("topic", "partition")


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayConfig:
    """How the relay paces itself; times in seconds.

    A dead process's partitions are taken over after at most ``lease_ttl_s`` + ``lease_renew_s``.
    """

    lease_ttl_s: float = 6.0
    lease_renew_s: float = 2.0
    rows_per_partition: int = 500
    batch_bytes: int = 512 * 1024
    send_deadline_s: float = 10.0
    min_poll_s: float = 0.005
    max_poll_s: float = 0.25
    backlog_every_s: float = 5.0
    retry_s: float = 0.5


class _Row(NamedTuple):
    seq: int
    topic: str
    partition: int
    event_id: UUID
    aggregate_id: UUID
    aggregate_version: int
    type: str
    source: str
    data_schema: str
    unit: str
    occurred_at: datetime
    recorded_at: datetime
    traceparent: str | None
    body: str

    def outgoing(self) -> Outgoing:
        headers = headers_for(
            event_id=self.event_id,
            event_type=self.type,
            source=self.source,
            data_schema=self.data_schema,
            aggregate_id=self.aggregate_id,
            aggregate_version=self.aggregate_version,
            unit=self.unit,
            occurred_at=self.occurred_at,
            recorded_at=self.recorded_at,
            traceparent=self.traceparent,
        )
        stamp = int(self.recorded_at.timestamp() * 1000)
        return Outgoing(str(self.aggregate_id).encode(), self.body.encode(), headers, stamp)


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
    ) -> None:
        """Set up without connecting. ``owner`` must be unique to the process, also after a restart."""
        self._engine = engine
        self._database_url = database_url.replace("postgresql+asyncpg://", "postgresql://")
        self._owner = owner
        self._config = config or RelayConfig()
        self._book = LeaseBook(engine=engine, owner=owner, topics=topics, ttl_s=self._config.lease_ttl_s)
        self._producer = DiscardingProducer(
            bootstrap=kafka_bootstrap, client_id=owner, batch_bytes=self._config.batch_bytes
        )
        self._leases: frozenset[Lease] = frozenset()
        self._wake = asyncio.Event()
        self._progress = time.monotonic()

    def healthy(self) -> bool:
        """Whether the publishing loop still turns; a broker or database that is away does not make it unhealthy."""
        return time.monotonic() - self._progress < 3 * self._config.send_deadline_s

    async def run(self, stop: asyncio.Event) -> None:
        """Publish until ``stop`` is set, then finish the round in hand and give the leases back."""
        helpers = [
            asyncio.create_task(self._listen(), name="relay-listen"),
            asyncio.create_task(self._watch_backlog(), name="relay-backlog"),
            asyncio.create_task(self._wake_on(stop), name="relay-stop"),
        ]
        try:
            await self._publish_until(stop)
        finally:
            for task in helpers:
                task.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
            await self._producer.close()
            with suppress(SQLAlchemyError, OSError):
                await self._book.release(self._leases)

    async def _publish_until(self, stop: asyncio.Event) -> None:
        idle_s, renew_at, seeded = self._config.min_poll_s, 0.0, False
        while not stop.is_set():
            self._progress = time.monotonic()
            self._wake.clear()
            try:
                if not seeded:
                    await self._book.seed()
                    seeded = True
                if time.monotonic() >= renew_at:
                    self._leases = await self._book.refresh()
                    metrics.LEASES_HELD.set(len(self._leases))
                    renew_at = time.monotonic() + self._config.lease_renew_s
                sent = await self._round()
            except (KafkaError, SQLAlchemyError, OSError, TimeoutError) as error:
                metrics.ROUND_FAILURES.labels(type(error).__name__).inc()
                _log.warning("relay_round_failed", error=type(error).__name__)
                sent, idle_s = 0, self._config.retry_s
            if sent:
                idle_s = self._config.min_poll_s
                continue
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), idle_s)
            idle_s = min(idle_s * 2, self._config.max_poll_s)

    async def _round(self) -> int:
        """Publish the head of every held partition; return how many events were acknowledged and removed."""
        if not self._leases:
            return 0
        held = sorted(self._leases)
        epochs = {(lease.topic, lease.partition): lease.epoch for lease in held}
        async with self._engine.connect() as conn:
            found = await conn.execute(
                _READ,
                {
                    "topics": [lease.topic for lease in held],
                    "partitions": [lease.partition for lease in held],
                    "limit": self._config.rows_per_partition,
                },
            )
            rows = [_Row._make(row) for row in found.all()]
        if not rows:
            return 0
        began = time.time_ns()
        sent = await self._send(rows)
        record_publish_spans([PublishedEvent(r.topic, r.partition, r.type, r.traceparent) for r in sent], began)
        await self._delete(sent, epochs)
        metrics.PUBLISHED.inc(len(sent))
        return len(sent)

    async def _send(self, rows: Sequence[_Row]) -> list[_Row]:
        # One batch a partition and round: were a second in flight, it could land although the first failed.
        sent: list[_Row] = []
        waiting = []
        async with asyncio.timeout(self._config.send_deadline_s), self._producer.use() as producer:
            for (topic, partition), group in groupby(rows, key=_PLACE):
                members = list(group)
                fitted, acknowledged = await producer.send(topic, partition, (row.outgoing() for row in members))
                sent += members[:fitted]
                waiting.append(acknowledged)
            await asyncio.gather(*waiting)
        return sent

    async def _delete(self, sent: Sequence[_Row], epochs: dict[tuple[str, int], int]) -> None:
        async with self._engine.begin() as conn:
            result = await conn.execute(
                _DELETE,
                {
                    "owner": self._owner,
                    "topics": _literal(f'"{row.topic}"' for row in sent),
                    "partitions": _literal(str(row.partition) for row in sent),
                    "seqs": _literal(str(row.seq) for row in sent),
                    "epochs": _literal(str(epochs[row.topic, row.partition]) for row in sent),
                },
            )
        if result.rowcount != len(sent):
            # The new owner sends them again; consumers drop the repeats.
            _log.warning("relay_lease_lost", sent=len(sent), removed=result.rowcount)
            metrics.FENCED.inc(len(sent) - result.rowcount)

    async def _wake_on(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._wake.set()

    async def _listen(self) -> None:
        """Wake the loop on notifications; the poll is the net below."""
        while True:
            try:
                connection = await asyncpg.connect(
                    self._database_url, server_settings={"application_name": "relay-listen"}
                )
                lost = asyncio.Event()
                connection.add_termination_listener(lambda _c, lost=lost: lost.set())
                await connection.add_listener(OUTBOX_CHANNEL, lambda *_: self._wake.set())
                try:
                    await lost.wait()
                finally:
                    await connection.close(timeout=1)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                _log.warning("relay_listener_lost", error=type(error).__name__)
            await asyncio.sleep(self._config.retry_s)

    async def _watch_backlog(self) -> None:
        while True:
            try:
                async with self._engine.connect() as conn:
                    found = (await conn.execute(_BACKLOG)).all()
                metrics.show_backlog([(r.topic, r.partition, r.waiting, r.oldest_s) for r in found])
            except (SQLAlchemyError, OSError) as error:
                _log.warning("relay_backlog_unknown", error=type(error).__name__)
            await asyncio.sleep(self._config.backlog_every_s)


def _literal(elements: Iterable[str]) -> str:
    """Write an array as PostgreSQL reads it: the driver takes longer over each element of a list."""
    return "{" + ",".join(elements) + "}"
