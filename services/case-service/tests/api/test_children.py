"""Cases about somebody under 18: their assessment considers the child, and everything that shows it knows so."""

import re

import pytest
from case_service.domain.children import ChildConsidered, DutyToReport, GuardianContact, NotContacted, NotHeard
from forkant_devstack.testing.assessments import CHILD_CONSIDERED, completed_assessment

CODES = {
    "child_not_heard": NotHeard,
    "guardian_contact": GuardianContact,
    "guardian_not_contacted": NotContacted,
    "duty_to_report": DutyToReport,
}
NOTHING = dict.fromkeys(ChildConsidered.__dataclass_fields__)


def refused(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize("age_band", ["under_15", "15_17"])
async def test_the_assessment_of_a_child_is_not_completed_without_the_child(service, officer, age_band):
    case = await officer.open(age_band=age_band)
    answer = await case.attempt("PUT", "assessment", {"completed": True})
    assert refused(answer) == (422, "child-not-considered")
    asked = ["best_interests", "child_not_heard", "child_view", "duty_to_report", "guardian_contact"]
    assert answer.json()["missing"] == asked
    await case.do("PUT", "assessment", {"summary": "A draft.", "guardian_contact": "contacted"})
    await case.do("PUT", "assessment", completed_assessment())
    assert await service.events(case.id) == ["case.opened", "case.assessment-started", "case.assessed"]
    shown = (await case.read())["assessment"]
    assert {name: shown[name] for name in NOTHING} == {**NOTHING, **CHILD_CONSIDERED}


async def test_what_is_written_of_a_child_is_sealed(service, officer):
    case = await officer.open()
    await case.do("PUT", "assessment", completed_assessment(best_interests="Canary-8841 at home"))
    [row] = await service.fetch("SELECT best_interests FROM assessment WHERE case_id = $1", case.id)
    assert b"Canary-8841" not in row["best_interests"]
    [event] = await service.fetch(
        "SELECT data FROM event_archive WHERE aggregate_id = $1 AND type LIKE '%case.assessed%'", case.id
    )
    assert "Canary-8841" not in str(event["data"])


@pytest.mark.parametrize("field", ["best_interests", "child_view", *CODES])
async def test_nothing_of_it_is_said_of_an_adult(officer, field):
    case = await officer.open(age_band="25_plus")
    said = next(iter(CODES[field])).value if field in CODES else "Said wrongly."
    answer = await case.attempt("PUT", "assessment", {field: said})
    assert refused(answer) == (422, "no-child")
    assert answer.json()["fields"] == [field]
    await case.do("PUT", "assessment", {"completed": True})
    assert {name: (await case.read())["assessment"][name] for name in NOTHING} == NOTHING


async def test_what_contradicts_itself_is_refused(officer):
    case = await officer.open()
    both = {"child_view": "Was heard.", "child_not_heard": "too_young"}
    assert refused(await case.attempt("PUT", "assessment", both)) == (422, "child-fields-contradict")
    for alone in ({"guardian_contact": "not_contacted"}, {"guardian_not_contacted": "unreachable"}):
        assert refused(await case.attempt("PUT", "assessment", alone)) == (422, "child-fields-contradict")


@pytest.mark.parametrize("field", CODES)
async def test_the_database_lists_the_codes_of_the_domain(service, field):
    [row] = await service.fetch(
        "SELECT pg_get_constraintdef(oid) AS rule FROM pg_constraint WHERE conrelid = 'assessment'::regclass"
        " AND conname = $1",
        f"assessment_{field}_check",
    )
    assert {*re.findall(r"'([a-z_]+)'", row["rule"])} == {code.value for code in CODES[field]}


async def test_a_case_as_of_a_moment_tells_what_was_said_of_the_child(officer):
    case = await officer.open()
    await case.do("PUT", "assessment", completed_assessment())
    then = (await case.read())["updated_at"]
    told = (await officer.get(f"{case.path}/as-of", at=then)).json()["assessment"]
    assert {name: told[name] for name in NOTHING} == {**NOTHING, **CHILD_CONSIDERED}
    await case.do("PUT", "assessment", completed_assessment(duty_to_report="reported"))
    told = (await officer.get(f"{case.path}/as-of", at=then)).json()
    assert {name: told["assessment"][name] for name in NOTHING} == NOTHING
    assert "assessment" in told["not_known"]


async def test_what_is_said_of_a_child_can_be_named_in_a_disclosure_where_it_is_said(officer):
    case = await officer.open()
    await case.do("PUT", "assessment", completed_assessment())
    body = {
        "recipient_kind": "child_welfare", "recipient": "The service", "basis": "duty_to_report",
        "purpose_code": "protect_child", "reason": "It is needed.",
    }  # fmt: skip
    fields = [f"assessment.{name}" for name in CHILD_CONSIDERED]
    await case.do("POST", "disclosures", {**body, "fields": fields})
    answer = await case.attempt("POST", "disclosures", {**body, "fields": ["assessment.guardian_not_contacted"]})
    assert refused(answer) == (422, "field-not-there")


async def test_a_case_is_found_by_the_words_of_a_child_s_best_interests(officer):
    case = await officer.open()
    await case.do("PUT", "assessment", completed_assessment(best_interests="Fosterhjem i nabolaget"))
    found = await officer.send("POST", "/v1/cases/search", {"words": "fosterhjem"})
    assert [one["id"] for one in found.json()["items"]] == [case.id]


async def test_erasing_a_case_leaves_nothing_of_the_child(service, officer, lead, privacy):
    case = await officer.open()
    await case.do("PUT", "assessment", completed_assessment())
    await case.do("PUT", "archive-decision", {"outcome": "destroy"}, by=lead)
    await case.do("POST", "erasure", {"basis": "unfounded"}, by=privacy)
    assert await service.fetch("SELECT 1 FROM assessment WHERE case_id = $1", case.id) == []
