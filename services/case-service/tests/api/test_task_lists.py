"""Lists of tasks over HTTP: mine, my roles', my unit's, narrowed, page by page, and to nobody who may not see the case."""

from datetime import UTC, datetime

from .tasking import DAY, TODAY, assigned, listed, refused, tasks_of


async def test_lists_hold_mine_my_roles_and_my_units(service, officer, lead):
    case = await officer.open()
    await case.do("POST", "members", {"subject": "officer2-oslo"})
    other = service.person("officer2-oslo")
    [task] = await tasks_of(case)
    assert task["id"] in {one["id"] for one in await listed(officer, whose="role")}
    assert task["id"] in {one["id"] for one in await listed(lead, whose="unit")}
    assert task["id"] not in {one["id"] for one in await listed(lead, whose="role")}
    assert (await assigned(case, task, "officer2-oslo")).status_code == 200
    assert [one["assignee"] for one in await listed(other, whose="mine") if one["id"] == task["id"]] == [
        "officer2-oslo"
    ]
    for whose in ("mine", "role"):
        assert task["id"] not in {one["id"] for one in await listed(officer, whose=whose)}
    assert task["id"] in {one["id"] for one in await listed(officer)}


async def test_a_list_is_narrowed_by_kind_role_state_and_day(officer, lead):
    case = await officer.open()
    await case.planned()
    await case.do("POST", "tasks", {"kind": "review_case", "due_on": (TODAY + 200 * DAY).isoformat()})

    async def found(**query) -> set[str]:
        return {one["kind"] for one in await listed(officer, **query) if one["case_id"] == case.id}

    assert await found() == {"approve_plan", "review_case"}
    assert await found(kind="review_case") == {"review_case"}
    assert await found(kind=["review_case", "approve_plan"]) == {"approve_plan", "review_case"}
    assert await found(role="prevention_lead") == {"approve_plan"}
    assert await found(state="done") == {"complete_assessment"}
    assert await found(state=["done", "open"]) == {"complete_assessment", "approve_plan", "review_case"}
    assert await found(due_before=(TODAY + 100 * DAY).isoformat()) == {"approve_plan"}
    assert await found(overdue="true") == set()
    for query in ({"kind": "unknown"}, {"state": "late"}, {"whose": "yours"}, {"due_before": "5"}, {"role": "boss"}):
        assert refused(await lead.get("/v1/tasks", **query)) == (422, "invalid-request")


async def test_pages_go_on_by_day_and_hold_each_task_once(officer, lead):
    cases = [await officer.open() for _ in range(3)]
    whole = await listed(lead)
    assert [(one["due_on"], one["id"]) for one in whole] == sorted((one["due_on"], one["id"]) for one in whole)
    assert await listed(lead, limit=min(100, 1 + len(whole) // 4)) == whole
    assert {case.id for case in cases} <= {one["case_id"] for one in whole}
    first = await lead.get("/v1/tasks", limit=1)
    other = await lead.get("/v1/tasks", limit=1, whose="mine", cursor=first.json()["next"])
    assert refused(other) == (400, "invalid-cursor")


async def test_nobody_is_shown_a_task_of_a_case_that_they_may_not_see(service, officer, stranger):
    case = await officer.open()
    [task] = await tasks_of(case)
    for person in (service.person("officer2-oslo"), stranger):
        assert task["id"] not in {one["id"] for one in await listed(person)}
        assert refused(await person.get(f"{case.path}/tasks")) == (404, "not-found")
        assert refused(await person.get(f"{case.path}/tasks/{task['id']}")) == (404, "not-found")


async def test_a_late_task_shows_as_late(officer, lead):
    case = await officer.open(occurred_at=(datetime.now(UTC) - 20 * DAY).isoformat())
    [task] = await tasks_of(case)
    assert (task["overdue"], task["paused"]) == (True, False)
    assert task["id"] in {one["id"] for one in await listed(lead, overdue="true")}
    assert task["id"] not in {one["id"] for one in await listed(lead, overdue="false")}
    await case.do("POST", "hold", {"reason": "awaiting_partner"})
    [task] = await tasks_of(case)
    assert (task["overdue"], task["paused"]) == (False, True)
    assert task["id"] not in {one["id"] for one in await listed(lead, overdue="true")}
