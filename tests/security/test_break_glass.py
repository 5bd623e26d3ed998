"""Broken glass on the running platform: who is told, how soon, and what is left unsaid."""

import json
from uuid import uuid4

import pytest
from forkant_devstack.testing.assessments import completed_assessment
from forkant_kit.testing import until

from .conftest import PERSON_CASE


@pytest.fixture
async def case(wall):
    opened = await wall.person("officer-oslo").done("case", "POST", "/v1/cases", PERSON_CASE)
    return opened.json()["id"]


async def told(person, case: str) -> list[str]:
    items = (await person.done("notification", "GET", "/v1/inbox?limit=100")).json()["items"]
    return [item["kind"] for item in items if case in json.dumps(item)]


async def test_leads_and_privacy_officers_of_the_unit_are_told_at_once_and_nobody_else(wall, case):
    name = f"officer-{uuid4()}"
    outsider = wall.person("officer-troms", sub=name)
    broken = await outsider.done("case", "POST", f"/v1/cases/{case}/break-glass", {"reason": "acute_danger"})
    for persona in ("lead-oslo", "privacy-oslo"):
        person = wall.person(persona)

        async def alerted(person=person) -> bool:
            return "glass_broken" in await told(person, case)

        await until(alerted, what="the alert reaching the inbox")
    for persona in ("officer-oslo", "lead-troms", "lead-vest"):
        assert "glass_broken" not in await told(wall.person(persona), case)
    for item in (await wall.person("lead-oslo").done("notification", "GET", "/v1/inbox?limit=100")).json()["items"]:
        assert name not in json.dumps(item), "who it was stands in the review, which only its readers get"
    review = await wall.person("lead-oslo").done("case", "GET", f"/v1/access-reviews/{broken.json()['id']}")
    assert review.json()["opened_by"] == name


async def test_a_reason_is_needed_and_nothing_opens_without_one(wall, case):
    outsider, before = wall.person("officer-troms"), await wall.state()
    for body in ({}, {"reason": ""}, {"reason": "curious"}, {"reason": ["acute_danger"]}):
        answer = await outsider.send("case", "POST", f"/v1/cases/{case}/break-glass", body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert await wall.state() == before
    assert (await outsider.send("case", "GET", f"/v1/cases/{case}")).status_code == 404


async def test_broken_glass_reads_one_case_and_changes_nothing(wall, case):
    name = f"officer-{uuid4()}"
    outsider = wall.person("officer-troms", sub=name)
    await outsider.done("case", "POST", f"/v1/cases/{case}/break-glass", {"reason": "duty_to_avert"})
    shown = await outsider.done("case", "GET", f"/v1/cases/{case}")
    before = await wall.state()
    for method, tail, body in (
        ("PUT", "assessment", completed_assessment()),
        ("POST", "hold", {"reason": "awaiting_partner"}),
        ("POST", "members", {"subject": "officer-troms"}),
        ("PUT", "level", {"level": 1}),
    ):
        person = wall.person("lead-troms", sub=name) if tail == "level" else outsider
        answer = await person.send("case", method, f"/v1/cases/{case}/{tail}", body, etag=shown.headers["etag"])
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found"), tail
    assert await wall.state() == before
    assert case not in (await outsider.done("case", "GET", "/v1/cases?limit=100")).text
