"""A topic grows only while nothing of it is under way; grown in the midst of work, it shows later versions first."""

from dataclasses import replace
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.structs import OffsetAndMetadata
from forkant_kit.gate import ParkReason, Read, Record, judge
from forkant_kit.outbox import partition_of
from forkant_kit.topic_growth import NotDrainedError, grow

pytestmark = pytest.mark.kafka
CASES = [uuid4() for _ in range(20)]


@pytest.fixture
async def topic(kafka):
    kafka.need_kafka("the embedded broker has no admin API")
    made = await kafka.new_topic("growth", partitions=3)
    return replace(made, consumers=(f"reader-{uuid4().hex[:6]}",))


async def write(kafka, topic, version, *, partitions):
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
    await producer.start()
    try:
        for case in CASES:
            key = str(case).encode()
            await producer.send_and_wait(
                topic.name, str(version).encode(), key=key, partition=partition_of(key, partitions)
            )
    finally:
        await producer.stop()


async def read(kafka, topic, partition):
    """Return the cases and versions of one partition, in order."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap)
    await consumer.start()
    try:
        place = TopicPartition(topic.name, partition)
        consumer.assign([place])
        await consumer.seek_to_beginning(place)
        end = (await consumer.end_offsets([place]))[place]
        found = []
        while await consumer.position(place) < end:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found += [(record.key.decode(), int(record.value)) for record in records]
        return found
    finally:
        await consumer.stop()


async def commit_all(kafka, topic):
    """Note on Kafka that the group has read everything, as its consumer does."""
    [group] = topic.consumers
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap, group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        places = [TopicPartition(topic.name, n) for n in range(topic.partitions)]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        await consumer.commit({place: OffsetAndMetadata(end, "") for place, end in ends.items()})
    finally:
        await consumer.stop()


async def grown(stage, kafka, topic, to=5):
    return await grow(topic, to=to, database_url=stage.owner_url, kafka_bootstrap=kafka.bootstrap)


async def test_it_grows_once_everything_is_out_and_read(stage, kafka, topic):
    await write(kafka, topic, 1, partitions=3)
    with pytest.raises(NotDrainedError, match="has yet to read 20 events"):
        await grown(stage, kafka, topic)
    await commit_all(kafka, topic)
    assert await grown(stage, kafka, topic) == 3
    await write(kafka, topic, 2, partitions=5)
    assert sum([len(await read(kafka, topic, n)) for n in range(5)]) == 40
    with pytest.raises(ValueError, match="only become more"):
        await grown(stage, kafka, topic, to=5)


async def test_what_waits_in_the_outbox_holds_it_up(stage, kafka, topic):
    row = "INSERT INTO outbox (topic, partition, event_id) VALUES ($1, 0, gen_random_uuid())"
    await stage.fetch(row, topic.name)
    with pytest.raises(NotDrainedError, match="1 events wait in the outbox"):
        await grown(stage, kafka, topic)


async def test_a_running_worker_holds_it_up(stage, kafka, topic):
    await stage.fetch("INSERT INTO relay_member (owner, seen_at) VALUES ('w', clock_timestamp())")
    with pytest.raises(NotDrainedError, match="a worker of the service runs"):
        await grown(stage, kafka, topic)


async def test_without_the_barrier_a_reader_meets_later_versions_first_and_the_gate_parks_them(stage, kafka, topic):
    await write(kafka, topic, 1, partitions=3)
    await grow(replace(topic, consumers=()), to=5, database_url=stage.owner_url, kafka_bootstrap=kafka.bootstrap)
    await write(kafka, topic, 2, partitions=5)
    # A reader that is new to the partitions has as good a right to begin with the new ones.
    met = [(case, version) for n in (4, 3, 2, 1, 0) for case, version in await read(kafka, topic, n)]
    known = {str(case): case for case in CASES}
    reads = [
        Read(Record(topic.name, 0, at, None, (), None), known[case], version, None, None)
        for at, (case, version) in enumerate(met)
    ]
    verdict = judge(reads, {})
    assert [each.reason for each in verdict.park].count(ParkReason.GAP) > 0
