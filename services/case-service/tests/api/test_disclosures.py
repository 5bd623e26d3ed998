"""What is given of a case: exactly that, by somebody else's approval, and on record after the case is erased."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

NEW = {
    "recipient_kind": "child_welfare", "recipient": "The service in Tarevik", "basis": "duty_to_report",
    "purpose_code": "protect_child", "fields": ["case.title"], "reason": "Two reports in a month.",
}  # fmt: skip
FACT = {
    "statement_type": "fact", "verification_status": "unverified", "source": "witness", "subject_category": "at_risk",
    "text": "Was seen.",
}  # fmt: skip
GIVEN = {"method": "meeting"}


async def prepared(case, **changes) -> str:
    return (await case.do("POST", "disclosures", {**NEW, **changes}))["item_id"]


async def refused(case, tail, body, *, by=None):
    answer = await case.attempt("POST", f"disclosures/{tail}", body, by=by)
    assert answer.is_client_error, answer.text
    return answer.status_code, answer.json()["code"]


async def test_a_disclosure_goes_from_a_wish_by_an_approval_to_what_was_given(officer, lead):
    case = await officer.open()
    made = await prepared(case)
    path = f"{case.path}/disclosures/{made}"
    shown = await officer.get(path)
    assert shown.headers["etag"] == case.etag
    first = shown.json()
    assert {name: first[name] for name in NEW} == NEW
    assert (first["state"], first["requested_by"], first["allowed"]) == (
        "prepared",
        "officer-oslo",
        ["approve", "refuse", "withdraw"],
    )
    await case.do("POST", f"disclosures/{made}/approval", by=lead)
    await case.do("POST", f"disclosures/{made}/disclosed", GIVEN)
    last = (await officer.get(path)).json()
    assert (last["state"], last["decided_by"], last["disclosed_by"], last["method"], last["allowed"]) == (
        "disclosed",
        "lead-oslo",
        "officer-oslo",
        "meeting",
        [],
    )
    assert (await officer.get(f"{case.path}/disclosures")).json() == {"items": [last]}


async def test_nothing_is_given_before_somebody_else_has_approved_it(service, officer, lead, privacy):
    case = await officer.open()
    made = await prepared(case)
    assert await refused(case, f"{made}/disclosed", GIVEN) == (409, "illegal-transition")
    assert (await case.attempt("POST", f"disclosures/{made}/approval", {})).status_code == 403
    own = (await case.do("POST", "disclosures", NEW, by=lead))["item_id"]
    assert await refused(case, f"{own}/approval", {}, by=lead) == (403, "own-disclosure")
    assert await refused(case, f"{own}/refusal", {}, by=lead) == (403, "own-disclosure")
    await case.do("POST", f"disclosures/{own}/approval", {}, by=privacy)
    with pytest.raises(asyncpg.CheckViolationError, match="disclosure_two_persons"):
        await service.fetch("UPDATE disclosure SET decided_by = requested_by WHERE id = $1", own)


@pytest.mark.parametrize("ended", ["refusal", "withdrawal"])
async def test_what_was_refused_or_withdrawn_is_not_given(officer, lead, ended):
    case = await officer.open()
    made = await prepared(case)
    await case.do("POST", f"disclosures/{made}/{ended}", by=lead)
    for tail, body in (("approval", {}), ("disclosed", GIVEN), ("withdrawal", {})):
        by = officer if tail == "disclosed" else lead
        assert await refused(case, f"{made}/{tail}", body, by=by) == (409, "illegal-transition")


async def test_the_case_must_hold_what_is_given(officer, lead):
    case = await officer.open()
    missing = ["assessment.risk_factors", "plan.goals", "case.subject", f"information/{uuid4()}"]
    answer = await case.attempt("POST", "disclosures", {**NEW, "fields": ["case.title", *missing]})
    assert (answer.status_code, answer.json()["code"]) == (422, "field-not-there")
    assert answer.json()["fields"] == sorted(missing)
    measure = await case.active(lead)
    told = (await case.do("POST", "information", FACT))["item_id"]
    fields = ["assessment.risk_factors", f"information/{told}", f"measure/{measure}", "plan.goals"]
    made = await prepared(case, fields=[*fields, "plan.goals"])
    assert (await officer.get(f"{case.path}/disclosures/{made}")).json()["fields"] == fields
    other = await officer.open()
    elsewhere = await other.attempt("POST", "disclosures", {**NEW, "fields": [f"information/{told}"]})
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (422, "field-not-there")


@pytest.mark.parametrize("fields", [[], ["everything"], ["case.id"], ["information/1"], ["Ola Nordmann"]])
async def test_what_is_no_part_of_any_case_is_not_echoed(officer, fields):
    case = await officer.open()
    answer = await case.attempt("POST", "disclosures", {**NEW, "fields": fields})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert "Nordmann" not in answer.text


async def test_restricted_information_is_given_at_no_step(officer, lead):
    long_ago = (datetime.now(UTC) - timedelta(days=200)).isoformat()
    case = await officer.open(occurred_at=long_ago)
    late = (await case.do("POST", "information", {**FACT, "occurred_at": long_ago}))["item_id"]
    answer = await case.attempt("POST", "disclosures", {**NEW, "fields": [f"information/{late}"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "field-restricted")
    fresh = (await case.do("POST", "information", FACT))["item_id"]
    made = await prepared(case, fields=[f"information/{fresh}"])
    ready = await prepared(case, fields=[f"information/{fresh}"])
    await case.do("POST", f"disclosures/{ready}/approval", by=lead)
    wrong = {"outcome": "incorrect", "verification_status": "unverified"}
    await case.do("POST", f"information/{fresh}/clarification", wrong)
    assert await refused(case, f"{made}/approval", {}, by=lead) == (409, "field-restricted")
    assert await refused(case, f"{ready}/disclosed", GIVEN) == (409, "field-restricted")


async def test_a_restricted_case_gives_nothing(officer, lead):
    case = await officer.open()
    made = await prepared(case)
    await case.do("POST", "restriction", {"restricted": True, "reason": "disputed"}, by=lead)
    assert await refused(case, f"{made}/approval", {}, by=lead) == (409, "case-restricted")


async def test_of_two_who_decide_at_once_one_does(officer, lead, privacy):
    case = await officer.open()
    made = await prepared(case)
    path = f"{case.path}/disclosures/{made}"
    answers = await asyncio.gather(
        lead.send("POST", f"{path}/approval", etag=case.etag),
        privacy.send("POST", f"{path}/refusal", etag=case.etag),
    )
    won, lost = sorted(answer.status_code for answer in answers)
    # The other one hears that the case moved on, or, having read the case before that, that it is decided.
    assert (won, lost in {409, 412}) == (200, True)


async def test_who_does_not_see_the_case_sees_no_disclosure_of_it(service, officer, stranger):
    case = await officer.open()
    made = await prepared(case)
    other = await officer.open()
    for person, path in (
        (stranger, case.path),
        (service.person("officer2-oslo"), case.path),
        (officer, other.path),
    ):
        assert (await person.get(f"{path}/disclosures/{made}")).status_code == 404
    assert await refused(other, f"{made}/withdrawal", {}) == (404, "not-found")


async def test_an_erasure_keeps_the_codes_empties_the_texts_and_names_whom_to_tell(service, officer, lead, privacy):
    case = await officer.open()
    made = await prepared(case)
    await prepared(case, recipient_kind="school")
    await case.do("POST", f"disclosures/{made}/approval", by=lead)
    await case.do("POST", f"disclosures/{made}/disclosed", GIVEN)
    await case.do("POST", "erasure", {"basis": "unlawful"}, by=privacy)
    shown = (await privacy.get(f"{case.path}/erasure")).json()
    assert [(each["disclosure_id"], each["recipient_kind"]) for each in shown["recipients_to_tell"]] == [
        (made, "child_welfare")
    ]
    assert shown["destroyed"]["disclosure"] == 2
    rows = await service.fetch("SELECT recipient, reason, fields FROM disclosure WHERE case_id = $1", case.id)
    assert [tuple(row) for row in rows] == [(None, None, ["case.title"])] * 2
    assert (await officer.get(f"{case.path}/disclosures")).status_code == 410


async def test_what_was_given_can_be_rewritten_by_nobody(service, officer):
    case = await officer.open()
    made = await prepared(case)
    app = await asyncpg.connect(service.app_url)
    stance = {
        "unit": "oslo", "subject": "officer-oslo", "clearance": "3", "members_from": "4", "changes": "on",
        "sees_restricted": "on", "at": datetime.now(UTC).isoformat(),
    }  # fmt: skip
    async with app.transaction():
        for name, value in stance.items():
            await app.execute("SELECT set_config($1, $2, true)", f"forkant.{name}", value)
        for attack, says in (
            ("UPDATE disclosure SET fields = '{case.state}' WHERE id = $1", "permission denied"),
            ("UPDATE disclosure SET recipient_kind = 'court' WHERE id = $1", "permission denied"),
            ("DELETE FROM disclosure WHERE id = $1", "permission denied"),
            ("UPDATE disclosure SET recipient = sha256('x') WHERE id = $1", "never rewritten"),
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match=says):
                async with app.transaction():
                    await app.execute(attack, made)
    await app.close()


async def test_the_trail_names_each_step_and_the_disclosure(service, officer, lead):
    case = await officer.open()
    made = await prepared(case)
    await case.do("POST", f"disclosures/{made}/approval", by=lead)
    await case.do("POST", f"disclosures/{made}/disclosed", GIVEN)
    rows = await service.fetch(
        "SELECT action, subject FROM audit_entry WHERE $1 = ANY (object_ids) AND outcome = 'done' ORDER BY seq", made
    )
    assert [tuple(row) for row in rows] == [
        ("case.prepare_disclosure", "officer-oslo"),
        ("case.approve_disclosure", "lead-oslo"),
        ("case.disclose", "officer-oslo"),
    ]
