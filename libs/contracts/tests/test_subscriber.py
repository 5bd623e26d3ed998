"""The subscriber helper: in order, at least once, repeats dropped, the unknown counted, the malformed told of."""

import asyncio
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from forkant_contracts import TOPICS, Event, EventData, Topic, encode, subscriber
from forkant_contracts.codes import (
    AgeBand,
    CaseType,
    ErasureBasis,
    LegalBasis,
    PurposeCode,
    SubjectCategory,
    Theme,
)
from forkant_contracts.events.case import CaseActivated, CaseAssessmentStarted, CaseErased, CaseOpened
from forkant_contracts.subscriber import MalformedRecord, Subscription, Versions, subscribe
from forkant_devstack.stack.ports import DEFAULT_PORTS
from forkant_devstack.testing.kafka_server import KafkaServer
from forkant_kit.testing import until

README = Path(__file__).parents[1] / "README.md"
DEADLINE_S = 30
PAINTED = "no.forkant.case.painted.v1"
OPENED = CaseOpened(
    case_type=CaseType.PLACE,
    theme=Theme.VANDALISM,
    age_band=AgeBand.NOT_APPLICABLE,
    subject_category=SubjectCategory.NOT_APPLICABLE,
    purpose_code=PurposeCode.PUBLIC_SAFETY,
    legal_basis=LegalBasis.POLICE_ACT,
)


def an_event(
    aggregate: UUID, version: int, data: EventData | None = None, *, unit: str = "oslo", source: str = "/test"
) -> Event:
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    return Event(
        id=uuid4(),
        source=source,
        aggregate_id=aggregate,
        aggregate_version=version,
        unit=unit,
        occurred_at=moment,
        recorded_at=moment,
        data=data or CaseAssessmentStarted(),
    )


async def publish(
    kafka: KafkaServer, topic: str, events: Sequence[Event | bytes], *, event_type: str | None = None
) -> None:
    """Publish events, of another type if one is given, and bytes that are none."""
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap) as producer:
        for event in events:
            if isinstance(event, bytes):
                await producer.send_and_wait(topic, event)
                continue
            message = encode(event)
            headers = message.headers
            if event_type is not None:
                headers = [(name, event_type.encode() if name == "ce_type" else raw) for name, raw in headers]
            await producer.send_and_wait(topic, message.value, key=message.key, headers=headers)


@pytest.fixture
async def topic(kafka: KafkaServer, monkeypatch: pytest.MonkeyPatch) -> Topic:
    made = await kafka.new_topic("subscriber", partitions=3)
    monkeypatch.setitem(TOPICS, made.name, made)
    for model in (CaseAssessmentStarted, CaseErased, CaseOpened):
        monkeypatch.setattr(model, "TOPIC", made.name)
    return made


@pytest.fixture
def reading(kafka: KafkaServer, topic: Topic):
    """Subscribe to the test's topic."""

    def start(**changes) -> Subscription:
        return subscribe(bootstrap=kafka.bootstrap, client="tester", group=topic.name, topics=[topic.name], **changes)

    return start


async def take(events: Subscription, count: int) -> list[Event]:
    async with asyncio.timeout(DEADLINE_S):
        return [await anext(events) for _ in range(count)]


def seen(events: Sequence[Event]) -> dict[UUID, list[int]]:
    found: dict[UUID, list[int]] = {}
    for event in events:
        found.setdefault(event.aggregate_id, []).append(event.aggregate_version)
    return found


@pytest.mark.kafka
async def test_events_come_typed_and_in_order_and_repeats_are_dropped(kafka, topic, reading):
    first, second = uuid4(), uuid4()
    sent = [an_event(first, 1, OPENED), an_event(second, 1), an_event(first, 2), an_event(second, 2)]
    await publish(kafka, topic.name, [*sent, sent[0], sent[2], an_event(first, 3), an_event(second, 3)])
    async with reading() as events:
        got = await take(events, 6)
        assert seen(got) == {first: [1, 2, 3], second: [1, 2, 3]}
        assert next(event for event in got if event.aggregate_id == first).data == OPENED
        assert events.repeats == 2


@pytest.mark.kafka
async def test_unknown_types_are_counted_and_malformed_records_told_of(kafka, topic, reading):
    aggregate, told = uuid4(), []
    await publish(kafka, topic.name, [b"not an event", an_event(aggregate, 1)])
    await publish(kafka, topic.name, [an_event(aggregate, 2)], event_type=PAINTED)
    await publish(kafka, topic.name, [an_event(aggregate, 3)])
    async with reading(on_malformed=told.append) as events:
        assert seen(await take(events, 2)) == {aggregate: [1, 3]}
        while not told:
            await publish(kafka, topic.name, [an_event(uuid4(), 1)])
            await take(events, 1)
        assert events.unknown_types == {PAINTED: 1}
        assert events.malformed == 1
    [record] = told
    assert isinstance(record, MalformedRecord)
    assert (record.topic, record.value, record.reason) == (topic.name, b"not an event", "specversion must be 1.0")


@pytest.mark.kafka
async def test_what_is_not_the_producers_is_told_of_and_moves_no_version(kafka, topic, reading):
    aggregate, told = uuid4(), []
    forged = [an_event(aggregate, 1, source="urn:forkant:indicator-service"), an_event(aggregate, 1, CaseActivated())]
    # One key, and so one partition: what is forged is read before what is real.
    await publish(kafka, topic.name, forged)
    await publish(kafka, topic.name, [an_event(aggregate, 40, source="/somebody")], event_type=PAINTED)
    await publish(kafka, topic.name, [an_event(aggregate, 1), an_event(aggregate, 2)])
    async with reading(on_malformed=told.append) as events:
        assert seen(await take(events, 2)) == {aggregate: [1, 2]}
        assert (events.malformed, events.repeats, events.unknown_types) == (3, 0, {})
    assert [record.reason for record in told] == [
        f"the source is not test, which alone writes {topic.name}",
        f"the type is not one of test, which alone writes {topic.name}",
        f"the source is not test, which alone writes {topic.name}",
    ]


@pytest.mark.kafka
async def test_what_was_not_handled_comes_again(kafka, topic, reading):
    aggregate = uuid4()
    await publish(kafka, topic.name, [an_event(aggregate, version) for version in range(1, 6)])

    async def fail_at(version: int) -> list[int]:
        handled = []
        async with asyncio.timeout(DEADLINE_S), reading() as events:
            async for event in events:
                if event.aggregate_version == version:
                    raise RuntimeError("the body failed")
                handled.append(event.aggregate_version)
        return handled

    for version in (1, 3, 3):
        with pytest.raises(RuntimeError, match="the body failed"):
            await fail_at(version)
    async with reading() as events:
        assert seen(await take(events, 3)) == {aggregate: [3, 4, 5]}
        await events.commit()
    await publish(kafka, topic.name, [an_event(aggregate, 6)])
    async with reading() as events:
        assert seen(await take(events, 1)) == {aggregate: [6]}


@pytest.mark.kafka
async def test_versions_that_are_kept_drop_repeats_after_a_restart(kafka, topic, reading):
    aggregate, kept = uuid4(), {}
    await publish(kafka, topic.name, [an_event(aggregate, 1), an_event(aggregate, 2)])
    async with reading(versions=kept) as events:
        await take(events, 2)
        await events.commit()
    await publish(kafka, topic.name, [an_event(aggregate, 1), an_event(aggregate, 2), an_event(aggregate, 3)])
    async with reading(versions=kept) as events:
        assert seen(await take(events, 1)) == {aggregate: [3]}
        assert events.repeats == 2


@pytest.mark.kafka
async def test_two_processes_of_a_group_share_the_work_and_miss_nothing(kafka, topic, reading):
    kafka.need_kafka("the embedded broker refuses the sync of a member that leads a group anew")
    aggregates = [uuid4() for _ in range(12)]
    sent = [an_event(aggregate, version) for version in range(1, 5) for aggregate in aggregates]
    half = len(sent) // 2
    got: list[Event] = []

    async def read(name: str, joined: asyncio.Event) -> None:
        async with reading(client_id=name) as events:
            joined.set()
            while True:
                got.append(await anext(events))

    async def all_came() -> bool:
        assert not first.done()
        assert not second.done()
        had = {(event.aggregate_id, event.aggregate_version) for event in got}
        return {(event.aggregate_id, event.aggregate_version) for event in sent} <= had

    first_in, second_in = asyncio.Event(), asyncio.Event()
    await publish(kafka, topic.name, sent[:half])
    first = asyncio.create_task(read("first", first_in))
    await asyncio.wait_for(first_in.wait(), DEADLINE_S)
    second = asyncio.create_task(read("second", second_in))
    await asyncio.wait_for(second_in.wait(), DEADLINE_S)
    await publish(kafka, topic.name, sent[half:])
    await until(all_came, what="every event was given to one of the two")
    for task in (first, second):
        task.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    for versions in seen(got).values():
        new = [v for place, v in enumerate(versions) if v > max(versions[:place], default=0)]
        assert new == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"topics": ["forkant.typo.v1"]}, "no such topic: forkant.typo.v1"), ({"client": "a.b"}, "can't name a client")],
)
def test_a_subscription_that_cannot_be_is_refused(change, reason):
    with pytest.raises(ValueError, match=reason):
        subscribe(**{"bootstrap": "127.0.0.1:1", "client": "tester", **change})


async def test_a_subscription_must_be_entered_first():
    with pytest.raises(RuntimeError, match="enter the subscription first"):
        await anext(subscribe(bootstrap="127.0.0.1:1", client="tester"))


def test_only_so_many_versions_are_remembered(monkeypatch):
    monkeypatch.setattr(subscriber, "REMEMBERED", 2)
    versions, (a, b, c) = Versions(), (uuid4() for _ in range(3))
    for aggregate, version in ((a, 1), (b, 1), (a, 2), (c, 1)):
        versions[aggregate] = version
    assert versions == {a: 2, c: 1}


def example() -> str:
    """Return the example that the README shows."""
    [code] = re.findall(r"```python\n(.*?subscribe\(.*?)```", README.read_text(), re.DOTALL)
    return code


def test_the_example_has_fifteen_lines_at_most():
    assert sum(bool(line.strip()) for line in example().splitlines()) <= 15


@pytest.mark.kafka
async def test_the_readmes_example_prints_live_events(kafka, tmp_path):
    script = tmp_path / "example.py"
    of_make_up = f"127.0.0.1:{DEFAULT_PORTS['kafka']}"
    assert of_make_up in example()
    script.write_text(example().replace(of_make_up, kafka.bootstrap))
    case, unit = uuid4(), f"finnmark/gde-{uuid4().hex[:12]}"
    process = await asyncio.create_subprocess_exec(sys.executable, str(script), stdout=asyncio.subprocess.PIPE)
    lines: list[str] = []

    async def printed(last: str) -> None:
        async with asyncio.timeout(2 * DEADLINE_S):
            while last not in lines:
                line = (await process.stdout.readline()).decode()
                assert line, f"the example ended: {lines[-5:]}"
                lines.append(line.strip())

    sent = [OPENED, CaseAssessmentStarted(), CaseErased(basis=ErasureBasis.UNFOUNDED)]
    source = "urn:forkant:case-service"
    events = [an_event(case, version, data, unit=unit, source=source) for version, data in enumerate(sent, 1)]
    try:
        await publish(kafka, "forkant.case.v1", events[:2])
        await printed(f"{unit} CaseAssessmentStarted 2")
        await publish(kafka, "forkant.case.v1", events[2:])
        await printed(f"forget case {case}")
    finally:
        process.terminate()
        await process.communicate()
    mine = [line for line in lines if unit in line or str(case) in line]
    assert mine == [
        f"{unit} opened a case about vandalism",
        f"{unit} CaseAssessmentStarted 2",
        f"forget case {case}",
    ]


@pytest.mark.kafka
async def test_groups_are_named_as_the_access_rules_say(kafka, topic, reading):
    await publish(kafka, topic.name, [an_event(uuid4(), 1)])
    async with reading() as events:
        await take(events, 1)
        await events.commit()
    group = f"subscriber.tester.{topic.name}"
    async with AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap, group_id=group) as consumer:
        places = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
        assert sum([await consumer.committed(place) or 0 for place in places]) == 1
