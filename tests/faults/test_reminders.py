"""Workers killed while they remind, two at once, and Kafka away: each reminder comes once, and never before its day."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from forkant_contracts import TOPICS, Event, decode
from forkant_contracts.topics import CASE_TOPIC
from forkant_devstack.native.children import start, stop
from forkant_devstack.native.ports import free_ports
from forkant_devstack.testing.platform import Platform
from forkant_devstack.testing.walk import open_case
from forkant_devstack.verify.reminders import check_reminders
from forkant_kit.testing import until
from forkant_kit.working_days import day_in_norway, working_day_after

pytestmark = [pytest.mark.kafka, pytest.mark.faults]
HERE = Path(__file__).parent
KILLED = -9
UNIT = "agder"
LEAD = 3
NEAR = 5


async def reminders_on_kafka(platform: Platform, cases: set[UUID]) -> list[Event]:
    """Read the whole topic as a stranger would; return the reminders of these cases, as they stand there."""
    found: list[Event] = []
    consumer = AIOKafkaConsumer(bootstrap_servers=platform.kafka.bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = [TopicPartition(CASE_TOPIC, number) for number in range(TOPICS[CASE_TOPIC].partitions)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        left = {partition: end for partition, end in (await consumer.end_offsets(partitions)).items() if end}
        while left:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    event = decode(record.headers, record.value)
                    if event.aggregate_id in cases and event.type == "no.forkant.task.due-soon.v1":
                        found.append(event)
            left = {place: end for place, end in left.items() if await consumer.position(place) < end}
    finally:
        await consumer.stop()
    return found


async def due(platform: Platform, case_id: UUID, day: date) -> None:
    query = "UPDATE task SET due_on = $2, escalates_on = $2::date + 7 WHERE case_id = $1"
    await platform.fetch("case", query, case_id, day)


async def archived(platform: Platform) -> int:
    rows = await platform.fetch(
        "case", "SELECT count(*) AS n FROM event_archive WHERE type = 'no.forkant.task.due-soon.v1'"
    )
    return int(rows[0]["n"])


async def test_each_reminder_comes_once_and_none_before_its_day(platform: Platform):
    today = day_in_norway(datetime.now(UTC))
    await platform.stop("case-worker")
    walks = [await open_case(platform, UNIT) for _ in range(NEAR)]
    far = await open_case(platform, UNIT)
    near_day = working_day_after(today, LEAD)
    for walk in walks:
        await due(platform, walk.case_id, near_day)
    # The day after the last one that is told of today.
    await due(platform, far.case_id, working_day_after(today, LEAD) + timedelta(days=1))

    await platform.start("case-worker", script=HERE / "reminding_dies_before_commit.py")
    assert await platform.died("case-worker", within_s=120) == KILLED
    assert await archived(platform) == 0, "it was to die before its commit"

    # Kafka is away: nobody listens there.
    platform.extra_env = {"FORKANT_KAFKA_BOOTSTRAP": "127.0.0.1:1"}
    await platform.start("case-worker", script=HERE / "reminding_dies_after_commit.py")
    assert await platform.died("case-worker", within_s=120) == KILLED
    assert await archived(platform) == 2, "it was to die after its first commit"
    assert await platform.fetch("case", "SELECT 1 FROM outbox LIMIT 1")

    platform.extra_env = {}
    [port] = free_ports(1)
    node = platform.nodes["case"]
    spec = platform._spec("case-worker", None)
    beside = replace(spec, name="case-worker-beside", env={**spec.env, "FORKANT_WORKER_PORT": str(port)}, ready=None)
    other = await start(beside, log=platform.folder / "case-worker-beside.log")
    try:
        await platform.start("case-worker")

        async def told() -> bool:
            rows = await platform.fetch(
                "notification", "SELECT count(*) AS n FROM inbox_entry WHERE kind = 'task_due_soon' AND unit = $1", UNIT
            )
            return int(rows[0]["n"]) >= NEAR

        await until(told, what="each reminder in the inbox")
    finally:
        await stop(other)
    await platform.stop("case-worker")
    await platform.start("case-worker")

    found = await reminders_on_kafka(platform, {walk.case_id for walk in (*walks, far)})
    once = {event.id: event for event in found}.values()
    assert Counter(event.aggregate_id for event in once) == Counter(walk.case_id for walk in walks)
    for event in once:
        assert working_day_after(day_in_norway(event.recorded_at), LEAD) >= event.data.due_on >= today
    entries = await platform.fetch(
        "notification", "SELECT subject_id FROM inbox_entry WHERE kind = 'task_due_soon' AND unit = $1", UNIT
    )
    assert Counter(row["subject_id"] for row in entries) == Counter(walk.case_id for walk in walks)
    checked = await check_reminders(node.database.worker_url)
    assert (checked.ok, checked.compared) == (True, NEAR)
