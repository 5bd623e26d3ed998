"""Lanes, failures and other processes: whatever goes on, no event is lost and none overtakes another of its case."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from forkant_contracts import Event, Topic, decode
from forkant_devstack.testing.kafka_server import KafkaServer
from forkant_kit.outbox import append_events, partition_of
from forkant_kit.producer import BatchSender, DiscardingProducer
from forkant_kit.record_bytes import EncodedRecord, encode_content
from forkant_kit.relay import Relay, RelayConfig
from forkant_kit.testing import Stage, an_event, until
from prometheus_client import REGISTRY

pytestmark = pytest.mark.kafka


def a_relay(stage: Stage, kafka: KafkaServer, topic: Topic, owner: str = "relay-1", **config: float) -> Relay:
    return Relay(
        engine=stage.engine,
        database_url=stage.app_url,
        kafka_bootstrap=kafka.bootstrap,
        owner=owner,
        topics=[topic],
        config=replace(RelayConfig(rows_per_partition=7, retry_s=0.05), **config),
    )


@asynccontextmanager
async def running(*relays: Relay) -> AsyncIterator[None]:
    stop = asyncio.Event()
    tasks = [asyncio.create_task(relay.run(stop)) for relay in relays]
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(asyncio.gather(*tasks), 25)


async def write(stage: Stage, *events: Event) -> None:
    async with stage.engine.begin() as conn:
        await append_events(conn, events)


async def write_lives(stage: Stage, cases: Iterable[UUID], *, versions: range) -> None:
    """Write versions of many cases, each case by a writer of its own, so that transactions overlap."""

    async def live(case: UUID) -> None:
        for version in versions:
            await write(stage, an_event(case, version))

    await asyncio.gather(*[live(case) for case in cases])


def cases_of_partition_0(count: int) -> list[UUID]:
    return [case for case in (uuid4() for _ in range(200)) if partition_of(str(case).encode(), 4) == 0][:count]


async def everything_is_published(stage: Stage) -> None:
    async def empty() -> bool:
        return not await stage.fetch("SELECT 1 FROM outbox LIMIT 1")

    await until(empty, what="the outbox empty")


async def published(kafka: KafkaServer, topic: Topic) -> dict[UUID, list[int]]:
    """Read the topic from its beginning: the versions of each case in Kafka's order, without repeats."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap, enable_auto_commit=False)
    await consumer.start()
    places = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
    consumer.assign(places)
    await consumer.seek_to_beginning(*places)
    ends = await consumer.end_offsets(places)
    versions: dict[UUID, list[int]] = defaultdict(list)
    while any([await consumer.position(place) < ends[place] for place in places]):
        for records in (await consumer.getmany(timeout_ms=200)).values():
            for event in (decode(record.headers, record.value) for record in records):
                if event.aggregate_version not in versions[event.aggregate_id]:
                    versions[event.aggregate_id].append(event.aggregate_version)
    await consumer.stop()
    return versions


async def test_many_lanes_keep_the_order_of_each_case(stage: Stage, kafka: KafkaServer, registered: Topic):
    cases = [uuid4() for _ in range(12)]
    async with running(a_relay(stage, kafka, registered, lanes=3)):
        await write_lives(stage, cases, versions=range(1, 21))
        await everything_is_published(stage)
    assert await published(kafka, registered) == {case: list(range(1, 21)) for case in cases}


async def test_a_lower_sequence_that_commits_late_is_published(stage: Stage, kafka: KafkaServer, registered: Topic):
    early, late = cases_of_partition_0(2)
    async with running(a_relay(stage, kafka, registered)):
        async with stage.engine.begin() as conn:
            await append_events(conn, [an_event(late, 1)])
            await write(stage, an_event(early, 1))
            await everything_is_published(stage)
        await write(stage, an_event(late, 2), an_event(early, 2))
        await everything_is_published(stage)
    assert await published(kafka, registered) == {early: [1, 2], late: [1, 2]}


@pytest.mark.parametrize("lands", [True, False], ids=["acknowledgement-lost", "batch-lost"])
async def test_a_failed_batch_loses_and_reorders_nothing(
    stage: Stage, kafka: KafkaServer, registered: Topic, monkeypatch: pytest.MonkeyPatch, *, lands: bool
):
    cases = [*cases_of_partition_0(3), *[uuid4() for _ in range(9)]]
    send, failed = BatchSender.send, []

    async def failing(sender: BatchSender, topic: str, partition: int, records: Sequence[EncodedRecord]):
        if partition != 0 or len(failed) == 3:
            return await send(sender, topic, partition, records)
        failed.append(partition)
        count = len(records)
        if lands:
            count, acknowledged = await send(sender, topic, partition, records)
            await acknowledged
        broken = asyncio.get_running_loop().create_future()
        broken.set_exception(KafkaError("planted"))
        return count, broken

    monkeypatch.setattr(BatchSender, "send", failing)
    async with running(a_relay(stage, kafka, registered, lanes=2)):
        await write_lives(stage, cases, versions=range(1, 11))
        await everything_is_published(stage)
    assert len(failed) == 3
    assert await published(kafka, registered) == {case: list(range(1, 11)) for case in cases}


async def test_what_was_acknowledged_is_removed_though_another_batch_failed(
    stage: Stage, kafka: KafkaServer, registered: Topic, monkeypatch: pytest.MonkeyPatch
):
    send = BatchSender.send

    async def failing(sender: BatchSender, topic: str, partition: int, records: Sequence[EncodedRecord]):
        if partition == 0:
            raise KafkaError("planted")
        return await send(sender, topic, partition, records)

    monkeypatch.setattr(BatchSender, "send", failing)
    await write(stage, *[an_event(uuid4(), 1) for _ in range(30)])
    async with running(a_relay(stage, kafka, registered, lanes=1, rows_per_partition=100)):

        async def only_the_failing_one_waits() -> bool:
            rows = await stage.fetch("SELECT DISTINCT partition FROM outbox")
            return [row["partition"] for row in rows] == [0]

        await until(only_the_failing_one_waits, what="three partitions published")
        monkeypatch.setattr(BatchSender, "send", send)
        await everything_is_published(stage)


async def test_a_dead_process_is_replaced_and_order_kept(stage: Stage, kafka: KafkaServer, registered: Topic):
    cases = [uuid4() for _ in range(12)]
    pace = {"lease_ttl_s": 2.0, "lease_renew_s": 0.2}
    dying, heir = (a_relay(stage, kafka, registered, owner, **pace) for owner in ("relay-dying", "relay-heir"))

    async def vanish() -> None:
        """Leave nothing behind, as a crash would: no leases given back, no rows deleted."""

    dying._book.leave = vanish
    death = asyncio.create_task(dying.run(asyncio.Event()))
    async with running(heir):

        async def shared() -> bool:
            rows = await stage.fetch("SELECT owner, count(*) AS n FROM relay_lease GROUP BY owner")
            return {(row["owner"], row["n"]) for row in rows} == {("relay-dying", 2), ("relay-heir", 2)}

        await until(shared, what="two partitions each")
        await write_lives(stage, cases, versions=range(1, 2))
        await everything_is_published(stage)
        writing = asyncio.create_task(write_lives(stage, cases, versions=range(2, 21)))

        async def some_published() -> bool:
            found = await stage.fetch("SELECT count(*) AS n FROM event_archive")
            return found[0]["n"] > 60

        await until(some_published, what="a quarter written")
        death.cancel()
        await asyncio.gather(death, return_exceptions=True)
        await writing
        await everything_is_published(stage)
        owners = {row["owner"] for row in await stage.fetch("SELECT owner FROM relay_lease")}
    assert owners == {"relay-heir"}
    assert await published(kafka, registered) == {case: list(range(1, 21)) for case in cases}


async def test_leases_above_the_share_are_given_back_only_when_no_batch_is_under_way(
    stage: Stage, kafka: KafkaServer, registered: Topic
):
    relay = a_relay(stage, kafka, registered, lanes=1)
    await relay._book.seed()
    await relay._refresh_leases(time.monotonic())
    [lane] = relay._lanes
    lane.in_hand = sorted(relay._leases)
    await stage.fetch("INSERT INTO relay_member VALUES ('another', clock_timestamp())")
    ours = "SELECT count(*) AS n FROM relay_lease WHERE owner = 'relay-1'"
    await relay._refresh_leases(time.monotonic())
    assert (len(relay._leases), (await stage.fetch(ours))[0]["n"]) == (2, 4)
    lane.in_hand = ()
    await relay._refresh_leases(time.monotonic())
    assert (len(relay._leases), (await stage.fetch(ours))[0]["n"]) == (2, 2)


async def test_no_round_begins_on_leases_that_were_not_renewed(stage: Stage, kafka: KafkaServer, registered: Topic):
    relay = a_relay(stage, kafka, registered, lanes=1)
    await relay._book.seed()
    await relay._refresh_leases(time.monotonic() - RelayConfig().lease_ttl_s)
    await write(stage, an_event(uuid4(), 1))
    assert await relay._round(relay._lanes[0]) == (0, False)


async def test_a_producer_thrown_away_while_the_broker_is_gone_leaves_nothing_running(kafka: KafkaServer, topic: Topic):
    kafka.need_restarts()
    producer = DiscardingProducer(bootstrap=kafka.bootstrap, client_id="test", batch_bytes=10_000)
    before = asyncio.all_tasks()
    async with producer.use():
        pass
    await kafka.kill()
    try:
        with pytest.raises(TimeoutError):  # noqa: PT012 - the block is what is cut short
            async with asyncio.timeout(0.5), producer.use() as sender:
                _, acknowledged = await sender.send(
                    topic.name, 0, [(encode_content(key=b"k", value=b"v", headers=[]), 1)]
                )
                await acknowledged

        async def nothing_runs() -> bool:
            return asyncio.all_tasks() <= before

        await until(nothing_runs, what="no task of the producer left")
    finally:
        await kafka.start()


async def test_an_event_deleted_by_hand_holds_up_no_other_and_is_told_of(
    stage: Stage, kafka: KafkaServer, registered: Topic
):
    lost, kept = [case for case in (uuid4() for _ in range(200)) if partition_of(str(case).encode(), 4) == 0][:2]
    await write(stage, an_event(lost, 1), an_event(kept, 1))
    await stage.fetch("UPDATE outbox SET record = NULL")
    await stage.fetch("DELETE FROM event_archive WHERE aggregate_id = $1", lost)

    async def told() -> bool:
        return REGISTRY.get_sample_value("forkant_outbox_orphans") == 1

    async with running(a_relay(stage, kafka, registered, backlog_every_s=0.05)):
        await until(told, what="the row without an event is in the metrics")

        async def one_left() -> bool:
            return len(await stage.fetch("SELECT 1 FROM outbox")) == 1

        await until(one_left, what="the other event is published")
    assert await published(kafka, registered) == {kept: [1]}
