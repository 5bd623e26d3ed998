"""Processes killed at the worst moment: nothing is lost and nothing is counted twice."""

from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from forkant_contracts import decode
from forkant_contracts.topics import CASE_TOPIC
from forkant_devstack.testing.platform import Platform
from forkant_devstack.testing.walk import Walk, open_case
from forkant_kit.testing import until

pytestmark = [pytest.mark.kafka, pytest.mark.faults]
HERE = Path(__file__).parent
KILLED = -9


async def opened(platform: Platform, unit: str) -> int:
    answer = await platform.call("indicator", "GET", f"/v1/districts/{unit}/metrics", persona=f"analyst-{unit}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return int(found["counts"]["opened"]["value"] or 0)


async def versions_on_kafka(platform: Platform, walks: list[Walk]) -> dict[str, list[int]]:
    """Read the whole topic; return each case's versions in the order in which they stand there."""
    found: dict[str, list[int]] = {str(walk.case_id): [] for walk in walks}
    consumer = AIOKafkaConsumer(bootstrap_servers=platform.kafka.bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = [TopicPartition(CASE_TOPIC, number) for number in range(12)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        left = {partition for partition, end in ends.items() if end > 0}
        while left:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    if (record.key or b"").decode() in found:
                        event = decode(record.headers, record.value)
                        found[str(event.aggregate_id)].append(event.aggregate_version)
            left = {p for p in left if await consumer.position(p) < ends[p]}
    finally:
        await consumer.stop()
    return found


async def test_a_relay_killed_between_send_and_delete_loses_nothing_and_nothing_counts_twice(platform: Platform):
    await platform.stop("case-worker")
    walks = [await open_case(platform, "sor-ost") for _ in range(5)]
    for walk in walks:
        await walk.plan()
    await platform.start("case-worker", script=HERE / "relay_dies_after_send.py")
    assert await platform.died("case-worker") == KILLED
    waiting = await platform.fetch("case", "SELECT count(*) AS n FROM outbox")
    assert waiting[0]["n"] > 0, "the relay was to die before it removed anything"
    await platform.start("case-worker")

    async def all_counted() -> bool:
        left = await platform.fetch("case", "SELECT count(*) AS n FROM outbox")
        return left[0]["n"] == 0 and await opened(platform, "sor-ost") == 5

    await until(all_counted, what="the outbox empty and five cases counted")
    on_kafka = await versions_on_kafka(platform, walks)
    repeats = 0
    for walk in walks:
        versions = on_kafka[str(walk.case_id)]
        repeats += len(versions) - len(set(versions))
        assert list(dict.fromkeys(versions)) == list(range(1, walk.version + 1))
    assert repeats > 0, "the events were to be sent twice, else this proves nothing"
    assert await opened(platform, "sor-ost") == 5


async def test_a_projector_killed_between_commit_and_offset_counts_each_case_once(platform: Platform):
    await platform.stop("indicator-worker")
    walks = [await open_case(platform, "trondelag") for _ in range(5)]
    await until(lambda: _published(platform), what="the outbox empty")
    await platform.start("indicator-worker", script=HERE / "projector_dies_after_commit.py")
    assert await platform.died("indicator-worker") == KILLED
    applied = await platform.fetch("indicator", "SELECT count(*) AS n FROM aggregate_version")
    assert applied[0]["n"] > 0, "the projector was to die after its commit"
    await platform.start("indicator-worker")

    async def all_counted() -> bool:
        return await opened(platform, "trondelag") == len(walks)

    await until(all_counted, what="each case counted once")


async def _published(platform: Platform) -> bool:
    return not await platform.fetch("case", "SELECT 1 FROM outbox LIMIT 1")
