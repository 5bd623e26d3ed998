"""Deadlines of information: warned of once after 90 days, told of once when they are past, never early, by who is first."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
import pytest_asyncio
from case_service import worker
from case_service.commands import deadlines
from case_service.domain.information import last_day, warning_day
from forkant_devstack.verify.changes import check_changes
from forkant_kit.db import create_engine, new_id, transaction

FACT = {
    "statement_type": "fact", "verification_status": "unverified", "source": "witness", "subject_category": "at_risk",
    "text": "Was seen at the square.",
}  # fmt: skip
CLEAR = {"outcome": "relevant", "verification_status": "verified"}
BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)
WARNING = datetime(warning_day(BEGAN).year, warning_day(BEGAN).month, warning_day(BEGAN).day, tzinfo=UTC)
LAST = datetime(last_day(BEGAN).year, last_day(BEGAN).month, last_day(BEGAN).day, 12, tzinfo=UTC)
DAY, NEAR, RESTRICTED = timedelta(days=1), "information.deadline-near", "information.restricted"


@pytest_asyncio.fixture
async def engine(empty_service):
    engine = create_engine(empty_service.worker_url, application_name="test", pool_size=8)
    yield engine
    await engine.dispose()


@pytest.fixture
def registered(empty_service):
    """Open a case with information of the first of March, and return both."""

    async def make(count: int = 1):
        case = await empty_service.person("officer-oslo").open(occurred_at=BEGAN.isoformat())
        made = [
            (await case.do("POST", "information", {**FACT, "occurred_at": BEGAN.isoformat()}))["item_id"]
            for _ in range(count)
        ]
        return case, made

    return make


@pytest.fixture
def tell(engine):
    async def at(moment: datetime) -> None:
        await worker.tell_of_deadlines(engine, now=lambda: moment)

    return at


async def test_it_is_warned_of_on_its_day_and_told_of_the_day_after_its_last_once_each(empty_service, registered, tell):
    case, [made] = await registered()
    before = ["case.opened", "information.registered"]
    for moment, told in (
        (WARNING - DAY, before),
        (WARNING, [*before, NEAR]),
        (WARNING + DAY, [*before, NEAR]),
        (LAST, [*before, NEAR]),
        (LAST + DAY, [*before, NEAR, RESTRICTED]),
        (LAST + 90 * DAY, [*before, NEAR, RESTRICTED]),
    ):
        await tell(moment)
        assert await empty_service.events(case.id) == told, moment
    events = await empty_service.fetch(
        "SELECT aggregate_version, unit, recorded_at, data::jsonb AS data FROM event_archive WHERE aggregate_id = $1"
        " AND aggregate_version > 4 ORDER BY aggregate_version",
        case.id,
    )
    assert [(row["aggregate_version"], row["unit"], row["recorded_at"]) for row in events] == [
        (5, "oslo", WARNING),
        (6, "oslo", LAST + DAY),
    ]
    assert all(made in row["data"] and last_day(BEGAN).isoformat() in row["data"] for row in events)


async def test_a_worker_that_was_away_tells_of_both_in_order(empty_service, registered, tell):
    case, _ = await registered(2)
    await tell(LAST + 30 * DAY)
    assert (await empty_service.events(case.id))[3:] == [NEAR, NEAR, RESTRICTED, RESTRICTED]


@pytest.mark.parametrize("clarified_before", [WARNING, LAST + DAY])
async def test_what_is_clarified_is_told_of_no_more(empty_service, registered, tell, clarified_before):
    case, [made] = await registered()
    await tell(clarified_before - DAY)
    lead = empty_service.person("lead-oslo")
    await case.do("POST", f"information/{made}/clarification", CLEAR, by=lead)
    known = await empty_service.events(case.id)
    await tell(LAST + 30 * DAY)
    assert await empty_service.events(case.id) == known


async def test_a_client_that_holds_the_case_goes_on_after_the_worker_has_told(registered, tell):
    case, _ = await registered()
    held = case.etag
    await tell(WARNING)
    receipt = await case.do("POST", "hold", {"reason": "awaiting_partner"})
    assert (receipt["version"], held != case.etag) == (6, True)


async def test_workers_and_people_at_once_leave_one_event_for_each_deadline(empty_service, registered, engine):
    cases = [(await registered(3))[0] for _ in range(3)]
    people = [
        case.by.send("POST", f"{case.path}/hold", {"reason": "awaiting_partner"}, etag=case.etag) for case in cases
    ]
    workers = [worker.tell_of_deadlines(engine, now=lambda: LAST + DAY) for _ in range(4)]
    answers = await asyncio.gather(*people, *workers)
    assert [answer.status_code for answer in answers[:3]] == [200] * 3
    for case in cases:
        events = await empty_service.events(case.id)
        assert sorted(events[4:]) == sorted([*[NEAR] * 3, *[RESTRICTED] * 3, "case.put-on-hold"])
        versions = await empty_service.fetch(
            "SELECT array_agg(aggregate_version ORDER BY aggregate_version) AS found FROM event_archive"
            " WHERE aggregate_id = $1",
            case.id,
        )
        assert versions[0]["found"] == list(range(1, len(await empty_service.events(case.id, tasks=True)) + 1))


async def test_more_than_one_transaction_takes_is_told_of_to_the_end(empty_service, registered, tell, monkeypatch):
    monkeypatch.setattr(deadlines, "AT_A_TIME", 2)
    case, _ = await registered(5)
    await tell(WARNING)
    assert (await empty_service.events(case.id)).count(NEAR) == 5


async def test_a_transaction_that_comes_to_nothing_tells_of_nothing(empty_service, registered, engine, tell):
    case, _ = await registered()

    async def comes_to_nothing() -> None:
        async with transaction(engine) as conn:
            assert await deadlines.tell_of_deadlines(conn, now=WARNING, new_id=new_id) == 1
            raise LookupError

    with pytest.raises(LookupError):
        await comes_to_nothing()
    assert NEAR not in await empty_service.events(case.id)
    await tell(WARNING)
    assert (await empty_service.events(case.id))[-1] == NEAR


async def test_an_erased_case_is_told_of_no_more(empty_service, registered, tell):
    case, _ = await registered()
    await case.do("POST", "erasure", {"basis": "unlawful"}, by=empty_service.person("privacy-oslo"))
    await tell(LAST + DAY)
    assert (await empty_service.events(case.id))[-1] == "case.erased"


async def test_each_telling_is_in_the_trail_and_fits_the_change_that_it_made(empty_service, registered, tell):
    case, [made] = await registered()
    await tell(LAST + DAY)
    entries = await empty_service.fetch(
        "SELECT subject, unit, action, version, object_ids FROM audit_entry WHERE subject = 'case-service'"
        " AND $1 = ANY (object_ids) ORDER BY seq",
        case.id,
    )
    assert [(row["action"], row["version"], row["unit"]) for row in entries] == [
        ("case.warn_of_deadline", 5, "oslo"),
        ("case.restrict_information", 6, "oslo"),
    ]
    assert all(made in [str(each) for each in row["object_ids"]] for row in entries)
    checks = await check_changes(empty_service.worker_url)
    assert [check for check in checks if not check.ok] == []
    compared = [check.compared for check in checks if "information" in check.name]
    assert compared == [1]


async def test_the_worker_changes_nothing_else_of_information_or_cases(empty_service, registered):
    case, [made] = await registered()
    connection = await asyncpg.connect(empty_service.worker_url)
    for change in (
        "UPDATE information SET clarification_deadline = '2030-01-01' WHERE id = $1",
        "UPDATE information SET text = '' WHERE id = $1",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(change, made)
    assert await connection.execute("UPDATE preventive_case SET state = 'closed' WHERE id = $1", case.id) == "UPDATE 0"
    await connection.close()
    app = await asyncpg.connect(empty_service.app_url)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.execute("SELECT move_case_on($1)", case.id)
    await app.close()
