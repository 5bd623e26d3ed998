"""The timeline of a case over HTTP: who did what, never who looked, and a sentence for each in two languages."""

import asyncio
from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from case_service import worker
from forkant_devstack.testing.assessments import completed_assessment
from forkant_kit.db import create_engine

DUE = (datetime.now(UTC).date() + timedelta(days=60)).isoformat()
FACT = {
    "statement_type": "fact", "verification_status": "unverified", "source": "witness", "subject_category": "at_risk",
    "text": "Was seen at the square.",
}  # fmt: skip


async def told(person, case, *, limit=100, tasks=False, **params):
    """Return every line of a timeline, read in pages; those of tasks, which follow from the others, when asked for."""
    lines, cursor = [], {}
    while True:
        answer = await person.get(f"{case.path}/timeline", limit=limit, **cursor, **params)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        lines += page["items"]
        if page["next"] is None:
            return [line for line in lines if tasks or not line["code"].startswith("task.")]
        cursor = {"cursor": page["next"]}


async def test_each_thing_is_told_with_who_did_it_when_and_what_it_is_about(officer, lead):
    case = await officer.open()
    measure = await case.active(lead)
    lines = await told(officer, case)
    assert [(line["code"], line["actor"]["subject"]) for line in lines] == [
        ("case.opened", "officer-oslo"),
        ("case.assessment-started", "officer-oslo"),
        ("case.assessed", "officer-oslo"),
        ("case.planned", "officer-oslo"),
        ("case.plan-approved", "lead-oslo"),
        ("measure.planned", "officer-oslo"),
        ("measure.started", "officer-oslo"),
        ("case.activated", "officer-oslo"),
    ]
    approved, started = lines[4], lines[6]
    assert approved["actor"] == {
        "subject": "lead-oslo", "unit": "oslo", "roles": ["prevention_lead"], "service": False,
    }  # fmt: skip
    assert started["item"] == {"kind": "measure", "id": measure}
    assert started["sentence"] == "Tiltaket bekymringssamtale begynte."
    whole = await told(officer, case, tasks=True)
    assert [line["version"] for line in whole] == list(range(1, len(whole) + 1))
    given = next(line for line in whole if line["code"] == "task.assigned")
    assert (given["actor"]["subject"], given["facts"]["kind"]) == ("officer-oslo", "complete_assessment")


async def test_acts_that_no_event_tells_of_have_their_place_among_the_events(service, officer, lead, privacy):
    case = await officer.open()
    await case.do("PUT", "assessment", {"completed": False})
    await case.do("PUT", "assessment", {"completed": False})
    member = await case.do("POST", "members", {"subject": "officer2-oslo"}, by=lead)
    await case.do("PUT", "level", {"level": 2}, by=lead)
    hold = await case.do("POST", "legal-holds", {"reason": "complaint"}, by=privacy)
    await case.do("PUT", "assessment", completed_assessment())
    offer = await case.do("POST", "transfers", {"to_unit": "troms", "note": "A word to Troms."})
    await case.do("POST", f"transfers/{offer['item_id']}/revoke")
    lines = await told(officer, case)
    assert [(line["code"], line["actor"]["subject"]) for line in lines] == [
        ("case.opened", "officer-oslo"),
        ("case.assessment-started", "officer-oslo"),
        ("case.assess", "officer-oslo"),
        ("case.add_member", "lead-oslo"),
        ("case.set_level", "lead-oslo"),
        ("case.place_legal_hold", "privacy-oslo"),
        ("case.assessed", "officer-oslo"),
        ("case.offer_transfer", "officer-oslo"),
        ("case.revoke_transfer", "officer-oslo"),
    ]
    started, *acts, assessed = [line["version"] for line in lines[1:7]]
    assert set(acts) == {started}
    assert assessed == started + 1
    assert [line["item"] for line in lines if line["item"]] == [
        {"kind": "member", "id": member["item_id"]},
        {"kind": "legal_hold", "id": hold["item_id"]},
        {"kind": "transfer", "id": offer["item_id"]},
        {"kind": "transfer", "id": offer["item_id"]},
    ]


async def test_who_looked_is_not_part_of_it(service, officer, lead):
    case = await officer.open()
    before = await told(officer, case)
    for path in ("", "/history", "/timeline", "/members", "/legal-holds"):
        assert (await lead.get(case.path + path)).status_code == 200
    await officer.get("/v1/cases")
    glass = service.person("officer-troms")
    assert (await glass.send("POST", f"{case.path}/break-glass", {"reason": "acute_danger"})).is_success
    assert await told(officer, case) == before
    assert await told(glass, case) == before


async def test_a_page_of_any_length_tells_the_same(officer, lead):
    case = await officer.open()
    for level in (2, 1) * 3:
        await case.do("PUT", "level", {"level": level}, by=lead)
    await case.active(lead)
    for level in (2, 1) * 2:
        await case.do("PUT", "level", {"level": level}, by=lead)
    await case.do("POST", "close", {"reason": "moved"})
    whole = await told(officer, case, tasks=True)
    assert len(await told(officer, case)) == 20
    for limit in (1, 2, 3, 7, 19, len(whole)):
        assert await told(officer, case, limit=limit, tasks=True) == whole


async def test_people_who_work_at_the_same_time_are_not_taken_for_each_other(service, lead):
    case = await service.person("officer-oslo").open()
    people = [service.person("officer-oslo"), lead]

    async def plan(person, kind):
        done = 0
        while done < 6:
            etag = (await person.get(case.path)).headers["etag"]
            answer = await person.send("POST", f"{case.path}/partners", {"kind": kind}, etag=etag)
            assert answer.status_code in (201, 412)
            done += answer.is_success

    await asyncio.gather(*(plan(*each) for each in zip(people, ("school", "health"), strict=True)))
    lines = await told(lead, case)
    assert {(line["facts"]["kind"], line["actor"]["subject"]) for line in lines[1:]} == {
        ("school", "officer-oslo"),
        ("health", "lead-oslo"),
    }
    assert len(lines) == 13


async def test_a_case_that_moved_tells_its_new_unit_who_of_the_old_one_did_what(service, officer):
    case = await officer.open()
    offer = await case.do("POST", "transfers", {"to_unit": "troms"})
    taker = service.person("lead-troms")
    path = f"{case.path}/transfers/{offer['item_id']}"
    shown = await taker.get(path)
    assert (await taker.send("POST", f"{path}/accept", etag=shown.headers["etag"])).is_success
    lines = await told(taker, case, lang="en")
    assert [(line["code"], line["unit"], line["actor"]["unit"]) for line in lines] == [
        ("case.opened", "oslo", "oslo"),
        ("case.offer_transfer", None, "oslo"),
        ("case.transferred", "troms", "troms"),
    ]
    assert lines[2]["sentence"] == ("The case was transferred from Oslo Police District to Troms Police District.")
    assert (await officer.get(f"{case.path}/timeline")).status_code == 404


async def test_a_case_from_a_concern_was_opened_by_who_decided_it(officer, concern):
    received = await officer.send("POST", "/v1/concerns", concern)
    facts = {
        "case_type": "person", "subject_category": "at_risk", "purpose_code": "prevent_crime",
        "legal_basis": "police_act", "title": "A title",
    }  # fmt: skip
    decided = await officer.send(
        "POST",
        f"/v1/concerns/{received.json()['id']}/decision",
        {"outcome": "case", "case": facts},
        etag=received.headers["etag"],
    )
    [line, *_] = (await officer.get(f"/v1/cases/{decided.json()['case_id']}/timeline")).json()["items"]
    assert (line["code"], line["actor"]["subject"]) == ("case.opened", "officer-oslo")


async def test_what_the_service_did_by_itself_is_told_as_its_own(empty_service):
    officer = empty_service.person("officer-oslo")
    long_ago = (datetime.now(UTC) - timedelta(days=100)).isoformat()
    case = await officer.open(occurred_at=long_ago)
    made = await case.do("POST", "information", {**FACT, "occurred_at": long_ago})
    engine = create_engine(empty_service.worker_url, application_name="test", pool_size=1)
    await worker.tell_of_deadlines(engine)
    await engine.dispose()
    await case.do("PUT", "assessment", {"completed": False})
    lines = await told(officer, case, lang="en")
    assert [(line["code"], line["actor"]["subject"], line["actor"]["service"]) for line in lines] == [
        ("case.opened", "officer-oslo", False),
        ("information.registered", "officer-oslo", False),
        ("information.deadline-near", "case-service", True),
        ("case.assessment-started", "officer-oslo", False),
    ]
    assert lines[2]["item"] == {"kind": "information", "id": made["item_id"]}
    assert lines[1]["occurred_at"] < lines[1]["recorded_at"]


async def test_what_somebody_wrote_stands_beside_the_sentence_and_never_in_it(officer, lead):
    secret = "Ola was seen with Kari."
    case = await officer.open(title=secret, description=secret)
    await case.do("PUT", "assessment", completed_assessment(summary=secret))
    await case.do("POST", "information", {**FACT, "text": secret})
    await case.do("POST", "partners", {"kind": "school", "name": secret})
    await case.do("POST", "hold", {"reason": "awaiting_partner", "note": secret})
    await case.do("POST", "resume")
    await case.do("POST", "hold", {"reason": "awaiting_partner"})
    lines = await told(officer, case)
    noted = [line for line in lines if line["note"]]
    assert [(line["code"], line["note"]) for line in noted] == [
        ("case.put-on-hold", {"text": secret, "author": "officer-oslo"})
    ]
    assert secret not in "".join(str({**line, "note": None}) for line in lines)


@pytest.mark.parametrize(
    ("accept", "params", "language"),
    [
        ("", {}, "nb"),
        ("en", {}, "en"),
        ("en-GB,en;q=0.9", {}, "en"),
        ("de, en;q=0.2, nn;q=0.8", {}, "nb"),
        ("nb;q=0, en;q=0.1", {}, "en"),
        ("de", {}, "nb"),
        ("en;q=wide, ;;,", {}, "nb"),
        ("en", {"lang": "nb"}, "nb"),
    ],
)
async def test_the_language_is_the_one_asked_for(officer, accept, params, language):
    case = await officer.open()
    answer = await officer.client.get(
        f"{case.path}/timeline", params=params, headers={**officer.headers, "Accept-Language": accept}
    )
    assert (answer.json()["language"], answer.headers["content-language"]) == (language, language)
    assert "accept-language" in answer.headers["vary"].lower()
    said = {"nb": "Saken ble åpnet. Den gjelder en person; temaet er narkotika.",
            "en": "The case was opened. It is about a person; the theme is drugs."}  # fmt: skip
    assert answer.json()["items"][0]["sentence"] == said[language]


async def test_it_is_there_for_those_alone_who_may_read_the_case(service, officer, lead, privacy, stranger):
    case = await officer.open()
    outsiders = (stranger, service.person("officer2-oslo"), service.person("officer-troms"))
    for outsider in outsiders:
        assert (await outsider.get(f"{case.path}/timeline")).status_code == 404
    assert (await service.person("auditor").get(f"{case.path}/timeline")).status_code == 403
    await case.do("POST", "restriction", {"restricted": True, "reason": "disputed"}, by=lead)
    assert (await officer.get(f"{case.path}/timeline")).status_code == 404
    assert [line["code"] for line in await told(lead, case)] == ["case.opened", "case.restricted"]
    await case.do("POST", "erasure", {"basis": "unlawful"}, by=privacy)
    gone = await privacy.get(f"{case.path}/timeline")
    assert (gone.status_code, gone.json()["code"]) == (410, "case-erased")


async def test_which_case_goes_on_for_a_merged_one_is_not_told(service, officer, lead):
    case, other = await officer.open(), await officer.open()
    into = {"into": other.id, "into_etag": other.etag}
    assert (await case.attempt("POST", "merge", into, by=lead)).is_success
    lines = await told(lead, case)
    assert lines[-1]["code"] == "case.merged"
    assert other.id not in str(lines)


async def test_a_cursor_of_another_timeline_is_refused(officer):
    case, other = await officer.open(), await officer.open()
    await case.assessed()
    cursor = (await officer.get(f"{case.path}/timeline", limit=1)).json()["next"]
    answer = await officer.get(f"{other.path}/timeline", cursor=cursor)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-cursor")


async def test_notes_of_before_find_their_event_where_one_alone_is_meant(empty_service):
    backfill = import_module("case_service.migrations.versions.0025_versions_of_notes").BACKFILL
    officer = empty_service.person("officer-oslo")
    case = await officer.open()
    await case.do("POST", "hold", {"reason": "awaiting_partner", "note": "First."})
    await case.do("POST", "resume")
    moment = datetime.now(UTC).isoformat()
    for note in ({"note": "Second."}, {}):
        await case.do("POST", "hold", {"reason": "awaiting_partner", "occurred_at": moment, **note})
        await case.do("POST", "resume")
    await case.do("POST", "close", {"reason": "moved", "note": "Third."})
    query = "SELECT id, action, version FROM case_note ORDER BY id"
    known = [(row["action"], row["version"]) for row in await empty_service.fetch(query)]
    events = await empty_service.fetch("SELECT type, aggregate_version AS version FROM event_archive ORDER BY 2")
    held = [row["version"] for row in events if row["type"] == "no.forkant.case.put-on-hold.v1"]
    [closed] = [row["version"] for row in events if row["type"] == "no.forkant.case.closed.v1"]
    assert known == [("put_on_hold", held[0]), ("put_on_hold", held[1]), ("close", closed)]
    await empty_service.fetch("UPDATE case_note SET version = NULL")
    await empty_service.fetch(backfill)
    found = [(row["action"], row["version"]) for row in await empty_service.fetch(query)]
    assert found == [("put_on_hold", held[0]), ("put_on_hold", None), ("close", closed)]
