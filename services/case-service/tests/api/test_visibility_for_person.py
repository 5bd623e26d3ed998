"""A service that sends letters is told of a person what the person would be told: no more, and by that service alone."""

from uuid import UUID, uuid4

import pytest
from forkant_contracts.visibility import MOST_ASKED

from .test_visibility import PEOPLE, asked, cases

COURIER = "notification-courier"
PATH = "/v1/visibility/person"
EMPTY = {"cases": [], "former_cases": [], "offered_cases": [], "concerns": []}
STANDINGS = {
    "officer": (["case_officer"], 1),
    "officer2": (["case_officer"], 1),
    "lead": (["prevention_lead"], 3),
    "privacy": (["privacy_officer"], 3),
}
__all__ = ["cases"]


def standing(name: str, **changes: object) -> dict[str, object]:
    prefix, _, unit = name.partition("-")
    roles, clearance = STANDINGS[prefix]
    return {"subject": name, "unit": unit, "roles": roles, "clearance": clearance, **changes}


async def told(service, question, *, by: str = COURIER, **claims: str):
    return await service.person(by, **claims).send("POST", PATH, question)


async def test_of_each_of_seven_people_is_told_what_they_would_be_told_themselves(empty_service, cases, concern):
    made = (await empty_service.person("officer-oslo").send("POST", "/v1/concerns", concern)).json()["id"]
    several = set()
    for name in PEOPLE:
        question = {"cases": [*cases, str(uuid4())], "concerns": [made]}
        answer = await told(empty_service, standing(name) | question)
        assert answer.status_code == 200, answer.text
        assert answer.json() == await asked(empty_service.person(name), **question), name
        several.add(answer.text)
    assert len(several) >= 6


async def test_what_changed_since_counts_and_what_the_token_said_does_too(service, officer, lead):
    case = await officer.open()
    question = standing("officer2-oslo") | {"cases": [case.id]}
    assert (await told(service, question)).json() == EMPTY
    member = await case.do("POST", "members", {"subject": "officer2-oslo"})
    assert (await told(service, question)).json()["cases"] == [case.id]
    assert (await told(service, question | {"roles": ["analyst"]})).json() == EMPTY
    assert (await told(service, question | {"unit": "troms"})).json() == EMPTY
    await case.do("PUT", "level", {"level": 2}, by=lead)
    assert (await told(service, question)).json()["cases"] == []
    assert (await told(service, question | {"clearance": 2})).json()["cases"] == [case.id]
    await case.do("DELETE", f"members/{member['item_id']}")
    assert (await told(service, question | {"clearance": 2})).json()["cases"] == []


async def test_somebody_of_a_unit_without_cases_or_of_none_that_is_known_sees_none(service, officer):
    case = await officer.open()
    for unit in ("pod", "nowhere"):
        question = standing("lead-oslo", unit=unit) | {"cases": [case.id]}
        assert (await told(service, question)).json() == EMPTY


@pytest.mark.parametrize(
    "persona",
    ["officer-oslo", "lead-oslo", "privacy-oslo", "pod-analyst", "pod-admin", "auditor", "indicator-self-audit"],
)
async def test_nobody_else_asks_for_another(service, persona):
    answer = await told(service, standing("lead-oslo"), by=persona)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_a_courier_of_a_unit_is_told_nothing(service):
    answer = await told(service, standing("lead-oslo"), unit="oslo")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    "path", ["/v1/cases", "/v1/concerns", "/v1/changes", "/v1/audit", "/v1/tasks", "/v1/methods", "/v1/recount/cases"]
)
async def test_the_courier_reads_nothing_else(service, path):
    assert (await service.person(COURIER).get(path)).status_code == 403


async def test_the_courier_finds_no_case_by_its_id_and_may_not_ask_for_itself(service, officer):
    case = await officer.open()
    for tail in ("", "/history", "/members"):
        assert (await service.person(COURIER).get(f"{case.path}{tail}")).status_code in (403, 404)
    answer = await service.person(COURIER).send("POST", "/v1/visibility", {"cases": [case.id]})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_what_was_told_is_in_the_audit_trail_by_the_ids_that_were_answered(service, officer):
    case, hidden = await officer.open(), uuid4()
    await told(service, standing("officer-oslo") | {"cases": [case.id, str(hidden)]})
    query = "SELECT subject, action, object_ids FROM audit_entry ORDER BY seq DESC LIMIT 1"
    [entry] = await service.fetch(query)
    expected = (COURIER, "case.ask_visibility_for_person", [UUID(case.id)])
    assert (entry["subject"], entry["action"], entry["object_ids"]) == expected


async def test_more_than_a_question_holds_is_not_asked(service):
    question = standing("lead-oslo") | {"cases": [str(uuid4())] * (MOST_ASKED + 1)}
    assert (await told(service, question)).status_code == 422
