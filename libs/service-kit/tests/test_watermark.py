"""Freshness knows of what is committed and not yet published, without asking the service that publishes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from aiokafka import TopicPartition
from forkant_contracts import TOPICS, Event, Topic
from forkant_contracts.events.case import CaseAssessmentStarted
from forkant_devstack.testing.kafka_server import KafkaServer
from forkant_kit.consumer import EventConsumer
from forkant_kit.consumer_client import ConsumerConfig
from forkant_kit.freshness import Freshness, read_freshness
from forkant_kit.outbox import append_events
from forkant_kit.relay import Relay
from forkant_kit.testing import Stage, an_event, until
from forkant_kit.watermark import WatermarkPublisher, WatermarkReader
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

pytestmark = pytest.mark.kafka
INSERT = text("INSERT INTO effect (aggregate_id, version) VALUES (:a, :v)")
KNOWN_WITHIN_S = 1.0
# A service's name has no digits.
LETTERS = str.maketrans("0123456789", "ghijklmnop")


class Flow:
    """A producing and a consuming service on one topic, whose parts run or stand still as a test needs it."""

    def __init__(self, stage: Stage, kafka: KafkaServer, topic: Topic) -> None:
        self.stage, self.kafka, self.topic = stage, kafka, topic
        self.go_on = asyncio.Event()
        self.go_on.set()

    def relay(self) -> Relay:
        return Relay(
            engine=self.stage.engine,
            database_url=self.stage.app_url,
            kafka_bootstrap=self.kafka.bootstrap,
            owner=f"relay/{uuid4()}",
            topics=[self.topic],
        )

    def publisher(self) -> WatermarkPublisher:
        return WatermarkPublisher(
            engine=self.stage.engine,
            kafka_bootstrap=self.kafka.bootstrap,
            service=self.topic.producer,
            topics=[self.topic],
            every_s=0.1,
        )

    def consumer(self) -> EventConsumer:
        return EventConsumer(
            engine=self.stage.engine,
            kafka_bootstrap=self.kafka.bootstrap,
            group="readers",
            topics=[self.topic.name],
            apply=self.apply,
            config=ConsumerConfig(observe_every_s=0.1, poll_s=0.1),
        )

    async def apply(self, conn: AsyncConnection, events: Sequence[Event]) -> None:
        await self.go_on.wait()
        for event in events:
            await conn.execute(INSERT, {"a": event.aggregate_id, "v": event.aggregate_version})

    async def write(self) -> Event:
        event = an_event(uuid4(), 1).model_copy(update={"source": f"/{self.topic.producer}"})
        async with self.stage.engine.begin() as conn:
            await append_events(conn, [event])
        return event

    async def applied(self) -> int:
        return (await self.stage.fetch("SELECT count(*) AS n FROM effect"))[0]["n"]

    async def freshness(self) -> Freshness:
        async with self.stage.engine.connect() as conn:
            return await read_freshness(conn, group="readers", reports_every_s=KNOWN_WITHIN_S)

    async def proven_in_all(self) -> bool:
        rows = await self.stage.fetch("SELECT 1 FROM consumer_offset WHERE proven_before IS NOT NULL")
        return len(rows) == self.topic.partitions

    async def fresh(self) -> bool:
        return await self.proven_in_all() and (await self.freshness()).seconds_behind == 0

    async def behind_by_more_than_usual(self) -> bool:
        return ((await self.freshness()).seconds_behind or 0) > 2 * KNOWN_WITHIN_S


@pytest.fixture
def flow(stage: Stage, kafka: KafkaServer, topic: Topic, monkeypatch: pytest.MonkeyPatch) -> Flow:
    # A producer of the test's own: the statements of others are none of its business.
    own = Topic(
        name=topic.name,
        description=topic.description,
        partitions=topic.partitions,
        retention_ms=topic.retention_ms,
        producer=f"producer-{uuid4().hex[:8].translate(LETTERS)}",
        consumers=(),
    )
    monkeypatch.setitem(TOPICS, own.name, own)
    monkeypatch.setattr(CaseAssessmentStarted, "TOPIC", own.name)
    return Flow(stage, kafka, own)


@asynccontextmanager
async def running(*parts: Relay | EventConsumer | WatermarkPublisher) -> AsyncIterator[None]:
    stop = asyncio.Event()
    tasks = [asyncio.create_task(part.run(stop)) for part in parts]
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(asyncio.gather(*tasks), 20)


async def test_a_quiet_flow_is_fresh_and_its_watermark_moves_on(flow: Flow):
    async with running(flow.relay(), flow.publisher(), flow.consumer()):
        await until(flow.fresh, what="nought seconds behind")
        first = (await flow.freshness()).watermark
        assert first is not None

        async def moved_on() -> bool:
            found = await flow.freshness()
            return found.watermark is not None and found.watermark > first and found.seconds_behind == 0

        await until(moved_on, what="the watermark moving on")


async def test_an_outbox_that_stands_still_makes_the_figures_stale(flow: Flow):
    async with running(flow.publisher(), flow.consumer()):
        await until(flow.fresh, what="nought seconds behind")
        event = await flow.write()
        await until(flow.behind_by_more_than_usual, what="seconds behind growing")
        watermark = (await flow.freshness()).watermark
        assert watermark is not None
        assert watermark <= event.recorded_at
        async with running(flow.relay()):

            async def caught_up() -> bool:
                found = await flow.freshness()
                return await flow.applied() == 1 and found.seconds_behind == 0 and found.watermark > event.recorded_at

            await until(caught_up, what="published, applied and fresh again")


async def test_a_worker_that_states_nothing_any_more_makes_the_figures_stale(flow: Flow):
    async with running(flow.relay(), flow.consumer()):
        async with running(flow.publisher()):
            await until(flow.fresh, what="nought seconds behind")
        await until(flow.behind_by_more_than_usual, what="seconds behind growing")


async def test_what_is_published_and_not_applied_is_not_proven(flow: Flow):
    async with running(flow.relay(), flow.publisher(), flow.consumer()):
        await until(flow.fresh, what="nought seconds behind")
        flow.go_on.clear()
        event = await flow.write()
        await until(flow.behind_by_more_than_usual, what="seconds behind growing")
        rows = await flow.stage.fetch("SELECT min(proven_before) AS proven FROM consumer_offset")
        assert rows[0]["proven"] <= event.recorded_at
        flow.go_on.set()
        await until(flow.fresh, what="fresh again")


async def test_a_producer_that_states_nothing_leaves_freshness_as_kafka_tells_it(flow: Flow):
    async with running(flow.relay(), flow.consumer()):
        await flow.write()

        async def fresh() -> bool:
            return await flow.applied() == 1 and (await flow.freshness()).seconds_behind == 0

        await until(fresh, what="nought seconds behind")
    assert not await flow.proven_in_all()


async def test_a_partition_with_waiting_events_is_stated_no_later_than_the_first_of_them(flow: Flow):
    event = await flow.write()
    [row] = await flow.stage.fetch("SELECT partition FROM outbox")
    reader = WatermarkReader(kafka_bootstrap=flow.kafka.bootstrap)
    places = [TopicPartition(flow.topic.name, number) for number in range(flow.topic.partitions)]
    stated: dict[TopicPartition, tuple[int, datetime]] = {}

    async def all_stated() -> bool:
        stated.update(await reader.read(places))
        return len(stated) == len(places)

    async with running(flow.publisher()):
        await until(all_stated, what="statements about every partition")
    await reader.close()
    for place, (offset, moment) in stated.items():
        assert offset == 0
        assert (moment <= event.recorded_at) == (place.partition == row["partition"])


async def test_a_statement_is_proven_only_when_the_position_has_reached_its_offset(flow: Flow):
    watch = flow.consumer()._watch
    place = TopicPartition(flow.topic.name, 0)
    early, late = datetime(2026, 3, 1, 12, tzinfo=UTC), datetime(2026, 3, 1, 13, tzinfo=UTC)
    watch.positions[place] = 3
    watch._weigh({place: (5, early)})
    watch._weigh({place: (9, late)})
    assert watch._proven == {}
    watch.positions[place] = 8
    watch._weigh({})
    assert watch._proven == {place: early}
    # A topic made anew ends lower; what was said of the former one says nothing of this one.
    watch.positions[place] = 1
    watch._weigh({place: (2, late)})
    assert watch._proven == {place: early}
    watch.positions[place] = 2
    watch._weigh({})
    assert watch._proven == {place: late}
