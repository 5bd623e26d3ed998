"""A case on hold: its measures and follow-ups are due later, and everything that tells of them knows so."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from forkant_devstack.testing.assessments import completed_assessment
from forkant_devstack.verify.changes import check_changes

OSLO = ZoneInfo("Europe/Oslo")
NOW = datetime.now(UTC)
DAY = timedelta(days=1)
OPENED, HELD, RESUMED = (NOW - days * DAY for days in (60, 30, 10))
LATE, SOON, LATER = ((NOW + days * DAY).astimezone(OSLO).date() for days in (-31, -15, 40))
LASTED = RESUMED.astimezone(OSLO).date() - HELD.astimezone(OSLO).date()


async def waiting(officer, lead):
    """Open a case with a measure and a follow-up of each kind, and put it on hold."""
    case = await officer.open(occurred_at=OPENED.isoformat())
    at = {"occurred_at": OPENED.isoformat()}
    await case.do("PUT", "assessment", {**completed_assessment(), **at})
    await case.do("PUT", "plan", {"goals": [{"text": "A goal"}], **at})
    await case.do("POST", "plan/approval", at, by=lead)
    measures = [
        (await case.do("POST", "measures", {"kind": "home_visit", "due_on": day.isoformat(), **at}))["item_id"]
        for day in (LATE, SOON, LATER)
    ]
    await case.do("POST", f"measures/{measures[0]}/start", at)
    follow_ups = [
        (await case.do("POST", "follow-ups", {"due_on": day.isoformat(), **at}))["item_id"] for day in (SOON, LATER)
    ]
    await case.do("POST", f"follow-ups/{follow_ups[0]}/held", at)
    await case.do("POST", "hold", {"reason": "awaiting_partner", "occurred_at": HELD.isoformat()})
    return case, measures, follow_ups


async def test_what_stood_still_is_due_later_on_the_day_of_its_task(service, officer, lead):
    case, measures, follow_ups = await waiting(officer, lead)
    before = await case.read()
    known = len(await service.events(case.id, tasks=True))
    receipt = await case.do("POST", "resume", {"occurred_at": RESUMED.isoformat()})
    shown = await case.read()
    due = {one["id"]: one["due_on"] for one in (*shown["measures"], *shown["follow_ups"])}
    moved = {measures[1]: SOON + LASTED, measures[2]: LATER + LASTED, follow_ups[1]: LATER + LASTED}
    same = {measures[0]: LATE, follow_ups[0]: SOON}
    assert due == {item: day.isoformat() for item, day in {**moved, **same}.items()}
    tasks = (await officer.get(f"{case.path}/tasks")).json()["items"]
    open_tasks = {one["item_id"]: one["due_on"] for one in tasks if one["state"] == "open" and one["item_id"]}
    assert open_tasks == {item: due[item] for item in open_tasks}
    assert {*moved} <= {*open_tasks}
    events = await service.events(case.id, tasks=True)
    told = events[known:]
    assert told[:4] == ["case.resumed", "measure.rescheduled", "measure.rescheduled", "follow-up.rescheduled"]
    assert {*told[4:]} == {"task.assigned"}
    assert receipt["version"] == len(events)
    rows = await service.fetch(
        "SELECT data FROM event_archive WHERE aggregate_id = $1 AND type LIKE '%.rescheduled.v1'", case.id
    )
    found = [json.loads(row["data"]) for row in rows]
    assert {one.get("measure_id") or one["follow_up_id"]: one["due_on"] for one in found} == {
        item: day.isoformat() for item, day in moved.items()
    }
    as_of = (await officer.get(f"{case.path}/as-of", at=before["updated_at"])).json()
    assert {one["id"]: one["due_on"] for one in as_of["measures"]} == {
        one["id"]: one["due_on"] for one in before["measures"]
    }
    now = (await officer.get(f"{case.path}/as-of")).json()
    assert {one["id"]: one["due_on"] for one in (*now["measures"], *now["follow_ups"])} == due
    lines = (await officer.get(f"{case.path}/timeline", limit=100)).json()["items"]
    assert [one["code"] for one in lines].count("measure.rescheduled") == 2


async def test_a_second_pause_moves_them_on_from_where_the_first_left_them(officer, lead):
    case, measures, _ = await waiting(officer, lead)
    await case.do("POST", "resume", {"occurred_at": RESUMED.isoformat()})
    await case.do("POST", "hold", {"reason": "awaiting_partner", "occurred_at": (RESUMED + DAY).isoformat()})
    await case.do("POST", "resume", {"occurred_at": (RESUMED + 4 * DAY).isoformat()})
    due = {one["id"]: one["due_on"] for one in (await case.read())["measures"]}
    again = (RESUMED + 4 * DAY).astimezone(OSLO).date() - (RESUMED + DAY).astimezone(OSLO).date()
    assert due[measures[2]] == (LATER + LASTED + again).isoformat()


async def test_a_pause_within_a_day_moves_nothing_and_tells_of_nothing(service, officer, lead):
    case, *_ = await waiting(officer, lead)
    await case.do("POST", "resume", {"occurred_at": HELD.isoformat()})
    assert not [name for name in await service.events(case.id, tasks=True) if "rescheduled" in name]


async def test_what_verifies_a_running_platform_finds_the_days_of_tables_and_events_the_same(empty_service):
    officer, lead = empty_service.person("officer-oslo"), empty_service.person("lead-oslo")
    case, measures, follow_ups = await waiting(officer, lead)
    await case.do("POST", "resume", {"occurred_at": RESUMED.isoformat()})
    kept = await officer.send("POST", "/v1/searches", {"name": "Of nobody's version"})
    assert (await officer.send("DELETE", kept.headers["location"], etag=kept.headers["etag"])).status_code == 204
    assert [check for check in await check_changes(empty_service.worker_url) if not check.ok] == []
    for name, table, item in (("measures", "measure", measures[1]), ("follow-ups", "follow_up", follow_ups[1])):
        await empty_service.fetch(f"UPDATE {table} SET due_on = due_on + 1 WHERE id = $1", item)
        assert [check.name for check in await check_changes(empty_service.worker_url) if not check.ok] == [name]
        await empty_service.fetch(f"UPDATE {table} SET due_on = due_on - 1 WHERE id = $1", item)
