import dataclasses

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from forkant_contracts.topics import TOPICS, Topic
from forkant_devstack.process import DevstackError
from forkant_devstack.testing.kafka_server import KafkaServer

pytestmark = pytest.mark.kafka


async def test_an_idempotent_producers_records_reach_a_group_in_order(kafka: KafkaServer) -> None:
    topic = await kafka.new_topic(partitions=1)
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, enable_idempotence=True, acks="all") as producer:
        for number in range(20):
            await producer.send(topic.name, str(number).encode(), key=b"k")
        await producer.flush()

    async with AIOKafkaConsumer(
        topic.name,
        bootstrap_servers=kafka.bootstrap,
        group_id=topic.name,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    ) as consumer:
        values = [int((await consumer.getone()).value) for _ in range(20)]
        await consumer.commit()
        committed = await consumer.committed(TopicPartition(topic.name, 0))

    assert values == list(range(20))
    assert committed == 20


async def test_the_registrys_topics_have_its_partition_counts(kafka: KafkaServer) -> None:
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap) as producer:
        found = {name: len(await producer.partitions_for(name)) for name in TOPICS}
    assert found == {topic.name: topic.partitions for topic in TOPICS.values()}


async def test_the_registrys_topics_have_its_configuration(kafka: KafkaServer) -> None:
    _need_admin(kafka)
    found = {topic.name: await _configuration(kafka, topic) for topic in TOPICS.values()}
    assert found == {
        topic.name: {name: str(value) for name, value in topic.config.items()} for topic in TOPICS.values()
    }


async def test_a_topic_that_is_there_gets_the_registrys_configuration(kafka: KafkaServer) -> None:
    _need_admin(kafka)
    topic = await kafka.new_topic(partitions=1)
    await kafka.create_topics(changed := dataclasses.replace(topic, retention_ms=3_600_000))
    assert (await _configuration(kafka, changed))["retention.ms"] == "3600000"


def _need_admin(kafka: KafkaServer) -> None:
    kafka.need_kafka("the embedded broker has no admin API")


async def _configuration(kafka: KafkaServer, topic: Topic) -> dict[str, str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        wished = ConfigResource(ConfigResourceType.TOPIC, topic.name, dict.fromkeys(topic.config))
        [response] = await admin.describe_configs([wished])
    finally:
        await admin.close()
    [(_, _, _, _, entries)] = response.resources
    return {name: value for name, value, *_ in entries}


async def test_a_topic_with_another_partition_count_is_refused(kafka: KafkaServer) -> None:
    topic = await kafka.new_topic(partitions=2)
    await kafka.create_topics(topic)
    with pytest.raises(DevstackError, match=f"{topic.name} has 2 partitions, the registry says 5"):
        await kafka.create_topics(dataclasses.replace(topic, partitions=5))


async def test_acknowledged_records_survive_a_kill_of_the_broker(kafka: KafkaServer) -> None:
    topic = await kafka.new_topic(partitions=1)
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, acks="all") as producer:
        await producer.send_and_wait(topic.name, b"kept")

    await kafka.kill()
    await kafka.start()

    async with AIOKafkaConsumer(
        topic.name, bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest"
    ) as consumer:
        assert (await consumer.getone()).value == b"kept"
