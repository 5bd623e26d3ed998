"""Tasks are told of before they are due: once for a due day, never early, to whoever holds the case then."""

import asyncio
from datetime import UTC, date, datetime, time, timedelta

import pytest
import pytest_asyncio
from case_service.calendars import norwegian_calendar
from case_service.commands import task_reminders
from case_service.commands.escalations import Round
from case_service.domain.moments import local_day
from case_service.reminder_rules import reminder_rules
from case_service.reminding_worker import remind_of_tasks
from case_service.work_processes import procedures
from forkant_devstack.testing.assessments import completed_assessment
from forkant_devstack.verify.changes import check_changes
from forkant_devstack.verify.reminders import check_reminders
from forkant_kit.db import create_engine, new_id, transaction

BEGAN = datetime(2026, 3, 2, 12, tzinfo=UTC)
DUE = date(2026, 3, 16)
DAY = timedelta(days=1)
NORWAY = norwegian_calendar()
RULES = procedures()
TOLD_ON = date(2026, 3, 11)
LEAD = 3


def at(day: date) -> datetime:
    return datetime.combine(day, time(9), UTC)


@pytest_asyncio.fixture
async def engine(empty_service):
    engine = create_engine(empty_service.worker_url, application_name="test", pool_size=8)
    yield engine
    await engine.dispose()


@pytest.fixture
def opened(empty_service):
    """Open a case of the second of March, whose assessment is due on the sixteenth."""

    async def make(**fields):
        return await empty_service.person("officer-oslo").open(occurred_at=BEGAN.isoformat(), **fields)

    return make


@pytest.fixture
def look_after(engine):
    async def run(day: date) -> None:
        await remind_of_tasks(engine, RULES, reminder_rules(), now=lambda: at(day))

    return run


async def told(service, case) -> list[tuple[str, str, str]]:
    rows = await service.fetch(
        "SELECT data::jsonb->>'kind' AS kind, data::jsonb->>'due_on' AS due_on, unit FROM event_archive"
        " WHERE aggregate_id = $1 AND type = 'no.forkant.task.due-soon.v1' ORDER BY aggregate_version",
        case.id,
    )
    return [tuple(row) for row in rows]


async def days_told_of(service, case) -> list[str]:
    return [row[1] for row in await told(service, case)]


async def moved_to(stranger, case) -> None:
    offer = await case.do("POST", "transfers", {"to_unit": "troms"})
    shown = await stranger.get(f"{case.path}/transfers/{offer['item_id']}")
    path = f"{case.path}/transfers/{offer['item_id']}/accept"
    assert (await stranger.send("POST", path, etag=shown.headers["etag"])).status_code == 200


async def test_a_task_is_told_of_once_on_its_day_and_never_early(empty_service, opened, look_after):
    case = await opened()
    for day, count in ((date(2026, 3, 3), 0), (TOLD_ON - DAY, 0), (TOLD_ON, 1), (TOLD_ON, 1), (DUE, 1), (DUE + DAY, 1)):
        await look_after(day)
        assert await told(empty_service, case) == [("complete_assessment", DUE.isoformat(), "oslo")] * count, day


async def test_a_day_that_begins_in_oslo_counts_there_in_summer_and_in_winter(empty_service, engine, opened):
    """The reminder of the day after the clocks go forward comes with midnight in Oslo, not an hour early."""
    case = await empty_service.person("officer-oslo").open(
        occurred_at=datetime(2026, 3, 18, 12, tzinfo=UTC).isoformat()
    )
    # Due on the first of April; three working days before it is the Friday, before the clocks go forward on Sunday.
    summer = await opened(purpose_code="public_safety")
    await empty_service.fetch(
        "UPDATE task SET due_on = '2026-04-01', escalates_on = NULL WHERE case_id = $1", summer.id
    )
    for moment, count in (
        (datetime(2026, 3, 26, 22, 59, 59, tzinfo=UTC), 0),
        (datetime(2026, 3, 26, 23, 0, tzinfo=UTC), 1),
    ):
        await remind_of_tasks(engine, RULES, reminder_rules(), now=lambda now=moment: now)
        assert len(await told(empty_service, case)) == len(await told(empty_service, summer)) == count, moment
    third = await opened(purpose_code="public_safety")
    await empty_service.fetch("UPDATE task SET due_on = '2026-04-08', escalates_on = NULL WHERE case_id = $1", third.id)
    for moment, count in (
        (datetime(2026, 3, 30, 21, 59, 59, tzinfo=UTC), 0),
        (datetime(2026, 3, 30, 22, 0, tzinfo=UTC), 1),
    ):
        await remind_of_tasks(engine, RULES, reminder_rules(), now=lambda now=moment: now)
        assert len(await told(empty_service, third)) == count, moment


async def test_what_is_past_due_is_no_longer_told_of_as_near(empty_service, opened, look_after):
    case = await opened()
    await look_after(DUE + DAY)
    assert await told(empty_service, case) == []


async def test_a_clock_that_steps_back_tells_of_nothing_again(empty_service, opened, look_after):
    case = await opened()
    for day in (TOLD_ON + DAY, TOLD_ON - DAY, TOLD_ON, date(2026, 3, 3), DUE):
        await look_after(day)
    assert len(await told(empty_service, case)) == 1


async def test_a_pause_moves_the_day_and_the_new_day_is_told_of_anew(empty_service, opened, look_after):
    case = await opened()
    await look_after(TOLD_ON)
    held = at(TOLD_ON) + timedelta(hours=1)
    await case.do("POST", "hold", {"reason": "awaiting_partner", "occurred_at": held.isoformat()})
    await look_after(DUE)
    await case.do("POST", "resume", {"occurred_at": (held + 14 * DAY).isoformat()})
    moved = DUE + 14 * DAY
    await look_after(date(2026, 3, 24))
    assert await days_told_of(empty_service, case) == [DUE.isoformat()]
    await look_after(date(2026, 3, 25))
    assert await days_told_of(empty_service, case) == [DUE.isoformat(), moved.isoformat()]


async def test_what_stands_still_is_told_of_when_work_goes_on(empty_service, opened, look_after):
    case = await opened()
    held = BEGAN + DAY
    await case.do("POST", "hold", {"reason": "awaiting_partner", "occurred_at": held.isoformat()})
    await look_after(TOLD_ON)
    assert await told(empty_service, case) == []
    await case.do("POST", "resume", {"occurred_at": (held + timedelta(hours=1)).isoformat()})
    await look_after(TOLD_ON)
    assert await days_told_of(empty_service, case) == [DUE.isoformat()]


async def test_a_measure_and_a_follow_up_are_told_of_by_the_lead_time_of_each(empty_service, look_after):
    officer, lead = empty_service.person("officer-oslo"), empty_service.person("lead-oslo")
    case = await officer.open(occurred_at=BEGAN.isoformat())
    when = {"occurred_at": BEGAN.isoformat()}
    await case.do("PUT", "assessment", {**completed_assessment(), **when})
    await case.do("PUT", "plan", {"goals": [{"text": "A goal"}], **when})
    await case.do("POST", "plan/approval", when, by=lead)
    # Two Mondays without a holiday before them.
    await case.do("POST", "measures", {"kind": "home_visit", "due_on": "2026-06-15", **when})
    await case.do("POST", "follow-ups", {"due_on": "2026-06-22", **when})
    for day, found in (
        (date(2026, 6, 5), []),
        (date(2026, 6, 8), [("complete_measure", "2026-06-15", "oslo")]),
        (date(2026, 6, 16), [("complete_measure", "2026-06-15", "oslo")]),
        (date(2026, 6, 17), [("complete_measure", "2026-06-15", "oslo"), ("hold_follow_up", "2026-06-22", "oslo")]),
    ):
        await look_after(day)
        assert await told(empty_service, case) == found, day


async def test_what_is_done_ended_restricted_or_erased_is_told_of_no_more(empty_service, opened, look_after):
    lead, privacy = empty_service.person("lead-oslo"), empty_service.person("privacy-oslo")
    done, rejected, restricted = await opened(), await opened(), await opened()
    await done.do("PUT", "assessment", {**completed_assessment(), "occurred_at": BEGAN.isoformat()})
    await rejected.do("POST", "rejection", {"reason": "no_basis"})
    await restricted.do("POST", "restriction", {"restricted": True, "reason": "disputed"}, by=lead)
    await look_after(TOLD_ON)
    for case in (done, rejected, restricted):
        assert await told(empty_service, case) == []
    await restricted.do("POST", "restriction", {"restricted": False, "reason": "disputed"}, by=privacy)
    await look_after(TOLD_ON)
    # The assessment is asked for anew, with its whole time, from the day on which the restriction was lifted.
    assert await told(empty_service, restricted) == []


async def test_a_reopened_case_asks_anew_and_tells_of_the_new_day(empty_service, opened, look_after):
    case = await opened()
    await look_after(TOLD_ON)
    lead = empty_service.person("lead-oslo")
    later = datetime(2026, 6, 1, 12, tzinfo=UTC)
    closing = {"reason": "unfounded", "occurred_at": (later - DAY).isoformat()}
    await case.do("POST", "close", closing, by=lead)
    await case.do("POST", "reopen", {"reason": "new_concern", "occurred_at": later.isoformat()}, by=lead)
    await look_after(date(2026, 6, 9))
    assert await days_told_of(empty_service, case) == [DUE.isoformat()]
    await look_after(date(2026, 6, 10))
    assert await days_told_of(empty_service, case) == [DUE.isoformat(), "2026-06-15"]


async def test_who_takes_a_case_over_is_told_of_what_is_near_once(empty_service, opened, look_after, engine):
    stranger = empty_service.person("officer-troms")
    case = await opened()
    await look_after(TOLD_ON)
    await moved_to(stranger, case)
    for _ in range(2):
        await look_after(TOLD_ON)
    kind = "complete_assessment"
    assert [row for row in await told(empty_service, case) if row[0] == kind] == [
        (kind, DUE.isoformat(), "oslo"), (kind, DUE.isoformat(), "troms"),
    ]  # fmt: skip
    assert (await check_reminders(empty_service.worker_url)).ok


async def test_an_offer_is_told_of_to_the_unit_that_is_to_answer_it(empty_service, look_after):
    case = await empty_service.person("officer-oslo").open()
    await case.do("POST", "transfers", {"to_unit": "troms"})
    [due] = await empty_service.fetch("SELECT due_on FROM task WHERE kind = 'answer_transfer'")
    day = due["due_on"]
    while NORWAY.after(day, 2) > due["due_on"] or not NORWAY.is_working_day(day):
        day -= DAY
    await look_after(day)
    [event] = await empty_service.fetch(
        "SELECT data::jsonb->>'answering_unit' AS answering, unit FROM event_archive"
        " WHERE type = 'no.forkant.task.due-soon.v1' AND data::jsonb->>'kind' = 'answer_transfer'"
    )
    assert tuple(event) == ("troms", "oslo")


async def test_two_workers_and_people_at_once_leave_one_reminder_and_no_gap(empty_service, opened, engine):
    cases = [await opened() for _ in range(4)]
    people = [case.by.send("POST", f"{case.path}/partners", {"kind": "school"}, etag=case.etag) for case in cases]
    other = create_engine(empty_service.worker_url, application_name="other", pool_size=4)
    rules = reminder_rules()
    workers = [
        remind_of_tasks(each, RULES, rules, now=lambda: at(TOLD_ON)) for each in (engine, other) for _ in range(2)
    ]
    answers = await asyncio.gather(*people, *workers)
    await other.dispose()
    assert [answer.status_code for answer in answers[:4]] == [201] * 4
    for case in cases:
        assert len(await told(empty_service, case)) == 1
        [versions] = await empty_service.fetch(
            "SELECT array_agg(aggregate_version ORDER BY aggregate_version) AS found FROM event_archive"
            " WHERE aggregate_id = $1",
            case.id,
        )
        assert versions["found"] == list(range(1, len(versions["found"]) + 1))
    found = await check_changes(empty_service.worker_url)
    assert [check for check in found if not check.ok] == []


async def test_a_worker_that_looked_before_another_was_done_finds_it_told(empty_service, opened, engine, monkeypatch):
    """Both see the task as near; the lock of the case alone keeps the second from telling of it again."""
    case = await opened()
    turn = Round(procedures=RULES, now=at(TOLD_ON), new_id=new_id)
    reminding = task_reminders.Reminding(turn=turn, versions=reminder_rules())
    looked, look = asyncio.Event(), task_reminders.store.due_soon

    async def looks(conn, near, **query):
        rows = await look(conn, near, **query)
        assert len(rows) == 1
        looked.set()
        return rows

    async def second() -> int:
        async with transaction(engine) as conn:
            return await task_reminders.remind_of_tasks(conn, reminding)

    async with transaction(engine) as first:
        assert await task_reminders.remind_of_tasks(first, reminding) == 1
        monkeypatch.setattr(task_reminders.store, "due_soon", looks)
        waiting = asyncio.create_task(second())
        await looked.wait()
    assert await waiting == 0
    assert len(await told(empty_service, case)) == 1


async def test_a_transaction_that_comes_to_nothing_tells_of_nothing(empty_service, opened, engine, look_after):
    case = await opened()
    turn = Round(procedures=RULES, now=at(TOLD_ON), new_id=new_id)

    async def comes_to_nothing() -> None:
        async with transaction(engine) as conn:
            reminding = task_reminders.Reminding(turn=turn, versions=reminder_rules())
            assert await task_reminders.remind_of_tasks(conn, reminding) == 1
            raise LookupError

    with pytest.raises(LookupError):
        await comes_to_nothing()
    assert await told(empty_service, case) == []
    await look_after(TOLD_ON)
    assert len(await told(empty_service, case)) == 1


async def test_more_than_one_transaction_takes_are_told_of_to_the_last(empty_service, opened, look_after, monkeypatch):
    monkeypatch.setattr(task_reminders, "AT_A_TIME", 2)
    cases = [await opened() for _ in range(5)]
    await look_after(TOLD_ON)
    assert [len(await told(empty_service, case)) for case in cases] == [1] * 5


async def test_without_another_clock_the_databases_decides(empty_service, engine):
    case = await empty_service.person("officer-oslo").open()
    today = local_day(datetime.now(UTC))
    for due, count in ((today + 60 * DAY, 0), (today + DAY, 1)):
        await empty_service.fetch("UPDATE task SET due_on = $2, escalates_on = NULL WHERE case_id = $1", case.id, due)
        await remind_of_tasks(engine, RULES, reminder_rules())
        assert len(await told(empty_service, case)) == count


async def test_what_verifies_a_running_platform_finds_a_reminder_that_came_early_or_twice(
    empty_service, opened, look_after
):
    case = await opened()
    await look_after(TOLD_ON)
    good = await check_reminders(empty_service.worker_url)
    assert (good.guarantee, good.ok, good.compared) == ("G6", True, 1)
    early = "UPDATE event_archive SET recorded_at = recorded_at - interval '1 day' WHERE type LIKE '%due-soon%'"
    await empty_service.fetch(early)
    [difference] = (await check_reminders(empty_service.worker_url)).differences
    assert difference.found == "told of on 2026-03-10"
    await empty_service.fetch(early.replace("- interval", "+ interval"))
    await empty_service.fetch("UPDATE task SET reminded_for = NULL, reminded_unit = NULL")
    await look_after(TOLD_ON)
    found = await check_reminders(empty_service.worker_url)
    assert [one.found for one in found.differences] == ["told of 2 times"]
    assert len(await told(empty_service, case)) == 2
