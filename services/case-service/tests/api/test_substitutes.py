"""Standing in for somebody on leave: their memberships, in the unit that says so, for the time that it says."""

import base64
import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from forkant_devstack.testing.assessments import completed_assessment


def on(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


@pytest.fixture
async def substitute(service):
    return service.person("officer-oslo", sub=f"officer-{uuid4()}")


def name_of(person) -> str:
    payload = person.headers["Authorization"].split(".")[1]
    return str(json.loads(base64.urlsafe_b64decode(payload + "=="))["sub"])


async def stand_in(lead, person, **more) -> object:
    body = {"absent": "officer-oslo", "substitute": name_of(person), "valid_to": on(7), **more}
    return await lead.send("POST", "/v1/substitutions", body)


async def test_a_substitute_works_on_the_absent_persons_cases_until_it_ends(officer, lead, substitute):
    case = await officer.open()
    assert (await substitute.get(case.path)).status_code == 404
    made = await stand_in(lead, substitute)
    assert made.status_code == 201, made.text
    assert (await substitute.get(case.path)).status_code == 200
    assert case.id in (await substitute.get("/v1/cases", limit=100)).text
    await case.do("PUT", "assessment", completed_assessment(), by=substitute)
    listed = (await lead.get("/v1/substitutions", limit=100)).json()["items"]
    assert made.json()["id"] in [item["id"] for item in listed]
    ended = await lead.send("POST", f"/v1/substitutions/{made.json()['id']}/end")
    assert ended.status_code == 200
    assert (await substitute.get(case.path)).status_code == 404
    assert (await lead.send("POST", f"/v1/substitutions/{made.json()['id']}/end")).status_code == 404


async def test_a_substitute_gets_no_clearance_and_passes_nothing_on(service, officer, lead, substitute):
    case = await officer.open(level=2)
    low = service.person("officer2-oslo", sub=f"officer-{uuid4()}")
    third = service.person("officer-oslo", sub=f"officer-{uuid4()}")
    for person in (low, substitute):
        assert (await stand_in(lead, person)).status_code == 201
    assert (await stand_in(lead, third, absent=name_of(substitute))).status_code == 201
    assert (await substitute.get(case.path)).status_code == 200
    assert (await low.get(case.path)).status_code == 404
    assert (await third.get(case.path)).status_code == 404


async def test_one_that_has_not_begun_opens_nothing_and_may_be_ended_before_it_does(officer, lead, substitute):
    case = await officer.open()
    made = await stand_in(lead, substitute, valid_from=on(1))
    assert (await substitute.get(case.path)).status_code == 404
    assert (await lead.send("POST", f"/v1/substitutions/{made.json()['id']}/end")).status_code == 200


async def test_another_units_lead_opens_and_ends_nothing_here(service, officer, lead, stranger, substitute):
    case = await officer.open()
    assert (await stand_in(stranger, substitute)).status_code == 201
    assert (await substitute.get(case.path)).status_code == 404
    made = (await stand_in(lead, substitute)).json()["id"]
    assert (await stranger.send("POST", f"/v1/substitutions/{made}/end")).status_code == 404
    assert made not in (await stranger.get("/v1/substitutions", limit=100)).text
    for person in (officer, service.person("privacy-oslo")):
        assert (await stand_in(person, substitute)).status_code == 403


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"valid_to": on(-1)}, "access-too-long"),
        ({"valid_to": on(400)}, "access-too-long"),
        ({"valid_from": on(3), "valid_to": on(2)}, "access-too-long"),
        ({"absent": "officer 1"}, "invalid-request"),
        ({"absent": ""}, "invalid-request"),
        ({"valid_to": 1}, "invalid-request"),
    ],
)
async def test_a_time_or_a_person_that_makes_no_sense_is_refused(service, lead, substitute, change, code):
    before = await service.row_counts()
    answer = await stand_in(lead, substitute, **change)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert await service.row_counts() == before


async def test_nobody_stands_in_for_themselves(lead, substitute):
    answer = await stand_in(lead, substitute, absent=name_of(substitute))
    assert (answer.status_code, answer.json()["code"]) == (422, "same-person")
