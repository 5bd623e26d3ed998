"""A drift that the self-audit found, and events put aside, are published once when they begin and once when they end."""

import json
from dataclasses import dataclass

from forkant_devstack.verify.steering import check_plans, check_watches
from indicator_service.alarms import tell_of_alarms
from sqlalchemy import text

DRIFT = """
INSERT INTO self_audit_item (kind, key, reason, looks, fields, touched, next_at)
VALUES ('case', gen_random_uuid()::text, 'different', {looks}, '{{}}', '{{}}', now())
"""
TOLD = "SELECT aggregate_version, unit, data FROM event_archive WHERE type = 'no.forkant.indicator-service.alarm.v1'"


@dataclass
class Sealing:
    broken: bool | None = None


async def told(engine) -> list[tuple]:
    async with engine.connect() as conn:
        rows = (await conn.execute(text(f"{TOLD} ORDER BY aggregate_id, aggregate_version"))).all()
    found = [(row.aggregate_version, row.unit, row.data) for row in rows]
    return [(version, unit, json.loads(data) if isinstance(data, str) else data) for version, unit, data in found]


async def run(engine, statement: str) -> None:
    async with engine.begin() as conn:
        await conn.execute(text(statement))


async def test_a_drift_is_published_once_when_it_is_found_and_once_when_it_is_over(engine, database):
    await run(engine, DRIFT.format(looks=1))
    await tell_of_alarms(engine, Sealing())
    assert await told(engine) == []
    await run(engine, DRIFT.format(looks=2))
    for _ in range(3):
        await tell_of_alarms(engine, Sealing())
    drift = {"alarm": "figures_drift", "raised": True, "amount": 1}
    assert await told(engine) == [(1, "pod", drift)]
    await run(engine, "DELETE FROM self_audit_item")
    for _ in range(3):
        await tell_of_alarms(engine, Sealing())
    assert await told(engine) == [(1, "pod", drift), (2, "pod", {**drift, "raised": False, "amount": 0})]
    assert (await check_watches(database.worker_url)).ok
    assert (await check_plans(database.worker_url)).ok
