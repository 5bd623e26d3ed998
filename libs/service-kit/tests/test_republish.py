"""Archived events come once more, in order, in small pieces, and change nothing where they were applied."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from forkant_contracts import TOPICS, Event
from forkant_contracts.events.case import CaseAssessmentStarted
from forkant_devstack.testing.kafka_server import KafkaServer
from forkant_kit.consumer import EventConsumer
from forkant_kit.consumer_client import ConsumerConfig
from forkant_kit.outbox import append_events
from forkant_kit.relay import Relay
from forkant_kit.republish import Pace, Progress, RepublishingElsewhereError, Selection, count, republish
from forkant_kit.republish_command import main, selection_of
from forkant_kit.testing import Stage, an_event, until
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

START = datetime(2026, 3, 1, tzinfo=UTC)


async def archive(stage: Stage, *events: Event) -> None:
    """Write events that were published long ago."""
    async with stage.engine.begin() as conn:
        await append_events(conn, events)
    await stage.fetch("DELETE FROM outbox")


def at(days: int, case: UUID, version: int) -> Event:
    moment = START + timedelta(days=days)
    return replace_times(an_event(case, version), moment)


def replace_times(event: Event, moment: datetime) -> Event:
    return event.model_copy(update={"occurred_at": moment, "recorded_at": moment})


async def queued(stage: Stage) -> list[tuple[UUID, int]]:
    rows = await stage.fetch(
        "SELECT aggregate_id, aggregate_version FROM outbox JOIN event_archive USING (event_id) ORDER BY seq"
    )
    return [tuple(row) for row in rows]


async def again(stage: Stage, pace: Pace | None = None, **selection: object) -> int:
    return await republish(database_url=stage.app_url, selection=Selection(**selection), pace=pace)


async def test_events_come_by_time_but_never_a_version_before_the_one_below_it(stage: Stage):
    first, second = uuid4(), uuid4()
    # The second version bears an earlier time, since another process with a slow clock wrote it.
    await archive(stage, at(5, first, 1), at(2, first, 2), at(9, first, 3), at(3, second, 1), at(7, second, 2))
    assert await again(stage, since=START) == 5
    assert await queued(stage) == [(second, 1), (first, 1), (first, 2), (second, 2), (first, 3)]


@pytest.mark.parametrize("chunk", [1, 2, 1000])
async def test_the_size_of_the_pieces_changes_nothing(stage: Stage, chunk: int):
    cases = [uuid4() for _ in range(4)]
    await archive(stage, *[at(version, case, version) for version in (1, 2, 3) for case in cases])
    assert await again(stage, Pace(chunk=chunk, backlog=100), since=START) == 12
    for case in cases:
        assert [version for each, version in await queued(stage) if each == case] == [1, 2, 3]


async def test_a_selection_narrows_by_aggregate_and_time_and_topic(stage: Stage):
    case, other = uuid4(), uuid4()
    await archive(stage, at(1, case, 1), at(2, case, 2), at(2, other, 1), at(3, case, 3))
    assert await count(database_url=stage.app_url, selection=Selection(aggregate_id=case)) == 3
    day = timedelta(days=1)
    chosen = {"since": START + 2 * day, "until": START + 3 * day}
    assert await again(stage, **chosen, topic="forkant.case.v1") == 2
    assert await queued(stage) == sorted([(case, 2), (other, 1)])
    assert await again(stage, **chosen, topic="forkant.concern.v1") == 0


async def test_it_waits_while_much_is_queued_so_that_new_events_are_not_kept_waiting(stage: Stage):
    await archive(stage, *[at(1, uuid4(), 1) for _ in range(50)])
    most = 0

    async def publish() -> None:
        nonlocal most
        while True:
            [row] = await stage.fetch("SELECT count(*) AS n FROM outbox")
            most = max(most, row["n"])
            await stage.fetch("DELETE FROM outbox WHERE seq = (SELECT min(seq) FROM outbox)")

    relay = asyncio.create_task(publish())
    assert await again(stage, Pace(chunk=5, backlog=10, pause_s=0.001), since=START) == 50
    relay.cancel()
    await asyncio.gather(relay, return_exceptions=True)
    assert 0 < most < 10 + 5


async def test_no_transaction_stays_open_while_it_waits(stage: Stage):
    await archive(stage, *[at(1, uuid4(), 1) for _ in range(10)])
    waiting = asyncio.Event()

    def say(progress: Progress) -> None:
        if progress.waiting:
            waiting.set()

    task = asyncio.create_task(
        republish(database_url=stage.app_url, selection=Selection(since=START), pace=Pace(chunk=2, backlog=2), say=say)
    )
    await asyncio.wait_for(waiting.wait(), 20)
    rows = await stage.fetch(
        "SELECT state FROM pg_stat_activity WHERE application_name = 'republish' AND datname = current_database()"
        " AND (backend_xmin IS NOT NULL AND state <> 'active' OR state LIKE 'idle in transaction%')"
    )
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert rows == []


async def test_stopped_and_repeated_it_leaves_nothing_out(stage: Stage):
    case = uuid4()
    await archive(stage, *[at(version, case, version) for version in range(1, 11)])

    def stop(progress: Progress) -> None:
        if progress.queued == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await republish(database_url=stage.app_url, selection=Selection(since=START), pace=Pace(chunk=2), say=stop)
    await again(stage, since=START)
    assert [version for _, version in await queued(stage)] == [1, 2, 3, 4, *range(1, 11)]


async def test_two_at_once_are_refused(stage: Stage):
    holder = await asyncpg.connect(stage.app_url)
    try:
        await holder.fetchval("SELECT pg_advisory_lock(hashtext('forkant-republish'))")
        with pytest.raises(RepublishingElsewhereError, match="wait"):
            await again(stage, since=START)
    finally:
        await holder.close()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "--since"),
        ({"since": "soon"}, "2026-01-31"),
        ({"since": "2026-01-01", "topic": "forkant.cakes.v1"}, "forkant.case.v1"),
        ({"since": "2026-01-01", "aggregate": uuid4()}, "either"),
    ],
)
def test_a_selection_that_makes_no_sense_is_refused_with_what_to_give(given: dict[str, object], told: str):
    with pytest.raises(ValueError, match=told):
        selection_of(**{"aggregate": None, "since": None, "until": None, "topic": None, **given})


def test_times_are_utc_unless_they_say_otherwise():
    chosen = selection_of(aggregate=None, since="2026-01-31", until="2026-02-01T12:00:00+01:00", topic=None)
    assert chosen.since == datetime(2026, 1, 31, tzinfo=UTC)
    assert chosen.until == datetime(2026, 2, 1, 11, tzinfo=UTC)


async def test_the_command_counts_and_queues(stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys):
    await archive(stage, at(1, uuid4(), 1), at(2, uuid4(), 1))
    monkeypatch.setenv("FORKANT_DATABASE_URL", stage.app_url)
    assert await asyncio.to_thread(main, "case_service", ["--since", "2026-03-03", "--dry-run"]) == 0
    assert "1 events would be" in capsys.readouterr().out
    assert await queued(stage) == []
    assert await asyncio.to_thread(main, "case_service", ["--since", "2026-01-01"]) == 0
    assert "2 events are queued" in capsys.readouterr().out
    assert len(await queued(stage)) == 2


@pytest.mark.kafka
async def test_repeats_change_nothing_and_a_group_that_begins_anew_gets_everything(
    stage: Stage, kafka: KafkaServer, monkeypatch: pytest.MonkeyPatch
):
    topic = await kafka.new_topic("republish", partitions=4)
    monkeypatch.setitem(TOPICS, topic.name, topic)
    monkeypatch.setattr(CaseAssessmentStarted, "TOPIC", topic.name)
    cases = [uuid4() for _ in range(10)]
    # As after Kafka's retention: the archive has it, Kafka does not.
    await archive(stage, *[at(version, case, version) for version in range(1, 6) for case in cases])
    await stage.fetch("ALTER TABLE effect DROP CONSTRAINT effect_pkey")
    insert = text("INSERT INTO effect (aggregate_id, version) VALUES (:a, :v)")

    async def apply(conn: AsyncConnection, events: Sequence[Event]) -> None:
        for event in events:
            await conn.execute(insert, {"a": event.aggregate_id, "v": event.aggregate_version})

    async def applied() -> list[tuple[UUID, int]]:
        return [tuple(row) for row in await stage.fetch("SELECT aggregate_id, version FROM effect")]

    relay = Relay(
        engine=stage.engine, database_url=stage.app_url, kafka_bootstrap=kafka.bootstrap, owner="relay", topics=[topic]
    )
    consumer = EventConsumer(
        engine=stage.engine,
        kafka_bootstrap=kafka.bootstrap,
        group=f"group-{topic.name}",
        topics=[topic.name],
        apply=apply,
        config=ConsumerConfig(observe_every_s=0.2),
    )
    stop = asyncio.Event()
    tasks = [asyncio.create_task(each.run(stop)) for each in (relay, consumer)]
    try:
        assert await again(stage, Pace(chunk=7, backlog=10), since=START) == 50

        async def all_there() -> bool:
            return len(await applied()) >= 50

        await until(all_there, what="everything applied")
        # Live events and repeats together.
        live = [an_event(case, 6) for case in cases]
        writing = asyncio.create_task(write_one_by_one(stage, live))
        assert await again(stage, Pace(chunk=7, backlog=10), since=START) >= 50
        await writing

        async def live_there() -> bool:
            return len(await applied()) >= 60

        await until(live_there, what="the live events applied")

        async def drained() -> bool:
            rows = await stage.fetch(
                "SELECT 1 FROM outbox UNION ALL SELECT 1 FROM consumer_offset WHERE next_offset < end_offset LIMIT 1"
            )
            return not rows

        await until(drained, what="all repeats read")
    finally:
        stop.set()
        await asyncio.wait_for(asyncio.gather(*tasks), 20)
    assert sorted(await applied()) == sorted((case, version) for case in cases for version in range(1, 7))
    assert not await stage.fetch("SELECT 1 FROM parked_event WHERE status = 'parked'")


async def write_one_by_one(stage: Stage, events: Sequence[Event]) -> None:
    for event in events:
        async with stage.engine.begin() as conn:
            await append_events(conn, [event])
