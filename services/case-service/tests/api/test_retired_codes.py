"""A retired code can't be used in what is new, and still reads where it stands."""

import json
from datetime import timedelta

import pytest
from case_service.domain.moments import local_day
from forkant_kit.db import utc_now

TODAY = local_day(utc_now())


LATER = (TODAY + timedelta(days=40)).isoformat()


PERSON = {
    "case_type": "person", "subject_category": "at_risk", "purpose_code": "prevent_crime", "legal_basis": "police_act",
    "theme": "violence", "age_band": "under_15", "title": "A title",
}  # fmt: skip


@pytest.fixture
def people(empty_service):
    """The people of the story: who proposes in Oslo, who edits and who decides in the directorate, and another unit."""
    return {
        "lead": empty_service.person("lead-oslo"),
        "editor": empty_service.person("pod-methods"),
        "decider": empty_service.person("pod-analyst"),
        "other": empty_service.person("officer-troms"),
    }


def refused(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize(
    "used",
    [
        ("theme", "violence", None, None),
        ("case_type", "person", None, None),
        ("legal_basis", "police_act", None, None),
        ("risk_factor", "truancy", "assessment", {"risk_factors": ["truancy"]}),
        ("protective_factor", "school_attachment", "assessment", {"protective_factors": ["school_attachment"]}),
        ("measure_kind", "home_visit", "measures", {"kind": "home_visit", "due_on": LATER}),
    ],
    ids=lambda used: used[0],
)
async def test_a_retired_code_cannot_be_used_in_a_new_case_and_still_reads_in_an_old_one(empty_service, people, used):
    code_list, code, tail, body = used
    officer = empty_service.person("officer-oslo")
    old, new = await officer.open(**PERSON), await officer.open(**PERSON)
    if tail == "measures":
        for case in (old, new):
            await case.planned()
    method = "PUT" if tail == "assessment" else "POST"
    if tail:
        await old.do(method, tail, body)
    retirement = {"code_list": code_list, "code": code, "retired_from": TODAY.isoformat(), "reason": "Split in two."}
    answer = await people["decider"].send("POST", "/v1/catalogue/retirements", retirement)
    assert answer.status_code == 200, answer.text
    assert (await officer.get("/v1/catalogue")).json()["retired"] == {code_list: {code: TODAY.isoformat()}}
    if tail is None:
        refusal = await officer.send("POST", "/v1/cases", PERSON)
    else:
        refusal = await new.attempt(method, tail, body)
    assert refused(refusal) == (422, "code-retired")
    assert code in json.dumps(await old.read())
    if tail == "assessment":
        await old.do(method, tail, {**body, "summary": "The same, in other words."})
    again = await people["decider"].send("POST", "/v1/catalogue/retirements", retirement)
    assert refused(again) == (409, "already-retired")


async def test_a_concern_takes_no_retired_code_either_and_one_of_before_is_decided(empty_service, people, concern):
    officer = empty_service.person("officer-oslo")
    received = await officer.send("POST", "/v1/concerns", concern)
    for code_list, code in (("concern_source", concern["source"]),):
        retirement = {"code_list": code_list, "code": code, "retired_from": TODAY.isoformat(), "reason": "Unclear."}
        await people["decider"].send("POST", "/v1/catalogue/retirements", retirement)
    assert refused(await officer.send("POST", "/v1/concerns", concern)) == (422, "code-retired")
    decided = await officer.send(
        "POST", f"{received.headers['location']}/decision", {"outcome": "dismissed"}, etag=received.headers["etag"]
    )
    assert decided.status_code == 200, decided.text


async def test_a_code_that_is_retired_later_is_taken_until_then(empty_service, people):
    retirement = {"code_list": "theme", "code": "violence", "retired_from": LATER, "reason": "Split in two."}
    await people["decider"].send("POST", "/v1/catalogue/retirements", retirement)
    await empty_service.person("officer-oslo").open(theme="violence")


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"code": "rumour"}, "unknown-code"), ({"code": "unknown"}, "unknown-code"),
     ({"retired_from": "2020-01-01"}, "due-on-out-of-range"), ({"code_list": "role"}, "invalid-request")],
)  # fmt: skip
async def test_what_is_no_code_or_lies_in_the_past_is_not_retired(people, changes, code):
    body = {"code_list": "theme", "code": "fraud", "retired_from": LATER, "reason": "Unclear.", **changes}
    assert refused(await people["decider"].send("POST", "/v1/catalogue/retirements", body)) == (422, code)
