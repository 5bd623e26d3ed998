"""Events that the case service put aside are published once, with their entry in the audit trail."""

import json
from dataclasses import dataclass

import pytest_asyncio
from case_service.alarms_worker import tell_of_alarms
from forkant_devstack.verify.changes import check_changes
from forkant_kit.db import create_engine

PARK = """
INSERT INTO parked_event (consumer_group, topic, partition, record_offset, aggregate_id, reason, detail, headers)
VALUES ('case-service', 'forkant.steering.v1', 0, 1, gen_random_uuid(), 'apply_failed', 'test', '{}')
"""


@dataclass
class Sealing:
    broken: bool | None = None


@pytest_asyncio.fixture
async def engine(empty_service):
    engine = create_engine(empty_service.worker_url, application_name="test", pool_size=4)
    yield engine
    await engine.dispose()


async def test_events_put_aside_are_told_of_once_and_when_none_is_left(empty_service, engine):
    await empty_service.fetch(PARK)
    for _ in range(2):
        await tell_of_alarms(engine, Sealing())
    await empty_service.fetch("UPDATE parked_event SET status = 'applied', settled_at = now()")
    for _ in range(2):
        await tell_of_alarms(engine, Sealing(broken=True))
    rows = await empty_service.fetch(
        "SELECT unit, topic, data FROM event_archive WHERE type = 'no.forkant.case-service.alarm.v1' ORDER BY recorded_at"
    )
    assert [(row["unit"], row["topic"]) for row in rows] == [("pod", "forkant.case-operations.v1")] * 3
    found = [json.loads(row["data"]) for row in rows]
    assert found[:2] == [
        {"alarm": "events_parked", "raised": True, "amount": 1},
        {"alarm": "events_parked", "raised": False, "amount": 0},
    ]
    assert found[2]["alarm"] == "audit_chain_broken"
    assert [check for check in await check_changes(empty_service.worker_url) if not check.ok] == []
