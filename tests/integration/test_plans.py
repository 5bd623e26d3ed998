"""Measure 9 over HTTP and Kafka: plans that are approved, missing or end soon are told of once, and cases tied to goals."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from forkant_devstack.testing.platform import Platform
from forkant_devstack.testing.walk import open_case
from forkant_kit.testing import until

pytestmark = pytest.mark.kafka
UNIT = "nordland"
TOLD = "SELECT type, aggregate_version FROM event_archive WHERE unit = $1 AND type LIKE 'no.forkant.plan.%' ORDER BY event_id"


def today() -> date:
    return datetime.now(ZoneInfo("Europe/Oslo")).date()


async def do(platform: Platform, path: str, body: Any, *, by: str = f"lead-{UNIT}", etag: str | None = None) -> Any:
    answer = await platform.call("indicator", "POST", path, persona=by, body=body, etag=etag)
    assert answer.is_success, answer.text
    return answer


async def approve(platform: Platform, written: Any, number: int) -> None:
    path, etag = f"{written.headers['location']}/versions/{number}", written.headers["etag"]
    etag = (await do(platform, f"{path}/submission", {}, etag=etag)).headers["etag"]
    await do(platform, f"{path}/approval", {}, by="pod-analyst", etag=etag)


def version(*, days: int) -> dict[str, Any]:
    last = today() + timedelta(days=days)
    return {"valid_from": today().isoformat(), "valid_until": last.isoformat(), "goals": [{"indicator": 10}]}


async def next_day(platform: Platform) -> None:
    """Let the worker look at the plans as it does when a day begins."""
    owner = await asyncpg.connect(platform.nodes["indicator"].database.owner_url)
    try:
        await owner.execute("UPDATE plan_round SET day = day - 1")
    finally:
        await owner.close()

    async def looked() -> bool:
        [row] = await platform.fetch("indicator", "SELECT day FROM plan_round")
        return bool(row["day"] == today())

    await until(looked, what="the plans being looked at")


async def told(platform: Platform, kind: str, persona: str) -> list[str]:
    answer = await platform.call("notification", "GET", f"/v1/inbox?kind={kind}&limit=100", persona=persona)
    assert answer.status_code == 200, answer.text
    return [item["subject_id"] for item in answer.json()["items"] if UNIT in (item["unit"], item["about_unit"])]


async def both_told(platform: Platform, kind: str, subject: str | None = None) -> None:
    for persona in (f"lead-{UNIT}", "pod-analyst"):

        async def so(persona: str = persona) -> bool:
            found = await told(platform, kind, persona)
            return len(found) == 1 and subject in (None, found[0])

        await until(so, what=f"{persona} told of {kind}")


async def test_a_plan_is_told_of_when_it_is_missing_when_it_is_approved_and_when_it_ends_soon(platform: Platform):
    await next_day(platform)
    await both_told(platform, "prevention_plan_missing")
    written = await do(platform, "/v1/plans", {"unit": UNIT, **version(days=30)})
    plan = written.json()["id"]
    await approve(platform, written, 1)
    await both_told(platform, "prevention_plan_approved", plan)
    coverage = await platform.call("indicator", "GET", "/v1/plans/coverage", persona="officer-oslo")
    assert UNIT in coverage.json()["ends_soon"]
    await platform.kill("indicator-worker")
    await platform.start("indicator-worker")
    for _ in range(2):
        await next_day(platform)
    await both_told(platform, "prevention_plan_ending", plan)
    rows = await platform.fetch("indicator", TOLD, UNIT)
    assert [(row["type"].removeprefix("no.forkant.plan."), row["aggregate_version"]) for row in rows] == [
        ("due.v1", 1), ("approved.v1", 1), ("due.v1", 2),
    ]  # fmt: skip
    assert await told(platform, "prevention_plan_approved", f"officer-{UNIT}") == []


async def figure(platform: Platform) -> tuple[int, int]:
    answer = await platform.call("indicator", "GET", f"/v1/districts/{UNIT}/metrics", persona=f"lead-{UNIT}")
    assert answer.status_code == 200, answer.text
    [found] = [each for each in answer.json()["indicators"] if each["number"] == 19]
    return found["numerator"]["value"], found["denominator"]["value"]


async def shows(platform: Platform, numerator: int, denominator: int) -> None:
    async def so() -> bool:
        return await figure(platform) == (numerator, denominator)

    await until(so, what=f"indicator 19 at {numerator} of {denominator}")


async def test_cases_that_are_tied_to_a_goal_of_the_plan_raise_indicator_19_until_it_holds_no_more(platform: Platform):
    tied, active = await figure(platform)
    assert tied == 0
    listed = await platform.call("indicator", "GET", f"/v1/plans?unit={UNIT}", persona=f"lead-{UNIT}")
    [plan] = listed.json()["items"]
    [goal] = plan["in_force"]["goals"]
    opened = await open_case(platform, UNIT, prevention_goal=goal["id"])
    later = await open_case(platform, UNIT, prevention_goal=str(uuid4()))
    await shows(platform, 1, active + 2)
    await later.do("PUT", "/prevention-goal", {"prevention_goal": goal["id"]})
    await shows(platform, 2, active + 2)
    await opened.do("PUT", "/prevention-goal", {"prevention_goal": None})
    await shows(platform, 1, active + 2)
    path = f"/v1/plans/{plan['id']}/versions/1/withdrawal"
    await do(platform, path, {"reason": "Planen skal skrives om."}, etag=f'"v{plan["version"]}"')
    await shows(platform, 0, active + 2)
