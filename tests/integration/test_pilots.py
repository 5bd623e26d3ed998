"""Measure 4 over HTTP and Kafka: a pilot is open only to units that take part, from the moment that they do."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from forkant_devstack.testing.platform import Platform
from forkant_kit.testing import until

pytestmark = pytest.mark.kafka

UNIT, OUTSIDE = "agder", "vest"
PILOT = {
    "case_type": "online_community",
    "theme": "fraud",
    "purpose_code": "prevent_crime",
    "legal_basis": "police_act",
    "arena": "digital",
    "title": "Salg av kontoer på en spillserver",
}


def day(number: int) -> date:
    return datetime.now(UTC).astimezone(ZoneInfo("Europe/Oslo")).date() + timedelta(days=number)


async def approved(platform: Platform, code: str = "online_communities") -> str:
    body = {
        "code": code,
        "name_nb": "Forebygging i digitale miljøer",
        "name_en": "Prevention in online communities",
        "case_types": ["online_community"],
        "indicators": [10],
        "baseline_from": day(-365).isoformat(),
        "baseline_until": day(-1).isoformat(),
        "valid_from": day(0).isoformat(),
        "valid_until": day(365).isoformat(),
        "reason": "Prøves i noen distrikter.",
    }
    made = await platform.call("indicator", "POST", "/v1/pilots", persona="pod-methods", body=body)
    assert made.status_code == 201, made.text
    path = made.headers["location"]
    await decide(platform, f"{path}/approval", {}, made.headers["etag"])
    return path


async def decide(platform: Platform, path: str, body: Any, etag: str) -> None:
    done = await platform.call("indicator", "POST", path, persona="pod-analyst", body=body, etag=etag)
    assert done.status_code == 200, done.text


async def etag_of(platform: Platform, path: str) -> str:
    return (await platform.call("indicator", "GET", path, persona="pod-analyst")).headers["etag"]


async def opening(platform: Platform, unit: str) -> httpx.Response:
    return await platform.call("case", "POST", "/v1/cases", persona=f"officer-{unit}", body=PILOT)


async def open_to(platform: Platform, unit: str) -> bool:
    answer = await platform.call("case", "GET", "/v1/catalogue", persona="auditor")
    assert answer.status_code == 200, answer.text
    today, [piloted] = day(0).isoformat(), answer.json()["piloted"]
    return any(e["unit"] == unit and e["valid_from"] <= today <= e["valid_until"] for e in piloted["open_in"])


async def told_of(platform: Platform, persona: str) -> list[str]:
    answer = await platform.call("notification", "GET", "/v1/inbox", persona=persona)
    return [item["kind"] for item in answer.json()["items"] if item["subject"] == "pilot"]


async def taken_over(platform: Platform, service: str, pilot: str) -> list[tuple[str, str, int]]:
    query = "SELECT action, subject, version FROM audit_entry WHERE object_ids[1] = $1 ORDER BY seq"
    return [tuple(row) for row in await platform.fetch(service, query, pilot)]


async def test_opening_a_pilot_case_type_outside_the_pilot_is_403_and_enrolment_takes_effect_without_restart_and_is_audited(
    platform: Platform,
):
    processes = {name: child.process.pid for name, child in platform.children.items()}
    for unit in (UNIT, OUTSIDE):
        refused = await opening(platform, unit)
        assert (refused.status_code, refused.json()["type"]) == (403, "urn:forkant:problem:pilot-not-open")
    path = await approved(platform)
    assert (await opening(platform, UNIT)).status_code == 403
    await decide(platform, f"{path}/enrolments", {"unit": UNIT}, await etag_of(platform, path))
    await until(lambda: open_to(platform, UNIT), what="the enrolment being known to the case service")
    opened = await opening(platform, UNIT)
    assert opened.status_code == 201, opened.text
    assert (await opening(platform, OUTSIDE)).status_code == 403

    async def both_told() -> bool:
        told = [await told_of(platform, persona) for persona in (f"lead-{UNIT}", "pod-analyst")]
        return told == [["pilot_enrolled"], ["pilot_enrolled"]]

    await until(both_told, what="leads and the directorate being told")
    assert await told_of(platform, f"lead-{OUTSIDE}") == []

    await decide(platform, f"{path}/enrolments/{UNIT}/withdrawal", {}, await etag_of(platform, path))

    async def closed() -> bool:
        return not await open_to(platform, UNIT)

    await until(closed, what="the withdrawal being known to the case service")
    assert (await opening(platform, UNIT)).status_code == 403
    assert (await platform.call("case", "GET", opened.headers["location"], persona=f"officer-{UNIT}")).is_success
    assert processes == {name: child.process.pid for name, child in platform.children.items()}

    pilot = path.rpartition("/")[2]
    assert await taken_over(platform, "indicator", pilot) == [
        ("pilot.propose", "pod-methods", 1),
        ("pilot.approve", "pod-analyst", 2),
        ("pilot.enrol", "pod-analyst", 3),
        ("pilot.withdraw", "pod-analyst", 4),
    ]
    assert await taken_over(platform, "case", pilot) == [
        ("pilot.take_over", "case-service", 1),
        ("pilot.take_over", "case-service", 2),
    ]


async def test_an_enrolment_while_the_case_worker_is_away_takes_effect_once_it_is_back_and_once_only(
    platform: Platform,
):
    path = await approved(platform, "worker_away")
    await platform.kill("case-worker")
    try:
        await decide(platform, f"{path}/enrolments", {"unit": UNIT}, await etag_of(platform, path))
        assert (await opening(platform, UNIT)).status_code == 403
    finally:
        await platform.start("case-worker")
    await until(lambda: open_to(platform, UNIT), what="the enrolment being known to the case service")
    await platform.kill("case-worker")
    await platform.start("case-worker")
    pilot = path.rpartition("/")[2]
    assert await taken_over(platform, "case", pilot) == [("pilot.take_over", "case-service", 1)]
    assert (await opening(platform, UNIT)).status_code == 201
