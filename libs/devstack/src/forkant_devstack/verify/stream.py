"""Waits until the stream has caught up, and checks that nothing stands aside from it."""

import asyncio
from collections.abc import Mapping
from typing import Final

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from forkant_contracts.topics import GENERATIONS, TOPICS

from forkant_devstack.verify.platform import Platform
from forkant_devstack.verify.report import Check, Difference

CATCH_UP_SECONDS: Final = 120.0
_PAUSE_S: Final = 0.2
_PARKED: Final = """
SELECT id, topic, partition, record_offset, reason, detail FROM parked_event WHERE status = 'parked' ORDER BY id
"""


async def check_caught_up(platform: Platform, *, deadline_s: float = CATCH_UP_SECONDS) -> Check:
    """Wait until all that was written before now is published and read by every consumer."""
    deadline = asyncio.get_running_loop().time() + deadline_s
    unpublished = [
        difference
        for name, url in (("case", platform.case_database), ("indicator", platform.indicator_database))
        for difference in await _wait_for_relay(name, url, deadline)
    ]
    ends = await _end_offsets(platform.kafka_bootstrap)
    behind = await _wait_for_consumers(platform, ends, deadline)
    return Check(
        guarantee="stream",
        name="outboxes published and consumers at the end",
        compared=sum(ends.values()),
        differences=unpublished + behind,
    )


async def check_parked(platform: Platform) -> Check:
    """Return the check that no event is parked."""
    differences: list[Difference] = []
    for name, url in _consumers(platform).items():
        connection = await asyncpg.connect(url)
        try:
            rows = await connection.fetch(_PARKED)
        finally:
            await connection.close()
        differences += [
            Difference(
                f"{name}:{row['id']} at {row['topic']}-{row['partition']} offset {row['record_offset']}",
                f"parked ({row['reason']}): {row['detail']}",
                "applied (see `forkant parked list`)",
            )
            for row in rows
        ]
    return Check(
        guarantee="stream", name="no event parked", compared=len(_consumers(platform)), differences=differences
    )


def _consumers(platform: Platform) -> dict[str, str]:
    urls = {"case": platform.case_database, "indicator": platform.indicator_database}
    return urls | ({"notification": platform.notification_database} if platform.notification_database else {})


async def _wait_for_relay(service: str, url: str, deadline: float) -> list[Difference]:
    connection = await asyncpg.connect(url)
    try:
        newest = await connection.fetchval("SELECT coalesce(max(seq), 0) FROM outbox")
        while True:
            left = await connection.fetchval("SELECT count(*) FROM outbox WHERE seq <= $1", newest)
            if left == 0:
                return []
            if asyncio.get_running_loop().time() > deadline:
                return [Difference(f"outbox of {service}", f"{left} events wait to be published", "published")]
            await asyncio.sleep(_PAUSE_S)
    finally:
        await connection.close()


async def _end_offsets(bootstrap: str) -> Mapping[TopicPartition, int]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await consumer.start()
    try:
        places = [TopicPartition(topic.name, number) for topic in TOPICS.values() for number in range(topic.partitions)]
        ends: Mapping[TopicPartition, int] = await consumer.end_offsets(places)
        return ends
    finally:
        await consumer.stop()


async def _wait_for_consumers(
    platform: Platform, ends: Mapping[TopicPartition, int], deadline: float
) -> list[Difference]:
    while True:
        behind = [
            difference for name, url in _consumers(platform).items() for difference in await _behind(name, url, ends)
        ]
        if not behind or asyncio.get_running_loop().time() > deadline:
            return behind
        await asyncio.sleep(_PAUSE_S)


async def _behind(name: str, url: str, ends: Mapping[TopicPartition, int]) -> list[Difference]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("SELECT consumer_group, topic, partition, next_offset FROM consumer_offset")
    finally:
        await connection.close()
    groups = {row["consumer_group"] for row in rows}
    reached = {(row["consumer_group"], row["topic"], row["partition"]): row["next_offset"] for row in rows}
    if not groups and any(ends.values()):
        return [Difference(name, "has read nothing", f"{sum(ends.values())} records read")]
    return [
        Difference(f"{group} at {place.topic}-{place.partition}", f"offset {at}", f"offset {end}")
        for group in sorted(groups)
        for place, end in ends.items()
        if _reads(group, place.topic) and (at := reached.get((group, place.topic, place.partition), 0)) < end
    ]


def _reads(group: str, topic: str) -> bool:
    """Say whether the registry has the group read the topic; a group that it does not know must have read all."""
    # A rebuild reads what its service reads, under a group of its own.
    reader = group.partition(GENERATIONS)[0]
    known = any(reader in each.consumers for each in TOPICS.values())
    return not known or reader in TOPICS[topic].consumers
