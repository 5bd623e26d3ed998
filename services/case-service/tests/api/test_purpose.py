"""A stated purpose: only cases of that purpose are there, and it is recorded with what was shown, lists too."""

import pytest
from forkant_devstack.testing.assessments import completed_assessment


async def ask(person, path, purpose, **params):
    headers = {**person.headers, "Forkant-Purpose": purpose}
    return await person.client.get(path, params=params, headers=headers)


async def test_for_another_purpose_a_case_is_not_there(officer):
    case = await officer.open(purpose_code="prevent_crime")
    assert (await ask(officer, case.path, "prevent_crime")).status_code == 200
    for path in (case.path, f"{case.path}/history", f"{case.path}/members"):
        answer = await ask(officer, path, "public_safety")
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert case.id in (await ask(officer, "/v1/cases", "prevent_crime", limit=100)).text
    for path in ("/v1/cases", "/v1/changes"):
        assert case.id not in (await ask(officer, path, "public_safety", limit=100)).text


async def test_nothing_is_changed_for_another_purpose(service, officer):
    case = await officer.open(purpose_code="prevent_crime")
    before = await service.row_counts()
    headers = {**officer.headers, "Forkant-Purpose": "public_safety", "If-Match": case.etag}
    answer = await officer.client.put(f"{case.path}/assessment", json=completed_assessment(), headers=headers)
    assert answer.status_code == 404
    assert await service.row_counts() == before


async def test_the_stated_purpose_of_a_list_is_recorded(service, officer):
    await officer.open()
    assert (await ask(officer, "/v1/cases", "public_safety", limit=1)).status_code == 200
    [entry] = await service.fetch(
        "SELECT purpose FROM audit_entry WHERE action = 'case.list' AND subject = 'officer-oslo' ORDER BY seq DESC LIMIT 1"
    )
    assert entry["purpose"] == "public_safety"


@pytest.mark.parametrize("purpose", ["", "curiosity", "unknown", "prevent_crime, public_safety"])
async def test_a_purpose_that_is_none_is_refused(officer, purpose):
    answer = await ask(officer, "/v1/cases", purpose)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
