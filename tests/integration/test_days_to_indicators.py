"""What is due, overdue, with a partner or past its deadline over HTTP reaches its indicators, today and in months past."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from forkant_devstack.testing.platform import Platform
from forkant_devstack.testing.walk import Walk, open_case
from forkant_devstack.verify.indicators import check_indicators
from forkant_devstack.verify.platform import Platform as Verified
from forkant_kit.db import utc_now
from forkant_kit.testing import until

pytestmark = pytest.mark.kafka
UNIT = "kripos"
NOTHING = {6: (0, 0), 8: (0, 0), 9: (0, 0), 13: (0, 0), 21: (0, 0)}


def ago(days: int) -> str:
    return (utc_now() - timedelta(days=days)).isoformat()


def day(days_ago: int) -> str:
    return (utc_now() - timedelta(days=days_ago)).astimezone(ZoneInfo("Europe/Oslo")).date().isoformat()


async def figures(platform: Platform, period: str = "rolling_12") -> dict[int, tuple[int, int]]:
    path = f"/v1/districts/{UNIT}/metrics?period={period}"
    answer = await platform.call("indicator", "GET", path, persona=f"analyst-{UNIT}")
    assert answer.status_code == 200, answer.text
    return {
        item["number"]: (item["numerator"]["value"], item["denominator"]["value"])
        for item in answer.json()["indicators"]
        if item["number"] in NOTHING
    }


async def shows(platform: Platform, expected: dict[int, tuple[int, int]], *, what: str) -> None:
    async def so() -> bool:
        found = await figures(platform)
        return {**found, **expected} == found

    await until(so, what=what)


async def measure(walk: Walk, **fields: Any) -> str:
    made = await walk.do("POST", "/measures", {"kind": "street_presence", **fields})
    return str(made.json()["item_id"])


async def test_days_that_pass_count_as_events_do(platform: Platform):
    assert await figures(platform) == NOTHING
    walk = await open_case(platform, UNIT, occurred_at=ago(170))
    await walk.do("POST", "/partners", {"kind": "school", "name": "Skolen", "occurred_at": ago(160)})
    told = {
        "statement_type": "fact", "verification_status": "unverified", "source": "partner",
        "source_reliability": "usually_reliable", "subject_category": "at_risk", "text": "Sett ved kjøpesenteret",
    }  # fmt: skip
    information = (await walk.do("POST", "/information", {**told, "occurred_at": ago(150)})).json()["item_id"]
    await shows(platform, {6: (0, 1), 9: (0, 1), 13: (1, 1), 21: (1, 1)}, what="the days that passed since")
    await walk.plan()
    late, timely = await measure(walk, due_on=day(3)), await measure(walk, due_on=day(0))
    await measure(walk, due_on=day(-20))
    follow_up = (await walk.do("POST", "/follow-ups", {"due_on": day(5)})).json()["item_id"]
    await shows(platform, {6: (1, 1), 8: (0, 2), 9: (1, 1)}, what="the approved plan, and what was due")
    for item in (late, timely):
        await walk.do("POST", f"/measures/{item}/start", {})
        await walk.do("POST", f"/measures/{item}/complete", {})
    await walk.do("POST", f"/follow-ups/{follow_up}/held", {})
    clarified = {"outcome": "relevant", "verification_status": "verified"}
    await walk.do("POST", f"/information/{information}/clarification", clarified, lead=True)
    await shows(platform, {8: (1, 2), 9: (0, 1), 21: (0, 1)}, what="what was done, in time or late")

    await walk.do("POST", "/hold", {"reason": "awaiting_partner"})
    await shows(platform, {6: (0, 0), 9: (0, 0), 13: (0, 0), 21: (0, 1)}, what="the pause")
    month = day(70)[:7]
    assert await figures(platform, month) == {6: (0, 1), 8: (0, 0), 9: (0, 1), 13: (1, 1), 21: (0, 1)}
    await walk.do("POST", "/resume", {})
    await walk.do("POST", "/close", {"reason": "moved"})
    await walk.do("POST", "/reopen", {"reason": "new_offence"})
    await shows(platform, {6: (0, 0), 8: (1, 2), 9: (0, 1), 13: (1, 1)}, what="the new round")
    assert await figures(platform, month) == {6: (0, 1), 8: (0, 0), 9: (0, 1), 13: (1, 1), 21: (0, 1)}
    for check in await check_indicators(verified(platform)):
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
