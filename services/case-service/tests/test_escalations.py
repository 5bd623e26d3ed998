"""Late tasks go up the chain of roles: once a level, never early, by whichever worker is first."""

import asyncio
from datetime import UTC, date, datetime, time, timedelta

import asyncpg
import pytest
import pytest_asyncio
from case_service import worker
from case_service.calendars import norwegian_calendar
from case_service.commands import escalations
from case_service.work_processes import procedures
from forkant_devstack.verify.changes import check_changes
from forkant_kit.db import create_engine, new_id, transaction

BEGAN = datetime(2026, 3, 2, 12, tzinfo=UTC)
DUE = date(2026, 3, 16)
DAY = timedelta(days=1)
NORWAY = norwegian_calendar()
RULES = procedures()
LATE = "task.overdue"
FACT = {
    "statement_type": "fact", "verification_status": "unverified", "source": "witness", "subject_category": "at_risk",
    "text": "Was seen at the square.",
}  # fmt: skip


def at(day: date) -> datetime:
    return datetime.combine(day, time(9), UTC)


LEAD_DAY, DIRECTORATE_DAY = at(NORWAY.after(DUE, 1)), at(NORWAY.after(DUE, 10))


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
    async def run(moment: datetime) -> None:
        await worker.escalate_tasks(engine, RULES, now=lambda: moment)

    return run


async def late(service, case) -> list[tuple]:
    rows = await service.fetch(
        "SELECT data::jsonb->>'role' AS role, (data::jsonb->>'escalation_level')::int AS level,"
        " data::jsonb->>'due_on' AS due_on, recorded_at, unit FROM event_archive"
        " WHERE aggregate_id = $1 AND type = 'no.forkant.task.overdue.v1' ORDER BY aggregate_version",
        case.id,
    )
    return [tuple(row) for row in rows]


async def test_an_overdue_task_escalates_to_the_prevention_lead(empty_service, opened, look_after):
    case = await opened()
    await look_after(LEAD_DAY)
    assert await late(empty_service, case) == [("prevention_lead", 1, DUE.isoformat(), LEAD_DAY, "oslo")]
    answer = await empty_service.person("lead-oslo").get("/v1/tasks", overdue="true")
    [task] = answer.json()["items"]
    assert (task["case_id"], task["kind"], task["level"]) == (case.id, "complete_assessment", 1)


async def test_it_goes_up_once_a_level_on_its_day_and_never_early(empty_service, opened, look_after):
    case = await opened()
    for moment, levels in (
        (at(DUE), []),
        (LEAD_DAY - DAY, []),
        (LEAD_DAY, [1]),
        (LEAD_DAY + DAY, [1]),
        (DIRECTORATE_DAY - DAY, [1]),
        (DIRECTORATE_DAY, [1, 2]),
        (DIRECTORATE_DAY + 400 * DAY, [1, 2]),
    ):
        await look_after(moment)
        assert [row[1] for row in await late(empty_service, case)] == levels, moment
    assert [row[0] for row in await late(empty_service, case)] == ["prevention_lead", "directorate"]


async def test_nobody_is_told_on_a_day_off(empty_service, opened, look_after):
    # Opened so that the fourteen days end on the Wednesday before Easter.
    case = await empty_service.person("officer-oslo").open(
        occurred_at=datetime(2026, 3, 18, 12, tzinfo=UTC).isoformat()
    )
    for day, told in ((date(2026, 4, 2), 0), (date(2026, 4, 6), 0), (date(2026, 4, 7), 1)):
        await look_after(at(day))
        assert len(await late(empty_service, case)) == told, day


async def test_a_worker_that_was_away_tells_each_level_in_order(empty_service, opened, look_after):
    case = await opened()
    await look_after(DIRECTORATE_DAY + 30 * DAY)
    await look_after(DIRECTORATE_DAY + 30 * DAY)
    assert [row[1] for row in await late(empty_service, case)] == [1, 2]


async def test_what_is_done_goes_up_no_more(empty_service, opened, look_after):
    case = await opened()
    await look_after(LEAD_DAY)
    await case.assessed()
    await look_after(DIRECTORATE_DAY)
    assert [row[1] for row in await late(empty_service, case)] == [1]


async def test_what_stands_still_does_not_go_up_and_what_the_law_asks_does(empty_service, opened, look_after):
    case = await opened()
    await case.do("POST", "information", {**FACT, "occurred_at": BEGAN.isoformat()})
    held = (BEGAN + DAY).isoformat()
    await case.do("POST", "hold", {"reason": "awaiting_partner", "occurred_at": held})
    await look_after(DIRECTORATE_DAY)
    assert await late(empty_service, case) == []
    await look_after(at(date(2026, 7, 3)))
    assert [row[2] for row in await late(empty_service, case)] == ["2026-07-02"]


async def test_a_pause_moves_the_day_on_which_it_goes_up(empty_service, opened, look_after):
    case = await opened()
    for tail, body, moment in (("hold", {"reason": "awaiting_partner"}, BEGAN + DAY), ("resume", {}, BEGAN + 15 * DAY)):
        await case.do("POST", tail, {**body, "occurred_at": moment.isoformat()})
    moved = DUE + 14 * DAY
    await look_after(at(NORWAY.after(moved, 1)) - DAY)
    assert await late(empty_service, case) == []
    await look_after(at(NORWAY.after(moved, 1)))
    assert [row[2] for row in await late(empty_service, case)] == [moved.isoformat()]


async def test_two_workers_and_people_at_once_leave_one_event_for_each_level(empty_service, opened, engine):
    cases = [await opened() for _ in range(4)]
    people = [case.by.send("POST", f"{case.path}/partners", {"kind": "school"}, etag=case.etag) for case in cases]
    other = create_engine(empty_service.worker_url, application_name="other", pool_size=4)
    workers = [worker.escalate_tasks(each, RULES, now=lambda: LEAD_DAY) for each in (engine, other) for _ in range(2)]
    answers = await asyncio.gather(*people, *workers)
    await other.dispose()
    assert [answer.status_code for answer in answers[:4]] == [201] * 4
    for case in cases:
        assert [row[1] for row in await late(empty_service, case)] == [1]
        events = await empty_service.events(case.id, tasks=True)
        versions = await empty_service.fetch(
            "SELECT array_agg(aggregate_version ORDER BY aggregate_version) AS found FROM event_archive"
            " WHERE aggregate_id = $1",
            case.id,
        )
        assert versions[0]["found"] == list(range(1, len(events) + 1))


async def test_a_worker_that_looked_before_another_was_done_finds_it_told(empty_service, opened, engine, monkeypatch):
    """Both see the task as late; the lock of the case alone keeps the second from telling of it again."""
    case = await opened()
    turn = escalations.Round(procedures=RULES, now=LEAD_DAY, new_id=new_id)
    looked, look = asyncio.Event(), escalations.store.late

    async def looks(conn, **query):
        rows = await look(conn, **query)
        assert len(rows) == 1
        looked.set()
        return rows

    async def second() -> int:
        async with transaction(engine) as conn:
            return await escalations.escalate(conn, turn)

    async with transaction(engine) as first:
        assert await escalations.escalate(first, turn) == 1
        monkeypatch.setattr(escalations.store, "late", looks)
        waiting = asyncio.create_task(second())
        await looked.wait()
    assert await waiting == 0
    assert [row[1] for row in await late(empty_service, case)] == [1]


async def test_a_transaction_that_comes_to_nothing_tells_of_nothing(empty_service, opened, engine, look_after):
    case = await opened()
    turn = escalations.Round(procedures=RULES, now=LEAD_DAY, new_id=new_id)

    async def comes_to_nothing() -> None:
        async with transaction(engine) as conn:
            assert await escalations.escalate(conn, turn) == 1
            raise LookupError

    with pytest.raises(LookupError):
        await comes_to_nothing()
    assert await late(empty_service, case) == []
    await look_after(LEAD_DAY)
    assert len(await late(empty_service, case)) == 1


async def test_more_than_one_transaction_takes_go_up_to_the_last(empty_service, opened, look_after, monkeypatch):
    monkeypatch.setattr(escalations, "AT_A_TIME", 2)
    cases = [await opened() for _ in range(5)]
    await look_after(LEAD_DAY)
    assert [len(await late(empty_service, case)) for case in cases] == [1] * 5


async def test_a_client_that_holds_the_case_goes_on_after_the_worker(opened, look_after):
    case = await opened()
    await look_after(LEAD_DAY)
    receipt = await case.do("POST", "hold", {"reason": "awaiting_partner"})
    assert receipt["version"] == 4


async def test_a_case_from_before_comes_on_the_process_with_its_tasks(empty_service, opened, look_after):
    case, ended, restricted = await opened(), await opened(), await opened()
    await case.do("POST", "information", FACT)
    await ended.do("POST", "rejection", {"reason": "no_basis"})
    restrict = {"restricted": True, "reason": "disputed"}
    await restricted.do("POST", "restriction", restrict, by=empty_service.person("lead-oslo"))
    ids = [case.id, ended.id, restricted.id]
    await empty_service.fetch("DELETE FROM task")
    await empty_service.fetch("UPDATE preventive_case SET process_version = NULL")
    await look_after(BEGAN)
    await look_after(BEGAN)
    found = await empty_service.fetch("SELECT case_id, kind, due_on FROM task WHERE state = 'open' ORDER BY kind")
    assert [(str(row["case_id"]), row["kind"]) for row in found] == [
        (case.id, "clarify_information"), (case.id, "complete_assessment"),
    ]  # fmt: skip
    assert found[1]["due_on"] == DUE
    told = {each: (await empty_service.events(each, tasks=True)).count("task.assigned") for each in ids}
    assert told == {case.id: 4, ended.id: 1, restricted.id: 1}
    rows = await empty_service.fetch("SELECT id, version, process_version FROM preventive_case")
    assert {str(row["id"]): row["process_version"] for row in rows} == {case.id: 1, ended.id: 1, restricted.id: None}
    for row in rows:
        assert row["version"] == len(await empty_service.events(str(row["id"]), tasks=True))
    await case.assessed()
    await restricted.do("POST", "restriction", {**restrict, "restricted": False}, by=empty_service.person("lead-oslo"))
    last = await empty_service.fetch("SELECT kind FROM task WHERE case_id = $1 AND state = 'open'", restricted.id)
    assert [row["kind"] for row in last] == ["complete_assessment"]


async def test_each_level_is_in_the_trail_and_every_task_fits_its_events(empty_service, opened, look_after):
    case = await opened()
    await look_after(DIRECTORATE_DAY)
    await look_after(DIRECTORATE_DAY)
    entries = await empty_service.fetch(
        "SELECT action, version, unit FROM audit_entry WHERE subject = 'case-service' AND $1 = ANY (object_ids)"
        " ORDER BY seq",
        case.id,
    )
    assert [tuple(row) for row in entries] == [("case.escalate_task", 3, "oslo"), ("case.escalate_task", 4, "oslo")]
    checks = await check_changes(empty_service.worker_url)
    assert [check for check in checks if not check.ok] == []
    assert [check.compared for check in checks if check.name == "tasks"] == [1]
    await empty_service.fetch("UPDATE task SET due_on = due_on + 1 WHERE case_id = $1", case.id)
    assert [check.name for check in await check_changes(empty_service.worker_url) if not check.ok] == ["tasks"]


async def test_the_application_raises_no_level_and_puts_no_case_on_a_process(empty_service, opened):
    case = await opened()
    app = await asyncpg.connect(empty_service.app_url)
    for statement in (
        "UPDATE task SET level = 1 WHERE case_id = $1",
        "UPDATE task SET kind = 'review_case' WHERE case_id = $1",
        "UPDATE task SET role = 'auditor' WHERE case_id = $1",
        "SELECT put_on_process($1, 1, 1, 1)",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(statement, case.id)
    await app.close()


async def test_an_offer_that_is_not_answered_names_the_unit_that_is_to_answer(empty_service, opened, look_after):
    case = await opened(age_band="15_17")
    await case.do("POST", "transfers", {"to_unit": "troms", "occurred_at": BEGAN.isoformat()})
    answer_by = NORWAY.after(BEGAN.date(), 10)
    await look_after(at(NORWAY.after(answer_by, 1)))
    rows = await empty_service.fetch(
        "SELECT unit, data::jsonb->>'kind' AS kind, data::jsonb->>'answering_unit' AS answering FROM event_archive"
        " WHERE aggregate_id = $1 AND type = 'no.forkant.task.overdue.v1'",
        case.id,
    )
    assert {(row["unit"], row["kind"], row["answering"]) for row in rows} == {
        ("oslo", "answer_transfer", "troms"), ("oslo", "complete_assessment", None)
    }  # fmt: skip
