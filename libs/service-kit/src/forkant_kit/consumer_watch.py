"""Watches a running consumer: how far it is behind, what is parked, whether it still fetches."""

import asyncio
import math
import time
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from forkant_kit import consumer_metrics as metrics
from forkant_kit.consumer_store import ConsumerStore
from forkant_kit.freshness import read_freshness
from forkant_kit.kafka_tls import KafkaTls
from forkant_kit.watermark import WatermarkReader

# Enough for ten minutes; a consumer further behind begins to prove what was stated later.
_CLAIMS_KEPT: Final = 300
_log = structlog.get_logger(__name__)


class ConsumerWatch:
    """Notes the ends of the assigned partitions for all to see, publishes metrics, and notices when nothing moves."""

    def __init__(
        self,
        *,
        engine: AsyncEngine,
        kafka_bootstrap: str,
        group: str,
        every_s: float,
        stale_gap_s: float,
        kafka_tls: KafkaTls | None = None,
    ) -> None:
        """Bind the group's database; times in seconds.

        Args:
            engine: the service's own database.
            kafka_bootstrap: where the producers' statements are read.
            group: the consumer group.
            every_s: how often to look.
            stale_gap_s: how long a version may be missing before it counts as lost and is reported as an error.
            kafka_tls: how Kafka is reached; in clear without it.
        """
        self._engine = engine
        self._group = group
        self._store = ConsumerStore(group)
        self._every_s = every_s
        self._stale_gap_s = stale_gap_s
        self._reader = WatermarkReader(kafka_bootstrap=kafka_bootstrap, kafka_tls=kafka_tls)
        self._claims: dict[TopicPartition, deque[tuple[int, datetime]]] = {}
        self._proven: dict[TopicPartition, datetime] = {}
        self._stuck_since: float | None = None
        self._before: dict[TopicPartition, int] = {}
        self._behind_since: dict[TopicPartition, float] = {}
        self._stale_gaps = 0
        self.positions: dict[TopicPartition, int] = {}
        """The next offset to apply of each partition, kept by the consumer."""

    def stuck_for_s(self) -> float:
        """Return for how many seconds records have waited in Kafka while no partition moved."""
        return 0.0 if self._stuck_since is None else time.monotonic() - self._stuck_since

    async def run(self, consumer: AIOKafkaConsumer) -> None:
        """Look now and then until cancelled."""
        try:
            while True:
                await asyncio.sleep(self._every_s)
                try:
                    await self._look(consumer)
                except (KafkaError, SQLAlchemyError, OSError) as error:
                    _log.warning("consumer_observation_failed", group=self._group, error=type(error).__name__)
        finally:
            await self._reader.close()

    async def _look(self, consumer: AIOKafkaConsumer) -> None:
        assigned = sorted(consumer.assignment())
        ends = await consumer.end_offsets(assigned) if assigned else {}
        self._weigh(await self._reader.read(assigned))
        proven = {(p.topic, p.partition): moment for p, moment in self._proven.items()}
        async with self._engine.begin() as conn:
            held = await self._store.observe_ends(
                conn, {(p.topic, p.partition): end for p, end in ends.items()}, proven
            )
            _, aggregates = await self._store.count_parked(conn)
            gaps = await self._store.count_stale_gaps(conn, older_than_s=self._stale_gap_s)
            freshness = await read_freshness(conn, group=self._group)
        behind = math.inf if freshness.seconds_behind is None else freshness.seconds_behind
        metrics.SECONDS_BEHIND.labels(self._group).set(max(behind, self._seconds_in_hand(ends, held)))
        metrics.PARKED_AGGREGATES.labels(self._group).set(aggregates)
        self._report_gaps(gaps)
        self._notice_standstill(ends)

    def _weigh(self, stated: Mapping[TopicPartition, tuple[int, datetime]]) -> None:
        """Take note of the producers' statements, and see up to which moment the positions prove them."""
        for place, (offset, moment) in stated.items():
            claims = self._claims.setdefault(place, deque(maxlen=_CLAIMS_KEPT))
            if claims and offset < claims[-1][0]:
                claims.clear()  # the topic was made anew
            claims.append((offset, moment))
        for place, claims in self._claims.items():
            while claims and claims[0][0] <= self.positions.get(place, -1):
                _, moment = claims.popleft()
                self._proven[place] = max(moment, self._proven.get(place, moment))

    def _seconds_in_hand(self, ends: dict[TopicPartition, int], held: frozenset[tuple[str, int]]) -> float:
        """Return how long ago the first of the partitions that batches hold just now was last seen at its end."""
        now = time.monotonic()
        behind = {p for p, end in ends.items() if self.positions.get(p, 0) < end}
        self._behind_since = {p: self._behind_since.get(p, now) for p in behind}
        return max(
            (now - since for p, since in self._behind_since.items() if (p.topic, p.partition) in held), default=0
        )

    def _report_gaps(self, gaps: int) -> None:
        metrics.STALE_GAPS.labels(self._group).set(gaps)
        if gaps > self._stale_gaps:
            _log.error("event_missing", group=self._group, aggregates=gaps, for_seconds=self._stale_gap_s)
        self._stale_gaps = gaps

    def _notice_standstill(self, ends: dict[TopicPartition, int]) -> None:
        for partition, end in ends.items():
            lag = max(end - self.positions.get(partition, 0), 0)
            metrics.LAG_RECORDS.labels(self._group, partition.topic, str(partition.partition)).set(lag)
        behind = {p for p, end in ends.items() if self.positions.get(p, 0) < end}
        moved = any(self.positions.get(p) != self._before.get(p) for p in behind)
        self._stuck_since = None if not behind or moved else self._stuck_since or time.monotonic()
        self._before = dict(self.positions)
