"""The consumer under load and trouble: bounded memory, an orderly end, and what it tells of itself."""

import asyncio
import threading
import time
import tracemalloc
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from forkant_contracts import Event, Topic
from forkant_devstack.testing.kafka_server import KafkaServer
from forkant_kit import parked_store
from forkant_kit.consumer_seek import SeekToDatabase
from forkant_kit.consumer_store import ConsumerStore, Reached
from forkant_kit.db import create_engine
from forkant_kit.freshness import read_freshness
from forkant_kit.testing import Stage, an_event, until
from prometheus_client import REGISTRY
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs

from .consuming import MIB, a_consumer, record_effect, running, send

pytestmark = pytest.mark.kafka


async def applied(stage: Stage) -> list[tuple[UUID, int]]:
    return [tuple(row) for row in await stage.fetch("SELECT aggregate_id, version FROM effect ORDER BY 1, 2")]


def gauge(name: str, topic: Topic) -> float:
    return REGISTRY.get_sample_value(f"forkant_consumer_{name}", {"group": f"group-{topic.name}"}) or 0.0


async def test_a_slow_handler_with_a_large_backlog_holds_little_of_it_in_memory(
    stage: Stage, kafka: KafkaServer, topic: Topic
):
    kafka.need_kafka("the embedded broker keeps 5 MiB of a partition")
    body = b'{"padding": "' + b"x" * 30_000 + b'"}'
    for partition in range(4):
        await send(kafka, topic, [an_event(uuid4(), 1) for _ in range(250)], partition=partition, value=body)

    async def slow(conn: AsyncConnection, events: Sequence[Event]) -> None:
        await conn.execute(text("SELECT pg_sleep(0.02)"))
        await record_effect(conn, events)

    async def all_applied() -> bool:
        return len(await applied(stage)) == 1000

    consumer = a_consumer(stage, kafka, topic, slow, fetch_bytes=MIB, partition_fetch_bytes=256 * 1024)
    tracemalloc.start()
    try:
        async with running(consumer):
            await until(all_applied, what="30 MB applied")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * MIB, f"{peak / MIB:.1f} MiB"


async def test_told_to_stop_in_a_long_batch_it_rolls_back_and_leaves_in_time(
    stage: Stage, kafka: KafkaServer, topic: Topic
):
    case = uuid4()
    begun = asyncio.Event()

    async def long(conn: AsyncConnection, events: Sequence[Event]) -> None:
        await record_effect(conn, events)
        begun.set()
        await conn.execute(text("SELECT pg_sleep(25)"))

    await send(kafka, topic, [an_event(case, 1)])
    async with running(a_consumer(stage, kafka, topic, long, batch_stop_s=0.5)) as stop:
        await asyncio.wait_for(begun.wait(), 20)
        stop.set()
        asked = time.monotonic()
    assert time.monotonic() - asked < 10
    assert await applied(stage) == []
    assert [
        r["next_offset"] for r in await stage.fetch("SELECT next_offset FROM consumer_offset WHERE partition = 0")
    ] == [0]
    async with running(a_consumer(stage, kafka, topic)):

        async def done() -> bool:
            return await applied(stage) == [(case, 1)]

        await until(done, what="the next one applying it")


async def test_told_to_stop_it_ends_the_batch_in_hand_and_begins_no_other(
    stage: Stage, kafka: KafkaServer, topic: Topic
):
    for partition in range(4):
        await send(kafka, topic, [an_event(uuid4(), 1)], partition=partition)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def waiting(conn: AsyncConnection, events: Sequence[Event]) -> None:
        await record_effect(conn, events)
        begun.set()
        await go_on.wait()

    async with running(a_consumer(stage, kafka, topic, waiting, few_records=0)) as stop:
        await asyncio.wait_for(begun.wait(), 20)
        stop.set()
        go_on.set()
    assert len(await applied(stage)) == 1


async def test_batches_of_as_many_partitions_as_it_may_are_under_way_side_by_side(
    stage: Stage, kafka: KafkaServer, topic: Topic
):
    for partition in range(4):
        await send(kafka, topic, [an_event(uuid4(), 1)], partition=partition)
    under_way, most, two = 0, 0, asyncio.Event()

    async def meeting(conn: AsyncConnection, events: Sequence[Event]) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        if under_way == 2:
            two.set()
        try:
            # Alone it waits in vain, again and again.
            await asyncio.wait_for(two.wait(), 5)
            await record_effect(conn, events)
        finally:
            under_way -= 1

    async def done() -> bool:
        return len(await applied(stage)) == 4

    async with running(a_consumer(stage, kafka, topic, meeting, partitions_at_once=2, few_records=0)):
        await until(done, what="all four partitions applied")
    assert most == 2


async def test_a_partition_is_read_on_while_the_batch_of_another_takes_its_time(
    stage: Stage, kafka: KafkaServer, topic: Topic
):
    slow, quick = uuid4(), uuid4()
    await send(kafka, topic, [an_event(slow, 1)], partition=0)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def waiting(conn: AsyncConnection, events: Sequence[Event]) -> None:
        if events[0].aggregate_id == slow:
            begun.set()
            await go_on.wait()
        await record_effect(conn, events)

    async with running(a_consumer(stage, kafka, topic, waiting, partitions_at_once=2)):
        await asyncio.wait_for(begun.wait(), 20)
        for version in (1, 2):
            await send(kafka, topic, [an_event(quick, version)], partition=1)

            async def read_on(known: int = version) -> bool:
                return await applied(stage) == [(quick, each) for each in range(1, known + 1)]

            await until(read_on, what="the other partition applied")
        go_on.set()

        async def done() -> bool:
            return len(await applied(stage)) == 3

        await until(done, what="all applied")


async def test_batches_of_one_partition_follow_each_other_while_another_partition_waits(
    stage: Stage, kafka: KafkaServer, topic: Topic
):
    kafka.need_kafka("the embedded broker hands out a partition at a time")
    cases = [uuid4(), uuid4()]
    for partition, case in enumerate(cases):
        await send(kafka, topic, [an_event(case, version) for version in range(1, 10)], partition=partition)
    sizes: list[int] = []
    failing = True

    async def at_first_away(conn: AsyncConnection, events: Sequence[Event]) -> None:
        nonlocal failing
        if failing and events[0].aggregate_id == cases[0]:
            failing = False
            raise OSError("the surroundings, once")
        sizes.append(len(events))
        await record_effect(conn, events)

    async def done() -> bool:
        return await applied(stage) == [(case, version) for case in sorted(cases) for version in range(1, 10)]

    async with running(
        a_consumer(stage, kafka, topic, at_first_away, partitions_at_once=2, max_records=2, retry_s=0.05)
    ):
        await until(done, what="both partitions applied")
    assert max(sizes) <= 2
    assert not failing
    assert await stage.fetch("SELECT 1 FROM parked_event") == []


async def test_seconds_behind_grow_while_the_handler_is_slow_and_end_at_nought(
    stage: Stage, kafka: KafkaServer, topic: Topic
):
    await send(kafka, topic, [an_event(uuid4(), 1)])
    go_on = asyncio.Event()

    async def waiting(conn: AsyncConnection, events: Sequence[Event]) -> None:
        await record_effect(conn, events)
        await go_on.wait()

    async with running(a_consumer(stage, kafka, topic, record_effect)):

        async def fresh() -> bool:
            return len(await applied(stage)) == 1 and gauge("seconds_behind", topic) == 0

        await until(fresh, what="nought seconds behind")
    async with running(a_consumer(stage, kafka, topic, waiting)):
        await send(kafka, topic, [an_event(uuid4(), 1)])

        async def behind() -> bool:
            return 0.5 < gauge("seconds_behind", topic) < 60

        await until(behind, what="seconds behind growing")
        go_on.set()

        async def fresh_again() -> bool:
            return len(await applied(stage)) == 2 and gauge("seconds_behind", topic) == 0

        await until(fresh_again, what="nought again")


async def test_a_version_that_stays_missing_is_an_error_once(stage: Stage, kafka: KafkaServer, topic: Topic):
    case = uuid4()
    with capture_logs() as logs:
        async with running(a_consumer(stage, kafka, topic, stale_gap_s=0.3)):
            await send(kafka, topic, [an_event(case, 2), an_event(case, 3)])

            async def reported() -> bool:
                return gauge("stale_gaps", topic) == 1

            await until(reported, what="the gap reported")
            assert gauge("parked_aggregates", topic) == 1
            await send(kafka, topic, [an_event(case, 1)])

            async def over() -> bool:
                return gauge("stale_gaps", topic) == 0

            await until(over, what="the gap filled")
    missing = [line for line in logs if line["event"] == "event_missing"]
    assert [(line["log_level"], line["aggregates"]) for line in missing] == [("error", 1)]


async def test_a_record_larger_than_a_fetch_is_parked_and_others_flow(stage: Stage, kafka: KafkaServer, topic: Topic):
    await send(kafka, topic, [an_event(uuid4(), 1)], value=b"x" * 900_000)
    await send(kafka, topic, [an_event(uuid4(), 1)])
    async with running(a_consumer(stage, kafka, topic, partition_fetch_bytes=64 * 1024)):

        async def flowed() -> bool:
            return len(await applied(stage)) == 1

        await until(flowed, what="the small one applied")
    [parked] = await stage.fetch("SELECT reason, detail FROM parked_event")
    assert (parked["reason"], "900000 bytes" in parked["detail"]) == ("malformed", True)


async def test_a_loop_blocked_for_longer_than_its_session_has_no_double_effect(
    stage: Stage, kafka: KafkaServer, topic: Topic
):
    kafka.need_kafka("the embedded broker does not take back a member whose session ran out")
    await stage.fetch("ALTER TABLE effect DROP CONSTRAINT effect_pkey")
    cases = [uuid4() for _ in range(4)]
    for partition, case in enumerate(cases):
        await send(kafka, topic, [an_event(case, version) for version in (1, 2)], partition=partition)
    blocked, stop_blocked = threading.Event(), threading.Event()

    async def block_once(conn: AsyncConnection, events: Sequence[Event]) -> None:
        await record_effect(conn, events)
        if not blocked.is_set():
            blocked.set()
            time.sleep(9)  # noqa: ASYNC251 - the fault itself

    async def apart() -> None:
        engine = create_engine(stage.app_url, application_name="blocked")
        stop = asyncio.Event()
        consumer = a_consumer(replace(stage, engine=engine), kafka, topic, block_once, session_timeout_s=6.0)
        task = asyncio.create_task(consumer.run(stop))
        await asyncio.to_thread(stop_blocked.wait, 60)
        stop.set()
        await task
        await engine.dispose()

    other = asyncio.create_task(asyncio.to_thread(asyncio.run, apart()))
    try:
        assert await asyncio.to_thread(blocked.wait, 20)
        async with running(a_consumer(stage, kafka, topic, session_timeout_s=6.0)):

            async def all_applied() -> bool:
                return len(await applied(stage)) >= 8

            await until(all_applied, what="everything applied")
            for partition, case in enumerate(cases):
                await send(kafka, topic, [an_event(case, 3)], partition=partition)

            async def go_on() -> bool:
                return len(await applied(stage)) >= 12

            await until(go_on, what="the group going on")
    finally:
        stop_blocked.set()
        await other
    assert await applied(stage) == sorted((case, version) for case in cases for version in (1, 2, 3))


async def test_a_group_that_begins_after_records_were_removed_is_fresh_and_healthy(
    stage: Stage, kafka: KafkaServer, topic: Topic
):
    kafka.need_kafka("the embedded broker can't delete records")
    await send(kafka, topic, [an_event(uuid4(), 1) for _ in range(5)])
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    await admin.delete_records({TopicPartition(topic.name, 0): RecordsToDelete(before_offset=5)})
    await admin.close()
    consumer = a_consumer(stage, kafka, topic, stuck_after_s=0.5)
    async with running(consumer):

        async def fresh() -> bool:
            seen = await stage.fetch("SELECT 1 FROM consumer_offset WHERE partition = 0 AND end_offset = 5")
            async with stage.engine.connect() as conn:
                found = await read_freshness(conn, group=f"group-{topic.name}")
            return bool(seen) and (found.seconds_behind, found.lag_records) == (0.0, 0)

        await until(fresh, what="freshness of nought with nothing to read")
        assert consumer._watch.stuck_for_s() == 0
        await send(kafka, topic, [an_event(uuid4(), 1)])

        async def flowed() -> bool:
            return len(await applied(stage)) == 1

        await until(flowed, what="the new event applied")


async def test_a_client_that_fetches_nothing_makes_the_consumer_unhealthy(
    stage: Stage, kafka: KafkaServer, topic: Topic, monkeypatch: pytest.MonkeyPatch
):
    async def nothing(
        _self: AIOKafkaConsumer, *_idle: TopicPartition, **_kwargs: object
    ) -> dict[TopicPartition, list[object]]:
        await asyncio.sleep(0.05)
        return {}

    monkeypatch.setattr(AIOKafkaConsumer, "getmany", nothing)
    await send(kafka, topic, [an_event(uuid4(), 1)])
    consumer = a_consumer(stage, kafka, topic, stuck_after_s=0.5)
    async with running(consumer):
        assert consumer.healthy()

        async def unhealthy() -> bool:
            return not consumer.healthy()

        await until(unhealthy, what="the watchdog noticing")


async def test_a_running_consumer_does_what_is_asked_about_parked_events(
    stage: Stage, kafka: KafkaServer, topic: Topic
):
    case, fixed, told = uuid4(), asyncio.Event(), []

    async def fails(conn: AsyncConnection, events: Sequence[Event]) -> None:
        if not fixed.is_set():
            raise LookupError("not yet")
        await record_effect(conn, events)

    async def after_commit(events: Sequence[Event]) -> None:
        told.extend(event.aggregate_version for event in events)

    consumer = a_consumer(stage, kafka, topic, fails)
    consumer._after_commit = after_commit
    await send(kafka, topic, [an_event(case, 1), an_event(case, 2)])
    async with running(consumer):

        async def parked() -> bool:
            return len(await stage.fetch("SELECT 1 FROM parked_event")) == 2

        await until(parked, what="both parked")
        fixed.set()
        async with stage.engine.begin() as conn:
            ids = await parked_store.parked_ids(conn)
            await parked_store.request(conn, ids[:1], action="replay", by="tester")

        async def done() -> bool:
            return await applied(stage) == [(case, 1), (case, 2)]

        await until(done, what="both applied")
    assert told == [1, 2]


class GrowsBetweenTwoLooks:
    """A client of a partition whose former owner reads and applies more records just after the first look."""

    def __init__(self) -> None:
        self._ends = iter((3, 28))
        self.sought: list[int] = []

    async def end_offsets(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, next(self._ends))

    async def beginning_offsets(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, 0)

    def seek(self, _partition: TopicPartition, offset: int) -> None:
        self.sought.append(offset)


async def test_a_partition_is_not_read_again_because_its_former_owner_read_on_meanwhile(stage: Stage):
    place, client = TopicPartition("a-topic", 0), GrowsBetweenTwoLooks()
    store = ConsumerStore("a-group")
    async with stage.engine.begin() as conn:
        await store.lock_offset(conn, *place)
        await store.advance(conn, {place: Reached(28)})
    seeking = SeekToDatabase(client, engine=stage.engine, group="a-group", positions={})
    with capture_logs() as logs:
        await seeking.on_partitions_assigned({place})
    assert client.sought == [28]
    assert not logs
