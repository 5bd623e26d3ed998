"""Need to know: within a unit, a case is there for its members and for those who answer for the unit's cases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from forkant_devstack.testing.assessments import completed_assessment

from .test_scoping import COMMANDS, ITEM, READS

SOON = (datetime.now(UTC) + timedelta(days=2)).isoformat()


@pytest.fixture
async def colleague(service):
    """An officer of the same unit with the same clearance, who is no member."""
    return service.person("officer-oslo", sub="officer9-oslo")


async def member_of(case, person_name: str, **more: object) -> str:
    receipt = await case.do("POST", "members", {"subject": person_name, **more})
    return str(receipt["item_id"])


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: f"{command[0]} {command[1]}".replace(ITEM, "id"))
async def test_no_command_of_a_colleague_finds_a_case_that_is_not_theirs(service, officer, colleague, command):
    case = await officer.open()
    before = await service.row_counts()
    answer = await case.attempt(*command, by=colleague)
    assert answer.status_code in {403, 404}
    if answer.status_code == 403:
        assert answer.json()["code"] == "forbidden", "the role is refused before the case is looked for"
    assert await service.row_counts() == before


OF_OFFICERS = [tail for tail in READS if tail != "/erasure"]


@pytest.mark.parametrize("tail", OF_OFFICERS, ids=lambda tail: tail.replace(ITEM, "id") or "case")
async def test_no_reading_of_a_colleague_finds_a_case_that_is_not_theirs(officer, colleague, tail):
    case = await officer.open()
    theirs = await colleague.get(f"{case.path}{tail}")
    missing = await colleague.get(f"/v1/cases/{uuid4()}{tail}")
    assert theirs.status_code == missing.status_code == 404
    assert {**theirs.json(), "trace_id": ""} == {**missing.json(), "trace_id": ""}


async def test_lists_counts_feeds_and_offers_hold_no_case_that_is_not_the_colleagues(service, colleague):
    # Somebody new, whose lists are one page long.
    officer = service.person("officer-oslo", sub=f"officer-{uuid4()}")
    case = await officer.open()
    await case.do("POST", "transfers", {"to_unit": "vest"})
    before = (await colleague.get("/v1/cases/count")).json()["count"]
    for path in ("/v1/cases", "/v1/changes", "/v1/transfers"):
        assert case.id not in (await colleague.get(path, limit=100)).text
        assert case.id in (await officer.get(path, limit=100)).text
    await member_of(case, "officer9-oslo")
    assert (await colleague.get("/v1/cases/count")).json()["count"] == before + 1


async def test_a_concern_does_not_tell_a_colleague_which_case_it_became(officer, lead, colleague, concern):
    received = await officer.send("POST", "/v1/concerns", concern)
    facts = {
        "case_type": "person",
        "subject_category": "at_risk",
        "purpose_code": "prevent_crime",
        "legal_basis": "police_act",
        "title": "A case",
    }
    path = received.headers["location"]
    decided = await lead.send(
        "POST", f"{path}/decision", {"outcome": "case", "case": facts}, etag=received.headers["etag"]
    )
    made = decided.json()["case_id"]
    assert (await lead.get(path)).json()["case_id"] == made
    assert (await colleague.get(path)).json()["case_id"] is None
    assert made not in (await colleague.get("/v1/concerns", limit=100)).text


async def test_a_member_works_on_a_case_until_the_membership_ends_and_is_told_that_it_is_gone(officer, colleague):
    case = await officer.open()
    grant = await member_of(case, "officer9-oslo")
    await case.do("PUT", "assessment", completed_assessment(), by=colleague)
    assert [m["subject"] for m in (await colleague.get(f"{case.path}/members")).json()["items"]] == [
        "officer-oslo",
        "officer9-oslo",
    ]
    await case.do("DELETE", f"members/{grant}")
    assert (await colleague.get(case.path)).status_code == 404
    feed = (await colleague.get("/v1/changes", limit=100)).json()["items"]
    [line] = [line for line in feed if line["id"] == case.id]
    assert (line["change"], line["reason"], line["theme"]) == ("gone", "access_ended", None)
    again = await case.attempt("DELETE", f"members/{grant}")
    assert (again.status_code, again.json()["code"]) == (404, "not-found")


async def test_a_membership_for_a_time_ends_by_itself(service, officer, colleague):
    case = await officer.open()
    await member_of(case, "officer9-oslo", valid_to=SOON)
    assert (await colleague.get(case.path)).status_code == 200
    clock = service.app.state.tools
    later = datetime.now(UTC) + timedelta(days=3)
    service.app.state.tools = replace(clock, now=lambda: later)
    try:
        assert (await colleague.get(case.path)).status_code == 404
        assert (await officer.get(case.path)).status_code == 200
    finally:
        service.app.state.tools = clock


async def test_the_same_person_is_not_made_a_member_twice(officer):
    case = await officer.open()
    answer = await case.attempt("POST", "members", {"subject": "officer-oslo"})
    assert (answer.status_code, answer.json()["code"]) == (409, "already-member")


async def test_access_for_a_time_crosses_units_and_leaves_the_unit_its_decisions(service, officer):
    case = await officer.open()
    helper = service.person("lead-troms", sub="lead9-troms")
    assert (await helper.get(case.path)).status_code == 404
    await case.do("POST", "access", {"subject": "lead9-troms", "valid_to": SOON, "reason": "expertise"})
    assert (await helper.get(case.path)).status_code == 200
    assert case.id in (await helper.get("/v1/cases", limit=100)).text
    await case.do("PUT", "assessment", completed_assessment(), by=helper)
    decisions = [
        ("POST", "transfers", {"to_unit": "troms"}),
        ("POST", "members", {"subject": "officer-troms"}),
        ("PUT", "level", {"level": 2}),
        ("POST", "restriction", {"restricted": True, "reason": "disputed"}),
    ]
    for decision in decisions:
        answer = await case.attempt(*decision, by=helper)
        assert (answer.status_code, answer.json()["code"]) == (403, "case-of-another-unit"), decision


@pytest.mark.parametrize("days", [-1, 91])
async def test_access_ends_within_ninety_days(officer, days):
    case = await officer.open()
    end = (datetime.now(UTC) + timedelta(days=days)).isoformat()
    body = {"subject": "officer-troms", "valid_to": end, "reason": "expertise"}
    answer = await case.attempt("POST", "access", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "access-too-long")


async def test_a_level_above_the_clearance_hides_a_case_from_its_members_too(service, officer, lead):
    case = await officer.open()
    second = service.person("officer2-oslo")
    await member_of(case, "officer2-oslo")
    assert (await second.get(case.path)).json()["level"] == 1
    await case.do("PUT", "level", {"level": 2}, by=lead)
    assert (await second.get(case.path)).status_code == 404
    assert (await officer.get(case.path)).json()["level"] == 2
    feed = (await second.get("/v1/changes", limit=100)).json()["items"]
    assert [line["reason"] for line in feed if line["id"] == case.id] == ["access_ended"]


async def test_a_strictly_confidential_case_is_there_for_its_members_and_privacy_officers_alone(
    service, officer, lead, privacy
):
    case = await officer.open()
    other_lead = service.person("lead-oslo", sub="lead9-oslo")
    await case.do("PUT", "level", {"level": 3}, by=lead)
    assert (await lead.get(case.path)).status_code == 200, "who set it is a member of it"
    assert (await privacy.get(case.path)).status_code == 200
    for person in (other_lead, officer):
        assert (await person.get(case.path)).status_code == 404
        assert case.id not in (await person.get("/v1/cases", limit=100)).text


async def test_nobody_gives_a_case_a_level_that_they_are_not_cleared_for(service, officer, person_case):
    second = service.person("officer2-oslo")
    answer = await second.send("POST", "/v1/cases", {**person_case, "level": 2})
    assert (answer.status_code, answer.json()["code"]) == (403, "above-clearance")
    case = await officer.open(level=2)
    low = service.person("lead-oslo", clearance=2)
    refused = await case.attempt("PUT", "level", {"level": 3}, by=low)
    assert (refused.status_code, refused.json()["code"]) == (403, "above-clearance")


@pytest.mark.parametrize("level", [0, 4, "2x", None, True])
async def test_a_level_is_one_of_three(officer, lead, level):
    case = await officer.open()
    assert (await case.attempt("PUT", "level", {"level": level}, by=lead)).status_code == 422


async def test_after_a_transfer_those_who_worked_on_a_case_are_told_that_it_left_and_no_more(service, officer):
    case = await officer.open()
    await member_of(case, "officer9-oslo")
    offer = await case.do("POST", "transfers", {"to_unit": "troms"})
    taking = service.person("officer-troms")
    path = f"{case.path}/transfers/{offer['item_id']}"
    accepted = await taking.send("POST", f"{path}/accept", etag=(await taking.get(path)).headers["etag"])
    assert accepted.is_success, accepted.text
    members = (await taking.get(f"{case.path}/members")).json()["items"]
    assert [m["subject"] for m in members if m["valid_to"] is None] == ["officer-troms"]
    for sub, told in (("officer9-oslo", True), ("officer8-oslo", False)):
        person = service.person("officer-oslo", sub=sub)
        assert (await person.get(case.path)).status_code == 404
        assert (case.id in (await person.get("/v1/changes", limit=100)).text) is told
