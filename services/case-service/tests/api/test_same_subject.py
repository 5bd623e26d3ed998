"""Cases about the same subject are found by a reference that nobody keeps, by those alone who see both."""

import base64
import json
import logging
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest
from forkant_kit.db import utc_now
from forkant_kit.keyring import Keyring, read_keys
from forkant_kit.vault import Vault
from forkant_kit.vault_settings import DEV_TEXT_KEY

CANARY = "KANARI-19870412-4711"
FORMS = (CANARY, "kanari198704124711", "KANARI198704124711")
OTHER_KEY = base64.b64encode(b"another key of thirty-two bytes!").decode()
UNTIL = (utc_now() + timedelta(days=30)).isoformat()


async def duplicates(person, case) -> dict[str, list[str]]:
    answer = await person.get(f"{case.path}/duplicates")
    assert answer.status_code == 200, answer.text
    return {item["id"]: item["reasons"] for item in answer.json()["items"]}


@pytest.fixture
def lead(empty_service):
    return empty_service.person("lead-oslo", clearance=3)


@pytest.fixture
def officer(empty_service):
    return empty_service.person("officer-oslo")


async def test_a_second_case_about_the_same_is_found_whatever_its_codes_and_however_old(officer):
    long_ago = (utc_now() - timedelta(days=900)).isoformat()
    first = await officer.open(subject_reference=CANARY, theme="violence", age_band="under_15", occurred_at=long_ago)
    second = await officer.open(subject_reference="kanari 19870412/4711", theme="drugs", municipality_number=None)
    other = await officer.open(subject_reference="KANARI-19870412-4712", theme="drugs", municipality_number="0301")
    assert await duplicates(officer, second) == {
        other.id: ["same_case_type", "same_theme", "same_age_band", "near_in_time"],
        first.id: ["same_subject", "same_case_type"],
    }
    assert (await duplicates(officer, first)).keys() == {second.id}


async def test_what_is_alike_in_both_ways_is_listed_once_with_both_reasons_on_one_page_or_several(officer):
    cases = [await officer.open(subject_reference=CANARY) for _ in range(5)]
    found = await duplicates(officer, cases[0])
    assert found.keys() == {case.id for case in cases[1:]}
    assert all(reasons[0] == "same_subject" and "near_in_time" in reasons for reasons in found.values())
    ids, cursor = [], None
    while True:
        more = {"cursor": cursor} if cursor else {}
        page = (await officer.get(f"{cases[0].path}/duplicates", limit=1, **more)).json()
        ids += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert ids == sorted(found, reverse=True)


async def test_a_case_without_a_reference_is_like_none_by_its_subject(officer):
    first, second = await officer.open(theme="violence"), await officer.open(theme="drugs")
    assert second.id not in await duplicates(officer, first)


async def test_a_case_from_a_concern_takes_one_too(officer, concern):
    first = await officer.open(subject_reference=CANARY, theme="fraud")
    received = await officer.send("POST", "/v1/concerns", concern)
    case = {
        "case_type": "person", "subject_category": "at_risk", "purpose_code": "prevent_crime",
        "legal_basis": "police_act", "title": "A title", "subject_reference": CANARY,
    }  # fmt: skip
    decided = await officer.send(
        "POST", f"{received.headers['location']}/decision", {"outcome": "case", "case": case},
        etag=received.headers["etag"],
    )  # fmt: skip
    assert decided.status_code == 200, decided.text
    assert "same_subject" in (await duplicates(officer, first))[decided.json()["case_id"]]


async def test_who_does_not_see_the_other_case_is_not_told_of_it(empty_service, officer, lead):
    mine = await officer.open(subject_reference=CANARY)
    colleague = empty_service.person("officer2-oslo")
    theirs = await colleague.open(subject_reference=CANARY)
    secret = await lead.open(subject_reference=CANARY, level=3)
    abroad = await empty_service.person("officer-troms").open(subject_reference=CANARY)
    assert await duplicates(officer, mine) == {}
    assert (await duplicates(lead, mine)).keys() == {theirs.id, secret.id}
    assert (await duplicates(empty_service.person("lead-oslo", clearance=1), mine)).keys() == {theirs.id}
    given = {"subject": "officer-oslo", "reason": "joint_work", "valid_to": UNTIL}
    shared = await abroad.attempt("POST", "access", given, by=empty_service.person("lead-troms"))
    assert shared.is_success, shared.text
    assert (await duplicates(officer, mine)).keys() == {abroad.id}, "of another unit, and shared for a time"
    restricted = await abroad.attempt(
        "POST", "restriction", {"restricted": True, "reason": "disputed"}, by=empty_service.person("lead-troms")
    )
    assert restricted.is_success, restricted.text
    assert await duplicates(officer, mine) == {}


async def test_the_database_shows_no_mark_of_a_case_that_the_caller_does_not_see(empty_service, officer):
    mine = await officer.open(subject_reference=CANARY)
    await empty_service.person("officer-troms").open(subject_reference=CANARY)
    told = {
        "forkant.unit": "oslo", "forkant.subject": "officer-oslo", "forkant.clearance": "3",
        "forkant.members_from": "4", "forkant.sees_restricted": "on", "forkant.changes": "on",
        "forkant.at": utc_now().isoformat(),
    }  # fmt: skip
    connection = await asyncpg.connect(empty_service.app_url, server_settings=told)
    try:
        assert [str(row["case_id"]) for row in await connection.fetch("SELECT * FROM subject_mark")] == [mine.id]
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("UPDATE subject_mark SET mark = mark")
    finally:
        await connection.close()


async def test_the_reference_is_in_no_answer_table_event_audit_entry_or_log(empty_service, officer, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    case = await officer.open(subject_reference=CANARY)
    answers = [
        await officer.get(path)
        for path in (case.path, f"{case.path}/history", f"{case.path}/timeline", f"{case.path}/duplicates",
                     f"{case.path}/as-of", "/v1/cases", "/v1/changes")
    ]  # fmt: skip
    bad = {"case_type": "person", "subject_reference": f"{CANARY}\x00", "title": "A title"}
    answers += [
        await officer.send("POST", "/v1/cases", bad),
        await officer.send("POST", "/v1/cases", {**bad, "subject_reference": CANARY * 9}),
        await officer.send("POST", "/v1/cases/search", {"words": CANARY}),
        await empty_service.person("auditor").get("/v1/audit"),
    ]
    told = [answer.text for answer in answers] + [caplog.text, *capfd.readouterr()]
    for table in await empty_service.row_counts():
        rows = await empty_service.fetch(f'SELECT t::text AS row FROM "{table}" AS t')
        told += [row["row"] for row in rows]
    hexes = [form.encode().hex() for form in FORMS]
    assert not [text for text in told if any(form.lower() in text.lower() for form in (*FORMS, *hexes))]
    assert (await officer.send("POST", "/v1/cases/search", {"words": CANARY})).json()["items"] == []


@pytest.mark.parametrize("reference", ["12345", "------------", "", "\u202e12345678", 12345678, "1" * 101])
async def test_what_is_no_reference_is_refused_without_being_echoed(officer, person_case, reference):
    answer = await officer.send("POST", "/v1/cases", {**person_case, "subject_reference": reference})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert not reference or str(reference) not in answer.text


async def test_a_mark_cannot_be_made_without_the_services_key(empty_service, officer):
    await officer.open(subject_reference=CANARY)
    [row] = await empty_service.fetch("SELECT mark FROM subject_mark")
    ours, theirs = (Vault(Keyring(read_keys(keys))) for keys in (DEV_TEXT_KEY, OTHER_KEY))
    assert [row["mark"]] == ours.marker.marks("kanari198704124711")
    assert [row["mark"]] != theirs.marker.marks("kanari198704124711")


async def test_an_erasure_takes_the_marks_with_the_case_and_says_so(empty_service, officer):
    case, other = await officer.open(subject_reference=CANARY), await officer.open(subject_reference=CANARY)
    privacy, lead = empty_service.person("privacy-oslo"), empty_service.person("lead-oslo")
    await case.do("PUT", "archive-decision", {"outcome": "destroy"}, by=lead)
    await case.do("POST", "erasure", {"basis": "unfounded"}, by=privacy)
    left = await empty_service.fetch("SELECT case_id FROM subject_mark")
    assert [str(row["case_id"]) for row in left] == [other.id]
    assert await duplicates(officer, other) == {}
    certificate = (await privacy.get(f"{case.path}/erasure")).json()
    assert certificate["destroyed"]["subject_mark"] == 1


async def test_cases_from_before_and_after_a_rotation_still_meet(empty_service, officer):
    before = await officer.open(subject_reference=CANARY, theme="fraud")
    tools = empty_service.app.state.tools
    # The newest key is another, and the older one is still given.
    both = Vault(Keyring(read_keys(f"{OTHER_KEY},{DEV_TEXT_KEY}")))
    empty_service.app.state.tools = replace(tools, vault=both)
    after = await officer.open(subject_reference=CANARY, theme="drugs")
    assert (await duplicates(officer, after)).keys() == {before.id}
    assert (await duplicates(officer, before)).keys() == {after.id}
    empty_service.app.state.tools = replace(tools, vault=Vault(Keyring(read_keys(OTHER_KEY))))
    last = await officer.open(subject_reference=CANARY, theme="violence")
    assert (await duplicates(officer, last)).keys() == {after.id}, "the older key alone knew the first"
    assert (await duplicates(officer, before)).keys() == {after.id}, "what met stays met without a key"


async def of_concern(person, received) -> dict[str, list[str]]:
    answer = await person.get(f"{received.headers['location']}/duplicates")
    assert answer.status_code == 200, answer.text
    return {item["id"]: item["reasons"] for item in answer.json()["items"]}


async def receive(person, concern, **more):
    answer = await person.send("POST", "/v1/concerns", {**concern, **more})
    assert answer.status_code == 201, answer.text
    return answer


async def test_a_concern_about_the_same_is_found_before_it_becomes_a_case_and_its_case_is_found_after(
    empty_service, officer, concern
):
    known = await officer.open(subject_reference=CANARY, theme="fraud")
    abroad = await empty_service.person("officer-troms").open(subject_reference=CANARY, theme="fraud")
    earlier = await receive(officer, concern, subject_reference=FORMS[1], theme="vandalism")
    other = await receive(officer, concern, subject_reference="REG-4712-555", theme="vandalism")
    received = await receive(officer, concern, subject_reference=CANARY, theme="drugs")
    found = await of_concern(officer, received)
    assert found.keys() == {known.id, earlier.json()["id"]}
    assert all(reasons[0] == "same_subject" for reasons in found.values())
    assert other.json()["id"] not in found
    assert abroad.id not in found
    case = {
        "case_type": "person", "subject_category": "at_risk", "purpose_code": "prevent_crime",
        "legal_basis": "police_act", "title": "A title",
    }  # fmt: skip
    decided = await officer.send(
        "POST", f"{received.headers['location']}/decision", {"outcome": "case", "case": case},
        etag=received.headers["etag"],
    )  # fmt: skip
    assert decided.status_code == 200, decided.text
    made = decided.json()["case_id"]
    assert "same_subject" in (await duplicates(officer, known))[made], "it takes the mark of its concern"
    assert made not in await of_concern(officer, received), "it is the concern's own"
    for table in await empty_service.row_counts():
        rows = await empty_service.fetch(f'SELECT t::text AS row FROM "{table}" AS t')
        assert not [row for row in rows if any(form.lower() in row["row"].lower() for form in FORMS)], table


async def test_what_one_may_not_see_is_not_said_of_a_concern_either(empty_service, officer, concern):
    received = await receive(officer, concern, subject_reference=CANARY)
    troms = empty_service.person("officer-troms")
    theirs = await receive(troms, concern, subject_reference=CANARY)
    await empty_service.person("officer2-oslo").open(subject_reference=CANARY, theme="fraud")
    assert await of_concern(officer, received) == {}
    assert await of_concern(troms, theirs) == {}
    told = {"forkant.unit": "oslo", "forkant.subject": "officer-oslo", "forkant.changes": "on"}
    connection = await asyncpg.connect(empty_service.app_url, server_settings=told)
    try:
        marks = await connection.fetch("SELECT concern_id FROM concern_mark")
        assert [str(row["concern_id"]) for row in marks] == [received.json()["id"]]
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("UPDATE concern_mark SET mark = mark")
    finally:
        await connection.close()


async def test_the_marks_of_a_concern_go_with_its_case(empty_service, officer, concern):
    kept = await receive(officer, concern, subject_reference=CANARY)
    received = await receive(officer, concern, subject_reference=CANARY)
    case = {
        "case_type": "person", "subject_category": "at_risk", "purpose_code": "prevent_crime",
        "legal_basis": "police_act", "title": "A title",
    }  # fmt: skip
    decided = await officer.send(
        "POST", f"{received.headers['location']}/decision", {"outcome": "case", "case": case},
        etag=received.headers["etag"],
    )  # fmt: skip
    path = f"/v1/cases/{decided.json()['case_id']}"
    privacy, lead = empty_service.person("privacy-oslo"), empty_service.person("lead-oslo")
    for method, word, body, by in (
        ("PUT", "archive-decision", {"outcome": "destroy"}, lead),
        ("POST", "erasure", {"basis": "unfounded"}, privacy),
    ):
        etag = (await lead.get(path)).headers["etag"]
        answer = await by.send(method, f"{path}/{word}", body, etag=etag)
        assert answer.is_success, answer.text
    assert await empty_service.fetch("SELECT * FROM subject_mark") == []
    left = await empty_service.fetch("SELECT concern_id FROM concern_mark")
    assert [str(row["concern_id"]) for row in left] == [kept.json()["id"]]
    destroyed = (await privacy.get(f"{path}/erasure")).json()["destroyed"]
    assert (destroyed["subject_mark"], destroyed["concern_mark"]) == (1, 1)


@pytest.mark.parametrize("persona", ["lead-oslo", "import-demo"])
@pytest.mark.parametrize("form", ["application/x-ndjson", "text/csv"])
async def test_rows_of_an_import_take_one_and_keep_nothing_of_it(empty_service, officer, persona, form):
    known = await officer.open(subject_reference=CANARY, theme="fraud")
    row = {
        "case_type": "group", "theme": "drugs", "purpose_code": "prevent_crime", "legal_basis": "police_act",
        "title": "Taken over", "opened_at": "2026-03-02T09:30:00Z", "unit": "oslo", "case_owner": "officer-oslo",
    }  # fmt: skip
    rows = [{**row, "source_reference": f"old/{n}", "subject_reference": each} for n, each in enumerate(FORMS[:2])]
    names = list(rows[0])
    lines = [",".join(names), *(",".join(each[name] for name in names) for each in rows)]
    body = "\n".join(map(json.dumps, rows) if form.endswith("json") else lines)
    answer = await import_rows(empty_service.person(persona), body, form)
    assert answer.status_code == 201, answer.text
    found = await duplicates(officer, known)
    assert found.keys() == {*answer.json()["cases"]}
    bad = await import_rows(empty_service.person(persona), json.dumps({**rows[0], "subject_reference": "12345"}))
    assert "/subject_reference" in {error["place"] for error in bad.json()["errors"]}
    assert "12345" not in bad.text
    for table in await empty_service.row_counts():
        kept = await empty_service.fetch(f'SELECT t::text AS row FROM "{table}" AS t')
        assert not [one for one in kept if any(form.lower() in one["row"].lower() for form in FORMS)], table


async def import_rows(person, body: str, form: str = "application/x-ndjson"):
    headers = {**person.headers, "Content-Type": form, "Idempotency-Key": str(uuid4())}
    return await person.client.post("/v1/imports?source=old-system", content=body.encode(), headers=headers)
