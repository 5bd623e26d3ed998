"""Measures over HTTP reach their indicators within seconds, and nothing that names anybody is on the bus."""

from datetime import timedelta
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from forkant_contracts.topics import TOPICS
from forkant_devstack.testing.platform import Platform
from forkant_devstack.testing.walk import Walk, open_case
from forkant_kit.db import utc_now
from forkant_kit.testing import until

pytestmark = pytest.mark.kafka
MANDATORY = ("basis_clarified", "guardians_invited", "conversation_held", "summary_written")
HANDLE = "xX_GrusGutten_Xx"


async def indicator(platform: Platform, unit: str, number: int) -> tuple[Any, ...]:
    answer = await platform.call("indicator", "GET", f"/v1/districts/{unit}/metrics", persona=f"analyst-{unit}")
    assert answer.status_code == 200, answer.text
    found = next(item for item in answer.json()["indicators"] if item["number"] == number)
    return tuple(found[part]["value"] for part in ("numerator", "denominator", "value"))


async def shows(platform: Platform, unit: str, number: int, expected: tuple[Any, ...], *, what: str) -> None:
    async def so() -> bool:
        return await indicator(platform, unit, number) == expected

    await until(so, what=what)


async def measure(walk: Walk, **fields: Any) -> str:
    due = (utc_now() + timedelta(days=14)).date().isoformat()
    return str((await walk.do("POST", "/measures", {"due_on": due, **fields})).json()["item_id"])


async def converse(walk: Walk, *, without: str = "") -> None:
    """Hold a concern conversation by its standard, but for one step."""
    item = await measure(walk, kind="concern_conversation")
    await walk.do("POST", f"/measures/{item}/start", {})
    for step in MANDATORY:
        if step != without:
            await walk.do("POST", f"/measures/{item}/steps", {"step": step})
    await walk.do("POST", f"/measures/{item}/complete", {})


async def test_a_missed_mandatory_step_lowers_indicator_12(platform: Platform):
    unit = "up"
    walk = await open_case(platform, unit)
    await walk.plan()
    await converse(walk)
    await shows(platform, unit, 12, (1, 1, 1.0), what="the measure that met its standard")
    await converse(walk, without="guardians_invited")
    await shows(platform, unit, 12, (1, 2, 0.5), what="the missed step lowering the share")


async def test_a_digital_measure_raises_indicator_17_and_no_user_handle_is_in_any_event(platform: Platform):
    unit = "okokrim"
    walk = await open_case(
        platform, unit, title=f"Salg fra {HANDLE}", description=f"Profilen {HANDLE}", arena="digital"
    )
    await walk.plan()
    await measure(walk, kind="street_presence", description=f"Snakke med {HANDLE} ute")
    await shows(platform, unit, 17, (0, 1, 0.0), what="the measure in the street")
    digital = await measure(walk, kind="online_patrol_dialogue", arena="digital", description=f"Skrive til {HANDLE}")
    await shows(platform, unit, 17, (1, 2, 0.5), what="the digital measure raising the share")
    records = await everything_on_the_bus(platform)
    about = [record for record in records if str(walk.case_id).encode() in record]
    assert any(b'"digital"' in record and digital.encode() in record for record in about)
    assert not [record for record in records if HANDLE.lower().encode() in record.lower()]
    await walk.do("POST", f"/measures/{digital}/cancel", {"reason": "not_needed"})
    await shows(platform, unit, 17, (0, 1, 0.0), what="the cancelled measure no longer counting")


async def everything_on_the_bus(platform: Platform) -> list[bytes]:
    """Return every record of every topic: key, headers and value."""
    places = [TopicPartition(topic, n) for topic, made in TOPICS.items() for n in range(made.partitions)]
    # A seek to the beginning could be undone by the reset to the end that the assignment begins.
    consumer = AIOKafkaConsumer(bootstrap_servers=platform.kafka.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        records: list[bytes] = []
        for place, end in ends.items():
            while await consumer.position(place) < end:
                for record in (await consumer.getmany(place, timeout_ms=500)).get(place, []):
                    headers = b" ".join(name.encode() + b"=" + value for name, value in record.headers)
                    records.append(b" ".join((record.key or b"", headers, record.value or b"")))
        return records
    finally:
        await consumer.stop()
