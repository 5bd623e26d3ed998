"""A Kafka producer that is thrown away on the first failure.

An aiokafka producer that has failed a batch may keep state that blocks or reorders what follows, so after any error
or missed deadline it is closed and the next use makes a new one.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, ProducerClosed

from forkant_kit.kafka_tls import KafkaTls, security
from forkant_kit.record_bytes import CopiedBatch, EncodedRecord

_log = structlog.get_logger(__name__)
_STOP_DEADLINE_S = 3.0


class BatchSender:
    """Sends one batch to one partition through a started producer."""

    def __init__(self, producer: AIOKafkaProducer, batch_bytes: int) -> None:
        """Wrap a started producer."""
        self._producer = producer
        self._batch_bytes = batch_bytes

    async def send(
        self, topic: str, partition: int, records: Sequence[EncodedRecord]
    ) -> tuple[int, asyncio.Future[object]]:
        """Send as many of the records, from the first on, as one batch holds.

        Returns:
            How many were put into the batch, and what to await for the broker's acknowledgement.

        Raises:
            KafkaError: the broker or the client refused the batch.
        """
        batch = CopiedBatch(records, batch_bytes=self._batch_bytes)
        return batch.record_count(), await self._producer.send_batch(batch, topic, partition=partition)


class DiscardingProducer:
    """Hands out one idempotent producer, and a new one after every failure."""

    def __init__(self, *, bootstrap: str, client_id: str, batch_bytes: int, tls: KafkaTls | None = None) -> None:
        """Remember how to connect; the first use connects."""
        self._bootstrap = bootstrap
        self._client_id = client_id
        self._batch_bytes = batch_bytes
        self._tls = tls
        self._producer: AIOKafkaProducer | None = None

    @asynccontextmanager
    async def use(self) -> AsyncIterator[BatchSender]:
        """Give the producer; any exception in the block discards it.

        Raises:
            KafkaError: no connection to the broker.
        """
        try:
            if self._producer is None:
                self._producer = await self._start()
            yield BatchSender(self._producer, self._batch_bytes)
        except BaseException:
            await self._discard()
            raise

    async def close(self) -> None:
        """Stop the producer, waiting a few seconds at most."""
        await self._discard()

    async def _start(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            client_id=self._client_id,
            acks="all",
            enable_idempotence=True,
            max_batch_size=self._batch_bytes,
            max_request_size=2 * self._batch_bytes,
            request_timeout_ms=10_000,
            **security(self._tls),
        )
        try:
            await producer.start()
        except BaseException:
            await _stop(producer)
            raise
        return producer

    async def _discard(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await asyncio.shield(_stop(producer))


async def _stop(producer: AIOKafkaProducer) -> None:
    # stop() flushes and can hang on a broker that is away, so it gets a deadline of its own.
    with suppress(KafkaError, TimeoutError, asyncio.CancelledError, OSError):
        await asyncio.wait_for(producer.stop(), _STOP_DEADLINE_S)
        return
    _log.warning("producer_discarded_unclean")
    await _abandon(producer)


async def _abandon(producer: AIOKafkaProducer) -> None:
    """End what a broken-off stop() leaves behind.

    An idempotent producer never gives a batch up: its sender would try for as long as the broker is away, one for each
    producer thrown away meanwhile, and then all of them would send their repeats at once. aiokafka has no public way.
    """
    sender, accumulator = producer._sender, producer._message_accumulator  # noqa: SLF001
    accumulator.fail_all(ProducerClosed())
    if sender is not None and sender.sender_task is not None:
        sender.sender_task.cancel()
    with suppress(KafkaError, TimeoutError, asyncio.CancelledError, OSError):
        await asyncio.wait_for(producer.client.close(), _STOP_DEADLINE_S)
