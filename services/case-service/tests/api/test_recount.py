"""What is counted is told to the service that counts again, of all units, in codes and moments; to nobody else."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from forkant_contracts.recount import MOST_RECOUNTED, Move, RecountedCases, RecountedConcerns
from forkant_kit.db import create_engine, transaction
from forkant_kit.rls.stance import Stance
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

RECOUNTER = "indicator-self-audit"
MARK = "Zebrastripe"
DUE = (datetime.now(UTC) + timedelta(days=40)).date().isoformat()
INFORMATION = {
    "statement_type": "fact", "verification_status": "unverified", "source": "witness", "subject_category": "at_risk",
    "text": MARK,
}  # fmt: skip


async def counted(service, kind: str = "cases", **query):
    answer = await service.person(RECOUNTER).get(f"/v1/recount/{kind}", **query)
    assert answer.status_code == 200, answer.text
    return (RecountedCases if kind == "cases" else RecountedConcerns).model_validate_json(answer.content)


async def one(service, case):
    [found] = (await counted(service, id=case.id)).items
    return found


async def test_what_is_told_of_a_case_is_what_was_done_in_it(service, officer, lead):
    case = await officer.open(title=MARK, description=MARK)
    assert (await one(service, case)).state == "registered"
    measure = await case.active(lead)
    await case.do("POST", f"measures/{measure}/complete")
    follow_up = await case.do("POST", "follow-ups", {"due_on": DUE})
    await case.do("POST", f"follow-ups/{follow_up['item_id']}/held", {"notes": MARK})
    partner = await case.do("POST", "partners", {"kind": "school", "name": MARK})
    information = await case.do("POST", "information", INFORMATION)
    await case.do("POST", "hold", {"reason": "awaiting_partner"})
    await case.do("POST", "resume")
    await case.do("PUT", "evaluation", {"effect": "achieved", "mechanism": MARK, "completed": True})
    await case.do("POST", "close", {"reason": "evaluated"})
    found, shown = await one(service, case), await case.read()
    assert (found.unit, found.state, found.version, found.effect) == ("oslo", "closed", shown["version"], "achieved")
    assert found.child_view_recorded is False  # it says why the child was not heard
    assert (found.goals, found.goals_with_baseline, found.times_reopened) == (1, 1, 0)
    assert found.opened_at < found.assessed_at < found.planned_at < found.plan_approved_at < found.evaluated_at
    assert found.ended_at == datetime.fromisoformat(shown["ended_at"])
    assert [move.move for move in found.course] == [
        Move.OPENED, Move.PLANNED, Move.APPROVED, Move.HELD, Move.RESUMED, Move.ENDED
    ]  # fmt: skip
    assert [(str(each.id), each.completed_at is not None) for each in found.measures] == [(measure, True)]
    assert [(str(each.id), each.held_at is not None) for each in found.follow_ups] == [(follow_up["item_id"], True)]
    assert [(str(each.id), each.kind) for each in found.partners] == [(partner["item_id"], "school")]
    assert [str(each.id) for each in found.information] == [information["item_id"]]
    reopened = await case.do("POST", "reopen", {"reason": "new_concern"})
    again = await one(service, case)
    assert (again.version, again.times_reopened, again.ended_at, again.evaluated_at, again.effect) == (
        reopened["version"], 1, None, None, None
    )  # fmt: skip


async def test_the_goals_that_a_case_was_tied_to_are_told_in_order(service, officer):
    first, second = str(uuid4()), str(uuid4())
    case = await officer.open(prevention_goal=first)
    for goal in (second, None):
        await case.do("PUT", "prevention-goal", {"prevention_goal": goal})
    found = await one(service, case)
    assert [None if tie.goal is None else str(tie.goal) for tie in found.ties] == [first, second, None]
    assert (await one(service, await officer.open())).ties == ()


async def test_no_text_no_person_and_no_mark_of_a_subject_is_in_it(service, officer, lead, concern):
    await officer.send("POST", "/v1/concerns", {**concern, "description": MARK})
    case = await officer.open(title=MARK, subject=MARK, subject_reference=MARK)
    await case.active(lead)
    for kind in ("cases", "concerns"):
        after, more = UUID(int=0), True
        while more:
            query = {"after": str(after), "limit": 200}
            answer = await service.person(RECOUNTER).get(f"/v1/recount/{kind}", **query)
            assert MARK not in answer.text
            assert "officer-" not in answer.text
            assert "lead-" not in answer.text
            page = json.loads(answer.text)
            after, more = page["items"][-1]["id"], page["more"]


async def test_pages_go_over_every_case_and_concern_once_in_order_of_id(empty_service, concern):
    officer, stranger = empty_service.person("officer-oslo"), empty_service.person("officer-troms")
    made = [(await who.open()).id for who in (officer, stranger, officer, stranger, officer)]
    concerns = [(await officer.send("POST", "/v1/concerns", concern)).json()["id"] for _ in range(3)]
    for kind, expected in (("cases", made), ("concerns", concerns)):
        found, more, query = [], True, {}
        while more:
            page = await counted(empty_service, kind, limit=2, **query)
            found += [str(each.id) for each in page.items]
            more, query = page.more, {"after": found[-1]}
        assert found == sorted(expected)
    assert (await counted(empty_service, id=[made[3], made[1], str(uuid4())])).items == tuple(
        each for each in (await counted(empty_service)).items if str(each.id) in (made[1], made[3])
    )


async def test_of_a_case_that_is_erased_or_merged_nothing_more_is_told(empty_service):
    officer, lead, privacy = (empty_service.person(name) for name in ("officer-oslo", "lead-oslo", "privacy-oslo"))
    erased, merged, into = [await officer.open() for _ in range(3)]
    await erased.do("PUT", "archive-decision", {"outcome": "destroy"}, by=lead)
    await erased.do("POST", "erasure", {"basis": "unfounded"}, by=privacy)
    await merged.do("POST", "merge", {"into": into.id, "into_etag": into.etag})
    for case, gone in ((erased, (True, False)), (merged, (False, True))):
        found = await one(empty_service, case)
        assert (found.erased, found.merged) == gone
        assert (found.unit, found.opened_at, found.course) == ("", None, ())


async def test_a_restricted_and_a_strictly_confidential_case_are_counted_too(service, officer, lead, privacy):
    case = await officer.open()
    await case.do("POST", "restriction", {"restricted": True, "reason": "disputed"}, by=lead)
    await case.do("PUT", "level", {"level": 3}, by=privacy)
    assert (await one(service, case)).restricted is True


@pytest.mark.parametrize(
    "persona", ["officer-oslo", "lead-oslo", "pod-analyst", "pod-admin", "auditor", "import-demo", "downstream-demo"]
)
async def test_nobody_else_recounts(service, persona):
    for kind in ("cases", "concerns"):
        answer = await service.person(persona).get(f"/v1/recount/{kind}")
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_a_recounter_of_a_unit_recounts_nothing(service):
    answer = await service.person(RECOUNTER, unit="oslo").get("/v1/recount/cases")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    "path", ["/v1/cases", "/v1/concerns", "/v1/changes", "/v1/audit", "/v1/tasks", "/v1/methods", "/v1/catalogue"]
)
async def test_who_recounts_reads_nothing_else(service, path):
    assert (await service.person(RECOUNTER).get(path)).status_code == 403


async def test_who_recounts_finds_no_case_by_its_id(service, officer):
    case = await officer.open()
    for tail in ("", "/history", "/timeline", "/members", "/tasks"):
        assert (await service.person(RECOUNTER).get(f"{case.path}{tail}")).status_code in (403, 404)


async def test_what_was_recounted_is_in_the_audit_trail_by_its_id(service, officer):
    case = await officer.open()
    await one(service, case)
    query = "SELECT subject, action, object_ids FROM audit_entry WHERE $1 = ANY (object_ids) ORDER BY seq DESC LIMIT 1"
    [entry] = await service.fetch(query, UUID(case.id))
    assert (entry["subject"], entry["action"], entry["object_ids"]) == (RECOUNTER, "recount.read", [UUID(case.id)])


async def test_more_than_a_page_is_not_asked_for(service):
    person = service.person(RECOUNTER)
    assert (await person.get("/v1/recount/cases", limit=MOST_RECOUNTED + 1)).status_code == 422
    assert (await person.get("/v1/recount/cases", id=[str(uuid4())] * (MOST_RECOUNTED + 1))).status_code == 422


async def test_at_the_database_the_functions_tell_nothing_without_the_stance_and_the_stance_shows_no_row(
    service, officer
):
    await officer.open()
    engine = create_engine(service.app_url, application_name="test", pool_size=1)
    recounting = text("SELECT count(*) FROM recount_cases('00000000-0000-0000-0000-000000000000', '{}', 5)")
    try:
        for stance, expected in ((None, False), (Stance({"unit": "oslo"}), False), (Stance({"recounts": "on"}), True)):
            async with transaction(engine, stance) as conn:
                assert bool((await conn.execute(recounting)).scalar_one()) is expected
        async with transaction(engine, Stance({"recounts": "on"})) as conn:
            for table in ("preventive_case", "concern", "measure", "event_archive", "plan"):
                assert (await conn.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one() == 0
        async with transaction(engine, Stance({"recounts": "on"})) as conn:
            with pytest.raises(DBAPIError):
                await conn.execute(text("INSERT INTO concern (id) VALUES (gen_random_uuid())"))
    finally:
        await engine.dispose()
