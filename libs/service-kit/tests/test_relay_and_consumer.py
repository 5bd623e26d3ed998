import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaProducer
from forkant_contracts import Event, Topic
from forkant_contracts.codec import encode
from forkant_devstack.testing.kafka_server import KafkaServer
from forkant_kit.consumer import EventConsumer
from forkant_kit.consumer_client import ConsumerConfig
from forkant_kit.freshness import read_freshness
from forkant_kit.outbox import append_events, partition_of
from forkant_kit.relay import Relay, RelayConfig
from forkant_kit.testing import Stage, an_event, until
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

pytestmark = pytest.mark.kafka
INSERT = text("INSERT INTO effect (aggregate_id, version) VALUES (:a, :v)")


async def record_effect(conn: AsyncConnection, events: Sequence[Event]) -> None:
    for event in events:
        await conn.execute(INSERT, {"a": event.aggregate_id, "v": event.aggregate_version})


@asynccontextmanager
async def running(runner: Relay | EventConsumer) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(runner.run(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 20)


def a_relay(stage: Stage, kafka: KafkaServer, topic: Topic, owner: str = "relay-1", **config: float) -> Relay:
    return Relay(
        engine=stage.engine,
        database_url=stage.app_url,
        kafka_bootstrap=kafka.bootstrap,
        owner=owner,
        topics=[topic],
        config=replace(RelayConfig(), **config),
    )


def a_consumer(stage: Stage, kafka: KafkaServer, topic: Topic, apply=record_effect) -> EventConsumer:
    return EventConsumer(
        engine=stage.engine,
        kafka_bootstrap=kafka.bootstrap,
        group=f"group-{topic.name}",
        topics=[topic.name],
        apply=apply,
        config=ConsumerConfig(observe_every_s=0.2),
    )


async def write(stage: Stage, *events: Event) -> None:
    async with stage.engine.begin() as conn:
        await append_events(conn, events)


async def outbox_is_empty(stage: Stage) -> bool:
    return not await stage.fetch("SELECT 1 FROM outbox LIMIT 1")


async def versions_of(stage: Stage, aggregate: UUID) -> list[int]:
    rows = await stage.fetch("SELECT version FROM effect WHERE aggregate_id = $1 ORDER BY version", aggregate)
    return [row["version"] for row in rows]


async def send_raw(kafka: KafkaServer, topic: Topic, events: Sequence[Event], *, value: bytes | None = None) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, enable_idempotence=True)
    await producer.start()
    for event in events:
        message = encode(event)
        await producer.send_and_wait(
            topic.name,
            value if value is not None else message.value,
            key=message.key,
            headers=message.headers,
            partition=partition_of(message.key, topic.partitions),
        )
    await producer.stop()


async def test_what_is_committed_is_applied_once_in_order(stage: Stage, kafka: KafkaServer, registered: Topic):
    cases = [uuid4() for _ in range(20)]
    async with running(a_relay(stage, kafka, registered)), running(a_consumer(stage, kafka, registered)):
        for version in range(1, 6):
            await write(stage, *[an_event(case, version) for case in cases])

        async def all_applied() -> bool:
            return (await stage.fetch("SELECT count(*) AS n FROM effect"))[0]["n"] == 100

        await until(all_applied, what="100 events applied")
        await until(lambda: outbox_is_empty(stage), what="the outbox empty")


async def test_a_transaction_that_rolls_back_publishes_nothing(stage: Stage):
    with pytest.raises(RuntimeError):  # noqa: PT012 - the transaction is what raises
        async with stage.engine.begin() as conn:
            await append_events(conn, [an_event(uuid4(), 1)])
            raise RuntimeError
    assert await outbox_is_empty(stage)
    assert not await stage.fetch("SELECT 1 FROM event_archive")


async def test_a_second_relay_takes_over_from_one_that_vanished(stage: Stage, kafka: KafkaServer, registered: Topic):
    gone = a_relay(stage, kafka, registered, "relay-gone", lease_ttl_s=1.0)
    stop = asyncio.Event()
    task = asyncio.create_task(gone.run(stop))
    case = uuid4()
    await write(stage, an_event(case, 1))
    await until(lambda: outbox_is_empty(stage), what="the first relay publishing")
    await stage.fetch("UPDATE relay_lease SET expires_at = clock_timestamp() - interval '1 s'")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with running(a_relay(stage, kafka, registered, "relay-heir", lease_ttl_s=1.0, lease_renew_s=0.2)):
        await write(stage, an_event(case, 2))
        await until(lambda: outbox_is_empty(stage), what="the heir publishing")


async def test_a_relay_with_an_old_epoch_removes_nothing(stage: Stage, kafka: KafkaServer, registered: Topic):
    relay = a_relay(stage, kafka, registered, lanes=1)
    await relay._book.seed()
    await relay._refresh_leases(time.monotonic())
    await write(stage, an_event(uuid4(), 1))
    await stage.fetch("UPDATE relay_lease SET epoch = epoch + 1, owner = 'somebody-else'")
    [lane] = relay._lanes
    sent, _ = await relay._round(lane)
    await lane.close()
    assert sent == 1
    assert not await outbox_is_empty(stage)


async def test_two_relays_share_the_partitions(stage: Stage, kafka: KafkaServer, registered: Topic):
    async with (
        running(a_relay(stage, kafka, registered, "relay-a", lease_renew_s=0.1)),
        running(a_relay(stage, kafka, registered, "relay-b", lease_renew_s=0.1)),
    ):

        async def shared() -> bool:
            rows = await stage.fetch("SELECT owner, count(*) AS n FROM relay_lease GROUP BY owner")
            return {(r["owner"], r["n"]) for r in rows} == {("relay-a", 2), ("relay-b", 2)}

        await until(shared, what="two partitions each")


async def test_repeats_and_gaps_change_nothing_until_the_gap_is_filled(
    stage: Stage, kafka: KafkaServer, registered: Topic
):
    case = uuid4()
    first, second, third = (an_event(case, version) for version in (1, 2, 3))
    async with running(a_consumer(stage, kafka, registered)):
        await send_raw(kafka, registered, [first, first, third])

        async def parked() -> bool:
            return bool(await stage.fetch("SELECT 1 FROM parked_event WHERE reason = 'gap' AND status = 'parked'"))

        await until(parked, what="the third version parked")
        assert await versions_of(stage, case) == [1]
        await send_raw(kafka, registered, [second])

        async def caught_up() -> bool:
            return await versions_of(stage, case) == [1, 2, 3]

        await until(caught_up, what="all three applied")
        assert not await stage.fetch("SELECT 1 FROM parked_event WHERE status = 'parked'")


async def test_a_poison_record_is_parked_and_others_flow(stage: Stage, kafka: KafkaServer, registered: Topic):
    poisoned, healthy = uuid4(), uuid4()
    async with running(a_consumer(stage, kafka, registered)):
        await send_raw(kafka, registered, [an_event(poisoned, 1)], value=b"\x00\xffpoison")
        await send_raw(kafka, registered, [an_event(poisoned, 2), an_event(healthy, 1)])

        async def both_parked() -> bool:
            rows = await stage.fetch("SELECT reason FROM parked_event WHERE aggregate_id = $1 ORDER BY id", poisoned)
            return [r["reason"] for r in rows] == ["malformed", "behind_parked"]

        await until(both_parked, what="the poison and its follower parked")

        async def other_flowed() -> bool:
            return await versions_of(stage, healthy) == [1]

        await until(other_flowed, what="the healthy aggregate applied")


async def test_a_handler_that_fails_on_one_event_parks_that_aggregate_alone(
    stage: Stage, kafka: KafkaServer, registered: Topic
):
    bad, good = uuid4(), uuid4()

    async def picky(conn: AsyncConnection, events: Sequence[Event]) -> None:
        if any(event.aggregate_id == bad for event in events):
            raise LookupError("a secret that must not be stored")
        await record_effect(conn, events)

    async with running(a_consumer(stage, kafka, registered, picky)):
        await send_raw(kafka, registered, [an_event(bad, 1), an_event(good, 1), an_event(bad, 2), an_event(good, 2)])

        async def settled() -> bool:
            rows = await stage.fetch("SELECT reason FROM parked_event WHERE aggregate_id = $1 ORDER BY id", bad)
            return len(rows) == 2 and await versions_of(stage, good) == [1, 2]

        await until(settled, what="the bad aggregate parked, the good one applied")
    details = await stage.fetch("SELECT detail FROM parked_event")
    assert all("secret" not in row["detail"] for row in details)


async def test_freshness_counts_what_is_not_applied_and_reaches_zero(
    stage: Stage, kafka: KafkaServer, registered: Topic
):
    case = uuid4()
    async with running(a_consumer(stage, kafka, registered)):
        await send_raw(kafka, registered, [an_event(case, 1)])

        async def fresh() -> bool:
            async with stage.engine.connect() as conn:
                found = await read_freshness(conn, group=f"group-{registered.name}")
            return found.seconds_behind == 0.0 and await versions_of(stage, case) == [1]

        await until(fresh, what="freshness of zero")


async def test_offsets_roll_back_with_the_effect(stage: Stage, kafka: KafkaServer, registered: Topic):
    case = uuid4()
    failures = [OSError("database away"), OSError("database away")]

    async def flaky(conn: AsyncConnection, events: Sequence[Event]) -> None:
        await record_effect(conn, events)
        if failures:
            raise failures.pop()

    async with running(a_consumer(stage, kafka, registered, flaky)):
        await send_raw(kafka, registered, [an_event(case, 1)])

        async def applied() -> bool:
            return await versions_of(stage, case) == [1]

        await until(applied, what="the event applied after two failures")
    assert not await stage.fetch("SELECT 1 FROM parked_event")
