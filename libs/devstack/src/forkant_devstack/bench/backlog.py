"""A backlog in Kafka: events placed on partitions as the case service places them, and sent as fast as it goes."""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from forkant_contracts import Event, encode
from forkant_contracts.topics import Topic
from forkant_kit.gate import Record
from forkant_kit.outbox import partition_of
from forkant_kit.producer import DiscardingProducer
from forkant_kit.record_bytes import EncodedRecord, encode_content

from forkant_devstack.bench.laboratory import Laboratory

_BATCH_BYTES: Final = 512 * 1024
Placed = Mapping[tuple[str, int], Sequence[Record]]
"""The records of each topic and partition, in order of offset."""


def place(made: Iterable[Event], topics: Mapping[str, Topic]) -> Placed:
    """Return the records that the events become on topics that stand for those named in the events."""
    placed: dict[tuple[str, int], list[Record]] = {}
    for event in made:
        message, topic = encode(event), topics[event.topic]
        partition = partition_of(message.key, topic.partitions)
        mine = placed.setdefault((topic.name, partition), [])
        mine.append(Record(topic.name, partition, len(mine), message.key, tuple(message.headers), message.value))
    return placed


async def publish(lab: Laboratory, placed: Placed, *, topic: str | None = None) -> None:
    """Send the records, to another topic of as many partitions when one is named."""
    sink = DiscardingProducer(bootstrap=lab.kafka.bootstrap, client_id="bench", batch_bytes=_BATCH_BYTES)
    try:
        async with sink.use() as sender:
            for (home, partition), records in placed.items():
                waiting = [_encoded(record) for record in records]
                while waiting:
                    fitted, acknowledged = await sender.send(topic or home, partition, waiting)
                    await acknowledged
                    waiting = waiting[fitted:]
    finally:
        await sink.close()


def _encoded(record: Record) -> EncodedRecord:
    content = encode_content(key=record.key or b"", value=record.value or b"", headers=record.headers)
    return content, int(time.time() * 1000)
