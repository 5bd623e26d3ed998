"""The relay's ceiling: the client's own batches of records that lie in memory, with nothing beside it."""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from aiokafka import AIOKafkaProducer
from forkant_contracts import Event
from forkant_contracts.codec import KafkaMessage, encode
from forkant_contracts.topics import TOPICS
from forkant_kit.outbox import partition_of
from forkant_kit.relay import RelayConfig

from forkant_devstack.bench.laboratory import Laboratory
from forkant_devstack.bench.rounds import Taken

Backlog = Mapping[tuple[str, int], Sequence[tuple[KafkaMessage, int]]]
"""Records by topic and partition, each with its time in milliseconds."""

_BATCH_BYTES: Final = RelayConfig().batch_bytes


def records_of(events: Iterable[Event]) -> Backlog:
    """Return events as Kafka records."""
    found: dict[tuple[str, int], list[tuple[KafkaMessage, int]]] = {}
    for event in events:
        message = encode(event)
        place = event.topic, partition_of(message.key, TOPICS[event.topic].partitions)
        found.setdefault(place, []).append((message, int(event.recorded_at.timestamp() * 1000)))
    return found


async def send_bare(lab: Laboratory, backlog: Backlog) -> Taken:
    """Send the records with one batch a partition under way, all partitions side by side."""
    producer = AIOKafkaProducer(
        bootstrap_servers=lab.kafka.bootstrap,
        client_id="bench",
        acks="all",
        enable_idempotence=True,
        max_batch_size=_BATCH_BYTES,
        max_request_size=2 * _BATCH_BYTES,
    )
    async with producer:
        place = min(backlog)
        await _send_all(producer, place, backlog[place][:1])
        began, cpu = time.monotonic(), time.process_time()
        await asyncio.gather(*[_send_all(producer, place, mine) for place, mine in backlog.items()])
        count = sum(map(len, backlog.values()))
        return Taken.of(count, seconds=time.monotonic() - began, cpu_s=time.process_time() - cpu)


async def _send_all(
    producer: AIOKafkaProducer, place: tuple[str, int], waiting: Sequence[tuple[KafkaMessage, int]]
) -> None:
    topic, partition = place
    at = 0
    while at < len(waiting):
        batch = producer.create_batch()
        while at < len(waiting):
            message, stamp = waiting[at]
            if batch.append(key=message.key, value=message.value, timestamp=stamp, headers=message.headers) is None:
                break
            at += 1
        batch.close()
        await (await producer.send_batch(batch, topic, partition=partition))
