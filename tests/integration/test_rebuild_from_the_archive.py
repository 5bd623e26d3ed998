"""When Kafka no longer holds the events and the indicators are lost, the archive brings both back."""

import asyncio
import os
import sys
from typing import Final

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from forkant_contracts.topics import CASE_TOPIC, CONCERN_TOPIC, TOPICS
from forkant_devstack.testing.platform import Platform
from forkant_devstack.testing.walk import Walk, open_case
from forkant_devstack.verify.indicators import check_indicators
from forkant_devstack.verify.platform import Platform as Verified
from forkant_devstack.verify.stream import check_caught_up
from forkant_devstack.verify.topics import check_topics
from forkant_kit.testing import until

pytestmark = pytest.mark.kafka
INDICATOR_TABLES: Final = (
    "metric_change", "district_cell", "district_day", "measure_cell", "cell", "concern_fact", "case_fact", "uncounted_metric",
    "parked_event", "aggregate_version", "consumer_offset",
)  # fmt: skip


async def test_indicators_are_rebuilt_from_the_archive_while_people_work(platform: Platform):
    platform.kafka.need_kafka("the embedded broker can't delete records")
    for evaluated in (True, False):
        walk = await open_case(platform, "innlandet")
        await walk.plan()
        await walk.act()
        await walk.close(evaluated=evaluated)
    await caught_up(platform)
    facts, told = await facts_of(platform), await told_to_people(platform)
    assert facts
    # What the flow of the self-audit has spoilt is made right by the rebuild, and so is not as before.
    spoilt = {row["key"] for row in await platform.fetch("indicator", "SELECT key FROM self_audit_item")}

    await platform.stop("indicator-worker")
    for table in INDICATOR_TABLES:
        await platform.fetch("indicator", f"DELETE FROM {table}")
    await empty_the_topics(platform)
    await platform.start("indicator-worker")
    # Its older events are not on Kafka: what people do now waits for them.
    await walk.do("POST", "/reopen", {"reason": "new_offence"})

    async def waiting() -> bool:
        return bool(
            await platform.fetch("indicator", "SELECT 1 FROM parked_event WHERE aggregate_id = $1", walk.case_id)
        )

    await until(waiting, what="the late event parked")
    working = asyncio.create_task(work(platform))
    assert await republish(platform, "--since", "2020-01-01") == 0
    walks = await working
    await caught_up(platform)

    rebuilt = await facts_of(platform)
    changed = {str(walk.case_id), *(str(each.case_id) for each in walks), *spoilt}
    assert {key: fact for key, fact in rebuilt.items() if key not in changed} == {
        key: fact for key, fact in facts.items() if key not in changed
    }
    assert changed - spoilt <= rebuilt.keys()
    assert not await platform.fetch("indicator", "SELECT 1 FROM parked_event WHERE status = 'parked'")
    [recounted, *rest] = await check_indicators(verified(platform))
    assert all(check.ok for check in (recounted, *rest)), [check.differences for check in (recounted, *rest)]
    assert recounted.compared > 0
    order = (await check_topics(verified(platform)))[0]
    assert order.ok, order.differences
    again = await told_to_people(platform)
    assert {key: count for key, count in again.items() if key not in changed} == {
        key: count for key, count in told.items() if key not in changed
    }, "nobody is told again"


async def work(platform: Platform) -> list[Walk]:
    walks = [await open_case(platform, "innlandet") for _ in range(3)]
    for walk in walks:
        await walk.plan()
    return walks


async def republish(platform: Platform, *arguments: str) -> int:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "case_service.republish",
        *arguments,
        env={
            **os.environ,
            **platform.env(platform.nodes["case"]),
            "FORKANT_DATABASE_URL": platform.nodes["case"].database.worker_url,
        },
    )
    return await process.wait()


async def facts_of(platform: Platform) -> dict[str, str]:
    """Return the facts of what the case service has, as they are stored."""
    known = [row["id"] for row in await platform.fetch("case", "SELECT DISTINCT aggregate_id AS id FROM event_archive")]
    rows = await platform.fetch(
        "indicator",
        """SELECT case_id::text AS id, fact::text AS fact FROM case_fact WHERE case_id = ANY($1::uuid[])
           UNION ALL SELECT concern_id::text, fact::text FROM concern_fact WHERE concern_id = ANY($1::uuid[])""",
        known,
    )
    return {row["id"]: row["fact"] for row in rows}


async def told_to_people(platform: Platform) -> dict[str, int]:
    rows = await platform.fetch(
        "notification",
        "SELECT subject_id::text AS id, count(*) AS n FROM inbox_entry WHERE subject IN ('case', 'concern') GROUP BY 1",
    )
    return {row["id"]: row["n"] for row in rows}


async def empty_the_topics(platform: Platform) -> None:
    """Do at once what retention does with time."""
    places = [
        TopicPartition(topic, n) for topic in (CASE_TOPIC, CONCERN_TOPIC) for n in range(TOPICS[topic].partitions)
    ]
    consumer = AIOKafkaConsumer(bootstrap_servers=platform.kafka.bootstrap)
    await consumer.start()
    admin = AIOKafkaAdminClient(bootstrap_servers=platform.kafka.bootstrap)
    await admin.start()
    try:
        ends = await consumer.end_offsets(places)
        await admin.delete_records({place: RecordsToDelete(before_offset=end) for place, end in ends.items() if end})
        assert await consumer.beginning_offsets(places) == ends
    finally:
        await admin.close()
        await consumer.stop()


async def caught_up(platform: Platform) -> None:
    check = await check_caught_up(verified(platform), deadline_s=60)
    assert check.ok, check.differences


def verified(platform: Platform) -> Verified:
    return Verified(
        case_database=platform.nodes["case"].database.worker_url,
        indicator_database=platform.nodes["indicator"].database.worker_url,
        notification_database=platform.nodes["notification"].database.worker_url,
        kafka_bootstrap=platform.kafka.bootstrap,
        indicator_url=platform.nodes["indicator"].url,
        issuer_url=platform.issuer.url,
        trails=(),
    )
