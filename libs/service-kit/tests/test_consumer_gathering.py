"""A consumer of a trickle: what came in several partitions is applied together, and so is what comes soon after."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import ConsumerRecord
from forkant_contracts import Event, Topic, encode
from forkant_devstack.testing.kafka_server import KafkaServer
from forkant_kit.consumer import EventConsumer
from forkant_kit.consumer_client import ConsumerConfig
from forkant_kit.testing import Stage, an_event, until
from sqlalchemy.ext.asyncio import AsyncConnection

from .consuming import a_consumer, record_effect, running, send

pytestmark = pytest.mark.kafka


@dataclass
class Noting:
    """An effect that notes of how many events it is told at a time; it can be made to wait."""

    sizes: list[int] = field(default_factory=list)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, conn: AsyncConnection, events: Sequence[Event]) -> None:
        self.begun.set()
        await self.go_on.wait()
        self.sizes.append(len(events))
        await record_effect(conn, events)

    async def told_of(self, count: int) -> None:
        async def enough() -> bool:
            return sum(self.sizes) >= count

        await until(enough, what=f"{count} events applied")


async def test_what_came_in_several_partitions_meanwhile_is_applied_in_one_transaction(
    stage: Stage, kafka: KafkaServer, topic: Topic
):
    kafka.need_kafka("the embedded broker hands out a partition at a time")
    effect = Noting()
    async with running(a_consumer(stage, kafka, topic, effect, hand_over_s=2.0)):
        await send(kafka, topic, [an_event(uuid4(), 1)], partition=0)
        await asyncio.wait_for(effect.begun.wait(), 20)
        for partition in (1, 2, 3):
            await send(kafka, topic, [an_event(uuid4(), 1)], partition=partition)
        effect.go_on.set()
        await effect.told_of(4)
    assert effect.sizes == [1, 3]
    rows = await stage.fetch("SELECT partition, next_offset FROM consumer_offset ORDER BY partition")
    assert [tuple(row) for row in rows] == [(partition, 1) for partition in range(4)]


async def test_what_comes_soon_after_a_few_records_comes_together(stage: Stage, kafka: KafkaServer, topic: Topic):
    kafka.need_kafka("the embedded broker hands out a partition at a time")
    effect = Noting()
    effect.go_on.set()
    async with running(a_consumer(stage, kafka, topic, effect, gather_s=1.0, hand_over_s=2.0)):
        await send(kafka, topic, [an_event(uuid4(), 1)], partition=0)
        await effect.told_of(1)
        for partition in (1, 2, 3):
            await send(kafka, topic, [an_event(uuid4(), 1)], partition=partition)
        await effect.told_of(4)
    assert effect.sizes == [1, 3]


async def test_told_to_stop_it_does_not_wait_for_more_to_come_together(stage: Stage, kafka: KafkaServer, topic: Topic):
    effect = Noting()
    effect.go_on.set()
    async with running(a_consumer(stage, kafka, topic, effect, gather_s=60.0)):
        await send(kafka, topic, [an_event(uuid4(), 1)])
        await effect.told_of(1)


class Client:
    """Stands for a Kafka client from which a partition is taken away between two attempts."""

    def __init__(self, *assignments: set[TopicPartition]) -> None:
        self._assignments = list(assignments)
        self.committed: list[dict[TopicPartition, int]] = []

    def assignment(self) -> set[TopicPartition]:
        return self._assignments.pop(0) if len(self._assignments) > 1 else self._assignments[0]

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        self.committed.append(offsets)


def polled(place: TopicPartition, case: UUID) -> list[ConsumerRecord]:
    message = encode(an_event(case, 1))
    return [
        ConsumerRecord(
            topic=place.topic,
            partition=place.partition,
            offset=0,
            timestamp=0,
            timestamp_type=0,
            key=message.key,
            value=message.value,
            checksum=None,
            serialized_key_size=0,
            serialized_value_size=0,
            headers=tuple(message.headers),
        )
    ]


async def test_a_partition_that_is_taken_away_between_two_attempts_is_left_to_its_next_owner(
    stage: Stage, topic: Topic
):
    one, two = TopicPartition(topic.name, 0), TopicPartition(topic.name, 1)
    lost, kept, attempts = uuid4(), uuid4(), 0

    async def at_first_away(conn: AsyncConnection, events: Sequence[Event]) -> None:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            raise OSError("the surroundings, once")
        await record_effect(conn, events)

    consumer = EventConsumer(
        engine=stage.engine,
        kafka_bootstrap="localhost:1",
        group="g",
        topics=[topic.name],
        apply=at_first_away,
        config=ConsumerConfig(retry_s=0.01),
    )
    client = Client({one, two}, {two})
    assert await consumer._apply_with_retry(client, asyncio.Event(), {one: polled(one, lost), two: polled(two, kept)})
    assert [row["aggregate_id"] for row in await stage.fetch("SELECT aggregate_id FROM effect")] == [kept]
    await consumer._offsets.tell(client, within_s=10)
    assert client.committed == [{two: 1}]
    rows = await stage.fetch("SELECT partition, next_offset FROM consumer_offset")
    assert [tuple(row) for row in rows] == [(1, 1)]


async def committed(kafka: KafkaServer, topic: Topic) -> int | None:
    """Return how far Kafka's own tools say that partition 0 was read."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        known = await admin.list_consumer_group_offsets(f"group-{topic.name}")
    finally:
        await admin.close()
    found = known.get(TopicPartition(topic.name, 0))
    return None if found is None else found.offset


@pytest.mark.parametrize("every_s", [0.1, 60.0], ids=["meanwhile", "at the stop"])
async def test_kafkas_own_tools_are_told_how_far_it_was_read(
    stage: Stage, kafka: KafkaServer, topic: Topic, every_s: float
):
    kafka.need_kafka("the embedded broker has no admin API")
    effect = Noting()
    effect.go_on.set()

    async def told() -> bool:
        return await committed(kafka, topic) == 2

    async with running(a_consumer(stage, kafka, topic, effect, commit_every_s=every_s)):
        await send(kafka, topic, [an_event(uuid4(), 1), an_event(uuid4(), 1)])
        await effect.told_of(2)
        if every_s < 1:
            await until(told, what="two read, as Kafka has it")
    assert await told()
