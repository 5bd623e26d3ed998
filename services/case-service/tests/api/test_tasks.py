"""Tasks over HTTP: made and ended by the changes of a case, shown to whom it is theirs, given from one to another."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import uuid4

from case_service.domain.processes import Procedures
from case_service.policy import RULES
from forkant_devstack.testing.assessments import completed_assessment

from .tasking import DAY, DUE, FACT, NORWAY, OSLO, TODAY, assigned, kinds_of, listed, refused, tasks_of


async def test_opening_a_case_asks_for_its_assessment_within_fourteen_days(service, officer):
    case = await officer.open()
    [task] = await tasks_of(case)
    assert (task["kind"], task["role"], task["assignee"], task["unit"]) == (
        "complete_assessment", "case_officer", None, "oslo",
    )  # fmt: skip
    assert (task["due_on"], task["overdue"], task["level"]) == ((TODAY + 14 * DAY).isoformat(), False, 0)
    assert await service.events(case.id, tasks=True) == ["case.opened", "task.assigned"]
    [event] = await service.fetch(
        "SELECT data FROM event_archive WHERE aggregate_id = $1 AND aggregate_version = 2", case.id
    )
    assert event["data"].count(":") == 4
    assert all(part in event["data"] for part in (task["id"], "complete_assessment", "case_officer", task["due_on"]))


async def test_each_change_of_a_case_makes_and_ends_its_tasks_with_it(service, officer, lead):
    case = await officer.open()
    await case.assessed()
    assert await kinds_of(case) == []
    await case.do("PUT", "plan", {"goals": [{"text": "Back to school", "measurable": False}]})
    [task] = await tasks_of(case)
    assert (task["kind"], task["role"]) == ("approve_plan", "prevention_lead")
    assert task["due_on"] == NORWAY.after(TODAY, 5).isoformat()
    await case.do("POST", "plan/approval", by=lead)
    made = await case.do("POST", "measures", {"kind": "home_visit", "due_on": DUE})
    [task] = await tasks_of(case)
    assert (task["kind"], task["item_id"], task["due_on"]) == ("complete_measure", made["item_id"], DUE)
    await case.do("POST", f"measures/{made['item_id']}/start")
    assert await kinds_of(case) == ["complete_measure", "review_case"]
    await case.do("POST", f"measures/{made['item_id']}/complete")
    follow_up = await case.do("POST", "follow-ups", {"due_on": DUE})
    assert await kinds_of(case) == ["hold_follow_up", "review_case"]
    await case.do("POST", f"follow-ups/{follow_up['item_id']}/held")
    assert await kinds_of(case) == ["complete_evaluation", "review_case"]
    await case.do("PUT", "evaluation", {"effect": "achieved", "completed": True})
    receipt = await case.do("POST", "close", {"reason": "evaluated"})
    assert await kinds_of(case) == []
    ended = {one["kind"]: one["state"] for one in await tasks_of(case, state=None)}
    assert ended == {
        "complete_assessment": "done", "approve_plan": "done", "complete_measure": "done", "hold_follow_up": "done",
        "complete_evaluation": "done", "review_case": "lapsed",
    }  # fmt: skip
    events = await service.events(case.id, tasks=True)
    assert (len(events), events.count("task.assigned"), events.count("task.completed")) == (receipt["version"], 6, 6)
    assert events[-2:] == ["case.closed", "task.completed"]


async def test_the_interval_of_reviews_is_shorter_for_those_under_eighteen(officer, lead):
    for age_band, days in (("15_17", 30), ("18_24", 90)):
        case = await officer.open(age_band=age_band)
        await case.active(lead, child=age_band == "15_17")
        [review] = [one for one in await tasks_of(case) if one["kind"] == "review_case"]
        assert review["due_on"] == (TODAY + days * DAY).isoformat()
        await case.do("POST", f"tasks/{review['id']}/completion")
        [following] = [one for one in await tasks_of(case) if one["kind"] == "review_case"]
        assert following["id"] != review["id"]


async def test_what_asks_for_nothing_any_more_lapses(officer, lead):
    case = await officer.open()
    measure = await case.active(lead)
    await case.do("POST", f"measures/{measure}/cancel", {"reason": "not_needed"})
    [gone] = [one for one in await tasks_of(case, state=None) if one["kind"] == "complete_measure"]
    assert (gone["state"], gone["ended_by"]) == ("lapsed", "officer-oslo")


async def test_information_is_to_be_clarified_by_its_deadline_when_the_case_has_ended_too(officer):
    case = await officer.open()
    made = await case.do("POST", "information", FACT)
    await case.do("POST", "rejection", {"reason": "no_basis"})
    [task] = await tasks_of(case)
    shown = await officer.get(f"{case.path}/information/{made['item_id']}")
    assert (task["kind"], task["due_on"]) == ("clarify_information", shown.json()["clarification_deadline"])
    clear = {"outcome": "relevant", "verification_status": "verified"}
    await case.do("POST", f"information/{made['item_id']}/clarification", clear)
    assert await tasks_of(case) == []


async def test_an_officer_cannot_approve_their_own_plan_nor_be_given_its_approval(service, officer, lead):
    case = await officer.open()
    await case.planned()
    [task] = await tasks_of(case)
    assert refused(await case.attempt("POST", "plan/approval")) == (403, "forbidden")
    assert refused(await assigned(case, task, "officer-oslo")) == (403, "own-plan")
    assert refused(await assigned(case, task, "officer-oslo", by=lead)) == (403, "own-plan")
    own = await lead.open()
    await own.planned()
    [task] = await tasks_of(own)
    assert refused(await assigned(own, task, "lead-oslo")) == (403, "own-plan")
    assert refused(await own.attempt("POST", "plan/approval")) == (403, "own-plan")
    assert "task.completed" in await service.events(own.id, tasks=True)
    assert await kinds_of(own) == ["approve_plan"]


async def test_a_restricted_case_asks_nobody_for_anything_until_the_restriction_is_lifted(officer, lead):
    case = await officer.open()
    await case.do("POST", "information", FACT)
    await case.do("POST", "restriction", {"restricted": True, "reason": "disputed"}, by=lead)
    assert await tasks_of(case, lead) == []
    assert case.id not in {one["case_id"] for one in await listed(lead)}
    await case.do("POST", "restriction", {"restricted": False, "reason": "disputed"}, by=lead)
    assert await kinds_of(case) == ["clarify_information", "complete_assessment"]


async def test_an_erased_case_keeps_no_task_and_its_certificate_counts_them(service, officer, privacy):
    case = await officer.open()
    await case.do("POST", "information", FACT)
    receipt = await case.do("POST", "erasure", {"basis": "unlawful"}, by=privacy)
    assert await service.fetch("SELECT 1 FROM task WHERE case_id = $1", case.id) == []
    certificate = await privacy.get(f"{case.path}/erasure")
    assert certificate.json()["destroyed"]["task"] == 2
    events = await service.events(case.id, tasks=True)
    assert (events[-1], len(events)) == ("case.erased", receipt["version"])


async def test_a_task_is_given_to_a_member_who_passes_it_on_and_nobody_else_does(service, officer, lead):
    case = await officer.open()
    other = service.person("officer2-oslo")
    [task] = await tasks_of(case)
    assert refused(await assigned(case, task, "officer2-oslo")) == (409, "no-member")
    member = await case.do("POST", "members", {"subject": "officer2-oslo"})
    assert (await assigned(case, task, "officer2-oslo")).status_code == 200
    assert refused(await assigned(case, task, "officer-oslo")) == (403, "task-of-somebody-else")
    assert (await assigned(case, task, "officer-oslo", by=other)).status_code == 200
    assert (await assigned(case, task, "officer2-oslo", by=lead)).status_code == 200
    assert (await assigned(case, task, None, by=other)).status_code == 200
    assert (await tasks_of(case))[0]["assignee"] is None
    assert (await assigned(case, task, "officer2-oslo")).status_code == 200
    await case.do("DELETE", f"members/{member['item_id']}")
    assert (await tasks_of(case))[0]["assignee"] is None
    assert refused(await assigned(case, {"id": str(uuid4())}, "officer-oslo")) == (404, "not-found")


async def test_a_lead_who_is_no_member_takes_an_approval_and_no_officers_task(officer, lead):
    case = await officer.open()
    [assessment] = await tasks_of(case)
    assert refused(await assigned(case, assessment, "lead-oslo", by=lead)) == (409, "no-member")
    await case.planned()
    [approval] = await tasks_of(case)
    assert (await assigned(case, approval, "lead-oslo", by=lead)).status_code == 200
    assert approval["id"] in {one["id"] for one in await listed(lead, whose="mine")}


async def test_who_stands_in_for_somebody_sees_their_tasks_and_passes_them_on(service, officer, lead):
    absent, substitute = service.person("officer2-oslo"), service.person("officer2-oslo", sub="officer3-oslo")
    case = await absent.open()
    [task] = await tasks_of(case)
    assert (await assigned(case, task, "officer2-oslo")).status_code == 200
    assert task["id"] not in {one["id"] for one in await listed(substitute, whose="mine")}
    leave = {
        "absent": "officer2-oslo", "substitute": "officer3-oslo", "valid_to": (datetime.now(UTC) + 2 * DAY).isoformat(),
    }  # fmt: skip
    made = await lead.send("POST", "/v1/substitutions", leave)
    assert made.status_code == 201, made.text
    assert task["id"] in {one["id"] for one in await listed(substitute, whose="mine")}
    assert (await assigned(case, task, None, by=substitute)).status_code == 200
    ended = await lead.send("POST", f"/v1/substitutions/{made.json()['id']}/end")
    assert ended.status_code == 200


async def test_a_review_added_by_hand_is_done_by_saying_so_and_lapses_with_the_case(service, officer):
    case = await officer.open()
    due_on = (TODAY + 10 * DAY).isoformat()
    made = await case.do("POST", "tasks", {"kind": "review_case", "due_on": due_on})
    assert case.answers[-1].headers["location"] == f"{case.path}/tasks/{made['item_id']}"
    shown = await officer.get(f"{case.path}/tasks/{made['item_id']}")
    assert (shown.json()["by_hand"], shown.json()["due_on"], shown.headers["etag"]) == (True, due_on, case.etag)
    await case.do("POST", f"tasks/{made['item_id']}/completion")
    assert await kinds_of(case) == ["complete_assessment"]
    again = await case.attempt("POST", f"tasks/{made['item_id']}/completion")
    assert refused(again) == (404, "not-found")
    await case.do("POST", "tasks", {"kind": "review_case", "due_on": due_on})
    await case.do("POST", "rejection", {"reason": "no_basis"})
    reviews = [one["state"] for one in await tasks_of(case, state=None) if one["by_hand"]]
    assert reviews == ["done", "lapsed"]
    events = await service.events(case.id, tasks=True)
    assert len(events) == (await case.read())["version"]


async def test_what_the_case_says_itself_nobody_says_by_hand(officer):
    case = await officer.open()
    [task] = await tasks_of(case)
    answer = await case.attempt("POST", f"tasks/{task['id']}/completion")
    assert refused(answer) == (409, "task-follows-the-case")
    for body in (
        {"kind": "approve_plan", "due_on": DUE}, {"kind": "review_case"}, {"kind": "review_case", "due_on": "soon"},
        {"kind": "review_case", "due_on": DUE, "role": "directorate"},
    ):  # fmt: skip
        assert refused(await case.attempt("POST", "tasks", body)) == (422, "invalid-request")
    long_ago = await case.attempt("POST", "tasks", {"kind": "review_case", "due_on": "2020-01-01"})
    assert refused(long_ago) == (422, "due-on-out-of-range")


async def test_an_offer_is_the_other_units_to_answer_and_shows_there_alone(service, officer, lead, stranger):
    case = await officer.open()
    offer = await case.do("POST", "transfers", {"to_unit": "troms"})
    [task] = [one for one in await tasks_of(case) if one["kind"] == "answer_transfer"]
    assert (task["unit"], task["due_on"]) == ("troms", NORWAY.after(TODAY, 10).isoformat())
    theirs = {one["id"]: one for one in await listed(stranger)}
    assert theirs[task["id"]]["item_id"] == offer["item_id"]
    assert [one["kind"] for one in theirs.values() if one["case_id"] == case.id] == ["answer_transfer"]
    assert task["id"] not in {one["id"] for one in await listed(lead)}
    assert refused(await assigned(case, task, "officer-oslo")) == (403, "task-of-somebody-else")
    await case.do("POST", f"transfers/{offer['item_id']}/revoke")
    assert task["id"] not in {one["id"] for one in await listed(stranger)}
    assert [one["state"] for one in await tasks_of(case, state=None)] == ["open", "lapsed"]


async def test_tasks_go_with_a_case_to_another_unit_and_to_nobody_in_it(service, officer, stranger):
    case = await officer.open()
    [task] = await tasks_of(case)
    await assigned(case, task, "officer-oslo")
    offer = await case.do("POST", "transfers", {"to_unit": "troms"})
    shown = await stranger.get(f"{case.path}/transfers/{offer['item_id']}")
    path = f"{case.path}/transfers/{offer['item_id']}/accept"
    assert (await stranger.send("POST", path, etag=shown.headers["etag"])).status_code == 200
    there = {one["kind"]: one for one in await tasks_of(case, stranger, state=None)}
    assert (there["complete_assessment"]["unit"], there["complete_assessment"]["assignee"]) == ("troms", None)
    assert there["answer_transfer"]["state"] == "done"
    assert task["id"] not in {one["id"] for one in await listed(officer)}
    assert task["id"] in {one["id"] for one in await listed(stranger, whose="unit")}


async def test_a_stale_case_gives_no_task_away(officer):
    case = await officer.open()
    [task] = await tasks_of(case)
    old = case.etag
    assert (await assigned(case, task, "officer-oslo")).status_code == 200
    answer = await officer.send("POST", f"{case.path}/tasks/{task['id']}/assignment", {"assignee": None}, etag=old)
    assert refused(answer) == (412, "stale-version")


async def test_a_pause_moves_the_days_of_what_waits_and_tells_it_anew(service, officer, lead):
    began = datetime.now(UTC) - 30 * DAY
    case = await officer.open(occurred_at=began.isoformat())
    held, resumed = began + 5 * DAY, began + 25 * DAY
    await case.do("POST", "information", {**FACT, "occurred_at": began.isoformat()})
    before = {one["kind"]: one for one in await tasks_of(case)}
    await case.do("POST", "hold", {"reason": "awaiting_partner", "occurred_at": held.isoformat()})
    known = await service.events(case.id, tasks=True)
    await case.do("POST", "resume", {"occurred_at": resumed.isoformat()})
    after = {one["kind"]: one for one in await tasks_of(case)}
    moved = date.fromisoformat(before["complete_assessment"]["due_on"]) + (
        resumed.astimezone(OSLO).date() - held.astimezone(OSLO).date()
    )
    assert after["complete_assessment"]["due_on"] == moved.isoformat()
    assert after["complete_assessment"]["id"] == before["complete_assessment"]["id"]
    assert after["clarify_information"] == before["clarify_information"]
    assert (await service.events(case.id, tasks=True))[len(known) :] == ["case.resumed", "task.assigned"]
    [told] = await service.fetch(
        "SELECT data FROM event_archive WHERE aggregate_id = $1 ORDER BY aggregate_version DESC LIMIT 1", case.id
    )
    assert moved.isoformat() in told["data"]


async def test_a_pause_moves_an_approval_by_the_working_days_that_were_lost(officer):
    began = datetime.now(UTC) - 40 * DAY
    case = await officer.open(occurred_at=began.isoformat())
    for tail, body in (
        ("assessment", completed_assessment()),
        ("plan", {"goals": [{"text": "A goal", "measurable": False}]}),
    ):
        await case.do("PUT", tail, {**body, "occurred_at": began.isoformat()})
    held, resumed = began + 1 * DAY, began + 31 * DAY
    await case.do("POST", "hold", {"reason": "awaiting_partner", "occurred_at": held.isoformat()})
    await case.do("POST", "resume", {"occurred_at": resumed.isoformat()})
    first, since, until = (moment.astimezone(OSLO).date() for moment in (began, held, resumed))
    [task] = await tasks_of(case)
    assert task["due_on"] == NORWAY.after(NORWAY.after(first, 5), NORWAY.between(since, until)).isoformat()


async def test_everybody_reads_the_work_processes_and_who_may_do_what(service):
    for persona in ("analyst-oslo", "pod-methods", "officer-oslo", "auditor"):
        person = service.person(persona)
        processes = await person.get("/v1/work-processes")
        [process] = processes.json()["items"]
        assert process["version"] == 1
        approval = next(one for one in process["tasks"] if one["kind"] == "approve_plan")
        assert (approval["days"], approval["counted"], approval["basis"]) == (5, "working", "assumed")
        assert [one["role"] for one in process["escalations"]] == ["prevention_lead", "directorate"]
        matrix = (await person.get("/v1/role-matrix")).json()["actions"]
        assert matrix == {action: sorted(roles) for action, roles in sorted(RULES.items())}
        assert matrix["case.approve_plan"] == ["prevention_lead"]


async def test_a_case_stays_on_the_version_of_the_process_with_which_it_was_opened(empty_service):
    officer = empty_service.person("officer-oslo")
    old = await officer.open()
    tools = empty_service.app.state.tools
    known: Procedures = tools.procedures
    first = known.processes[1]
    templates = tuple(replace(one, days=7) if one.kind == "approve_plan" else one for one in first.templates)
    second = replace(first, version=2, valid_from=TODAY, templates=templates)
    empty_service.app.state.tools = replace(tools, procedures=replace(known, processes={1: first, 2: second}))
    new = await officer.open()
    for case, days in ((old, 5), (new, 7)):
        await case.planned()
        [task] = await tasks_of(case)
        assert task["due_on"] == NORWAY.after(TODAY, days).isoformat()
    assert len((await officer.get("/v1/work-processes")).json()["items"]) == 2
