import asyncio
import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from forkant_contracts.topics import TOPICS
from forkant_devstack.native import children, embedded
from forkant_devstack.process import DevstackError
from forkant_devstack.testing.kafka_server import KafkaServer, start_embedded_kafka


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[KafkaServer]:
    server = await start_embedded_kafka(tmp_path)
    yield server
    await server.controls.remove()


async def test_an_idempotent_producers_records_reach_a_group_in_order(broker: KafkaServer) -> None:
    topic = "forkant.case.v1"
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap, enable_idempotence=True, acks="all") as producer:
        sent = [await producer.send(topic, str(number).encode(), key=b"k") for number in range(50)]
        partition = (await asyncio.gather(*sent))[0].partition
    place = TopicPartition(topic, partition)

    for expected in (range(30), range(30, 50)):
        async with AIOKafkaConsumer(
            topic,
            bootstrap_servers=broker.bootstrap,
            group_id="group",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            session_timeout_ms=2_000,
        ) as consumer:
            values = [int((await consumer.getone()).value) for _ in expected]
            await consumer.commit({place: expected.stop})
        assert values == list(expected)


async def test_its_topics_have_the_registrys_partition_counts(broker: KafkaServer) -> None:
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap) as producer:
        found = {name: len(await producer.partitions_for(name)) for name in TOPICS}
    assert found == {topic.name: topic.partitions for topic in TOPICS.values()}


async def test_a_topic_of_ones_own_can_be_made_but_not_with_another_partition_count(broker: KafkaServer) -> None:
    topic = await broker.new_topic(partitions=2)
    await broker.create_topics(topic)
    with pytest.raises(DevstackError, match=f"{topic.name} has 2 partitions, the registry says 5"):
        await broker.create_topics(dataclasses.replace(topic, partitions=5))


async def test_it_forgets_its_address_when_it_stops(tmp_path: Path) -> None:
    file = tmp_path / "address.json"
    child = await children.start(embedded.embedded_spec(file), log=tmp_path / "log")
    assert embedded.bootstrap_from(file) in (tmp_path / "log").read_text()
    await children.stop(child)
    assert child.process.returncode == 0
    with pytest.raises(DevstackError, match="does not run"):
        embedded.bootstrap_from(file)
