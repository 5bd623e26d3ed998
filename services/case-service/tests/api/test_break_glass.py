"""Broken glass: one case, for reading, for half an hour; told at once and reviewed by somebody else."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from forkant_devstack.testing.assessments import completed_assessment


@pytest.fixture
async def outsider(service):
    """An officer of another unit whose clearance is that of the members."""
    return service.person("officer-troms", sub=f"officer-{uuid4()}")


async def break_glass(person, case, reason="acute_danger"):
    return await person.send("POST", f"{case.path}/break-glass", {"reason": reason})


async def open_reviews(person) -> list[dict]:
    return (await person.get("/v1/access-reviews", done=False, limit=100)).json()["items"]


async def test_broken_glass_opens_one_case_for_reading_and_no_list(officer, outsider):
    case, other = await officer.open(), await officer.open()
    answer = await break_glass(outsider, case)
    assert answer.status_code == 201, answer.text
    shown = await outsider.get(case.path)
    assert shown.status_code == 200
    assert (await outsider.get(f"{case.path}/history")).status_code == 200
    assert (await outsider.get(other.path)).status_code == 404
    for path in ("/v1/cases", "/v1/changes", "/v1/transfers", "/v1/concerns"):
        assert case.id not in (await outsider.get(path, limit=100)).text
    case.etag = shown.headers["etag"]
    for command in (
        ("PUT", "assessment", completed_assessment()),
        ("POST", "members", {"subject": "officer-troms"}),
        ("POST", "hold", {"reason": "awaiting_partner"}),
    ):
        refused = await case.attempt(*command, by=outsider)
        assert (refused.status_code, refused.json()["code"]) == (404, "not-found"), command


async def test_broken_glass_is_shut_after_half_an_hour(service, officer, outsider):
    case = await officer.open()
    assert (await break_glass(outsider, case)).status_code == 201
    tools = service.app.state.tools
    begun = tools.now()
    try:
        for minutes, status in ((29, 200), (31, 404)):
            service.app.state.tools = replace(tools, now=lambda m=minutes: begun + timedelta(minutes=m))
            assert (await outsider.get(case.path)).status_code == status
    finally:
        service.app.state.tools = tools


@pytest.mark.parametrize("body", [{}, {"reason": None}, {"reason": ""}, {"reason": "curiosity"}, {"reason": "unknown"}])
async def test_nobody_breaks_the_glass_without_a_reason(service, officer, outsider, body):
    case = await officer.open()
    before = await service.row_counts()
    answer = await outsider.send("POST", f"{case.path}/break-glass", body)
    assert answer.status_code == 422
    assert await service.row_counts() == before
    assert (await outsider.get(case.path)).status_code == 404


async def test_glass_does_not_break_for_what_is_restricted_erased_above_the_clearance_or_not_there(
    service, officer, lead, privacy, outsider
):
    restricted, erased, secret = await officer.open(), await officer.open(), await officer.open()
    await restricted.do("POST", "restriction", {"restricted": True, "reason": "disputed"}, by=lead)
    await erased.do("POST", "erasure", {"basis": "unlawful"}, by=privacy)
    await secret.do("PUT", "level", {"level": 3}, by=lead)
    before = await service.row_counts()
    for case in (restricted, erased, secret):
        answer = await break_glass(outsider, case)
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    missing = await outsider.send("POST", f"/v1/cases/{uuid4()}/break-glass", {"reason": "acute_danger"})
    assert missing.status_code == 404
    assert await service.row_counts() == before


async def test_a_role_that_reads_no_cases_breaks_no_glass(service, officer):
    case = await officer.open()
    for persona in ("analyst-troms", "pod-admin", "auditor", "downstream-demo"):
        assert (await break_glass(service.person(persona), case)).status_code == 403


async def test_who_sees_the_case_breaks_no_glass(officer, lead, outsider):
    case = await officer.open()
    for person in (officer, lead):
        answer = await break_glass(person, case)
        assert (answer.status_code, answer.json()["code"]) == (409, "already-member")
    assert (await break_glass(outsider, case)).status_code == 201
    assert (await break_glass(outsider, case)).status_code == 409


async def test_broken_glass_is_told_on_the_bus_without_a_name_and_recorded_with_one(service, officer, outsider):
    case = await officer.open()
    made = (await break_glass(outsider, case, "duty_to_avert")).json()["id"]
    [event] = await service.fetch("SELECT * FROM event_archive WHERE aggregate_id = $1", made)
    assert (event["type"], event["topic"], event["unit"]) == (
        "no.forkant.access.glass-broken.v1",
        "forkant.access.v1",
        "oslo",
    )
    assert event["data"] == f'{{"reason": "duty_to_avert", "by_unit": "troms", "case_id": "{case.id}"}}'
    [entry] = await service.fetch(
        "SELECT * FROM audit_entry WHERE action = 'case.break_glass' AND $1 = ANY (object_ids)", case.id
    )
    assert entry["subject"].startswith("officer-")
    assert entry["purpose"] == "prevent_crime"


async def test_a_lead_of_the_cases_unit_reviews_it_once(service, officer, lead, outsider):
    case = await officer.open()
    made = (await break_glass(outsider, case)).json()["id"]
    assert made in [review["id"] for review in await open_reviews(lead)]
    stranger = service.person("lead-vest")
    assert made not in [review["id"] for review in await open_reviews(stranger)]
    assert (await stranger.get(f"/v1/access-reviews/{made}")).status_code == 404
    assert (await officer.get("/v1/access-reviews")).status_code == 403
    read = await lead.get(f"/v1/access-reviews/{made}")
    assert read.json()["opened_by_unit"] == "troms"
    path = f"/v1/access-reviews/{made}/verdict"
    assert (await lead.send("POST", path, {"verdict": "justified"})).status_code == 428
    done = await lead.send("POST", path, {"verdict": "not_justified"}, etag=read.headers["etag"])
    assert (done.status_code, done.json()["verdict"]) == (200, "not_justified")
    assert made not in [review["id"] for review in await open_reviews(lead)]
    again = await lead.send("POST", path, {"verdict": "justified"}, etag=done.headers["etag"])
    assert (again.status_code, again.json()["code"]) == (409, "already-reviewed")
    stale = await lead.send("POST", path, {"verdict": "justified"}, etag=read.headers["etag"])
    assert stale.status_code == 412


async def test_nobody_reviews_their_own_access(service, officer):
    lead = service.person("lead-oslo", sub="lead8-oslo")
    case = await officer.open()
    await case.do("PUT", "level", {"level": 3}, by=service.person("lead-oslo"))
    made = (await break_glass(lead, case)).json()["id"]
    read = await lead.get(f"/v1/access-reviews/{made}")
    path = f"/v1/access-reviews/{made}/verdict"
    answer = await lead.send("POST", path, {"verdict": "justified"}, etag=read.headers["etag"])
    assert (answer.status_code, answer.json()["code"]) == (403, "own-access")
