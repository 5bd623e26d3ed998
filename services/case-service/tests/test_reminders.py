"""Reviews of broken glass that nobody has done are reminded of: once at each level, never early, by whoever is first."""

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio
from case_service import worker
from case_service.commands import reminders
from case_service.domain.moments import local_day
from forkant_devstack.verify.changes import check_changes
from forkant_kit.db import create_engine, new_id, transaction

WEEK = timedelta(days=7)
SECOND = timedelta(seconds=1)


@pytest_asyncio.fixture
async def engine(empty_service):
    engine = create_engine(empty_service.worker_url, application_name="test", pool_size=8)
    yield engine
    await engine.dispose()


@pytest.fixture
def broken(empty_service):
    """Break the glass of a new case, and return the review and when it is due."""

    async def make(unit: str = "oslo") -> tuple[str, datetime]:
        case = await empty_service.person(f"officer-{unit}").open()
        outsider = empty_service.person("officer-vest", sub=f"officer-{uuid4()}")
        answer = await outsider.send("POST", f"{case.path}/break-glass", {"reason": "acute_danger"})
        [row] = await empty_service.fetch("SELECT due_at FROM access_review WHERE id = $1", answer.json()["id"])
        return answer.json()["id"], row["due_at"]

    return make


@pytest.fixture
def remind(engine):
    async def at(moment: datetime) -> None:
        await worker.remind_of_reviews(engine, now=lambda: moment)

    return at


@pytest.fixture
def review(empty_service):
    """Decide a review as the lead of its unit."""

    async def decide(review_id: str) -> None:
        lead = empty_service.person("lead-oslo")
        shown = await lead.get(f"/v1/access-reviews/{review_id}")
        answer = await lead.send(
            "POST", f"/v1/access-reviews/{review_id}/verdict", {"verdict": "justified"}, etag=shown.headers["etag"]
        )
        assert answer.status_code == 200, answer.text

    return decide


async def test_a_review_is_reminded_of_when_it_is_due_and_not_before(empty_service, broken, remind):
    made, due = await broken()
    await remind(due - SECOND)
    assert await empty_service.events(made) == ["access.glass-broken"]
    await remind(due)
    assert await empty_service.events(made) == ["access.glass-broken", "access.review-overdue"]
    [event] = await empty_service.fetch(
        "SELECT * FROM event_archive WHERE aggregate_id = $1 AND aggregate_version = 2", made
    )
    [case] = await empty_service.fetch("SELECT case_id FROM access_review WHERE id = $1", made)
    assert (event["topic"], event["unit"], event["recorded_at"]) == ("forkant.access.v1", "oslo", due)
    assert event["data"] == f'{{"due_on": "{local_day(due)}", "case_id": "{case["case_id"]}", "escalation_level": 1}}'


async def test_it_is_reminded_of_once_and_a_week_later_escalated_once(empty_service, broken, remind):
    made, due = await broken()
    for after in (timedelta(), SECOND, WEEK - SECOND):
        await remind(due + after)
        assert len(await empty_service.events(made)) == 2
    for after in (WEEK, WEEK + SECOND, 5 * WEEK):
        await remind(due + after)
        assert await empty_service.events(made) == ["access.glass-broken", *["access.review-overdue"] * 2]
    levels = await empty_service.fetch(
        "SELECT data->>'escalation_level' AS level FROM event_archive WHERE aggregate_id = $1 AND aggregate_version > 1"
        " ORDER BY aggregate_version",
        made,
    )
    assert [row["level"] for row in levels] == ["1", "2"]


async def test_the_directorate_is_told_a_week_after_the_reminder_even_when_that_came_late(
    empty_service, broken, remind
):
    made, due = await broken()
    late = due + 3 * WEEK
    await remind(late)
    assert len(await empty_service.events(made)) == 2
    await remind(late + WEEK - SECOND)
    assert len(await empty_service.events(made)) == 2
    await remind(late + WEEK)
    assert len(await empty_service.events(made)) == 3


async def test_what_was_reviewed_is_not_reminded_of_nor_escalated(empty_service, broken, remind, review):
    (before, due), (between, later) = await broken(), await broken()
    await review(before)
    await remind(max(due, later))
    assert await empty_service.events(before) == ["access.glass-broken", "access.reviewed"]
    await review(between)
    await remind(max(due, later) + 2 * WEEK)
    assert await empty_service.events(between) == ["access.glass-broken", "access.review-overdue", "access.reviewed"]


async def test_workers_at_the_same_time_remind_once(empty_service, broken, engine):
    made = [await broken() for _ in range(6)]
    moment = max(due for _, due in made)
    await asyncio.gather(*[worker.remind_of_reviews(engine, now=lambda: moment) for _ in range(6)])
    for review_id, _ in made:
        assert await empty_service.events(review_id) == ["access.glass-broken", "access.review-overdue"]


async def test_a_worker_passes_over_what_another_is_reminding_of(empty_service, broken, engine):
    made, due = await broken()
    async with transaction(engine) as conn:
        assert await reminders.remind(conn, now=due, new_id=new_id) == 1
        async with asyncio.timeout(10), transaction(engine) as other:
            assert await reminders.remind(other, now=due, new_id=new_id) == 0
    assert len(await empty_service.events(made)) == 2


async def test_a_worker_that_dies_midway_leaves_the_reminder_to_the_next(empty_service, broken, engine, remind):
    made, due = await broken()

    async def die() -> None:
        async with transaction(engine) as conn:
            assert await reminders.remind(conn, now=due, new_id=new_id) == 1
            raise ConnectionAbortedError

    with pytest.raises(ConnectionAbortedError):
        await die()
    assert len(await empty_service.events(made)) == 1
    await remind(due)
    assert len(await empty_service.events(made)) == 2


async def test_a_long_list_is_reminded_of_to_its_end(empty_service, broken, remind, monkeypatch):
    monkeypatch.setattr(reminders, "AT_A_TIME", 2)
    made = [await broken() for _ in range(5)]
    await remind(max(due for _, due in made))
    assert [len(await empty_service.events(review_id)) for review_id, _ in made] == [2] * 5


async def test_a_reminder_is_recorded_as_the_services_own_act_and_shown_with_the_review(empty_service, broken, remind):
    made, due = await broken()
    await remind(due)
    [entry] = await empty_service.fetch("SELECT * FROM audit_entry WHERE action = 'access.remind_of_review'")
    assert (entry["subject"], entry["unit"], entry["version"]) == ("case-service", "oslo", 2)
    assert str(entry["object_ids"][0]) == made
    shown = (await empty_service.person("lead-oslo").get(f"/v1/access-reviews/{made}")).json()
    assert datetime.fromisoformat(shown["reminded_at"]) == due
    assert shown["escalated_at"] is None


async def test_who_saw_the_review_before_the_reminder_reads_it_again_before_deciding(empty_service, broken, remind):
    made, due = await broken()
    lead = empty_service.person("lead-oslo")
    before = (await lead.get(f"/v1/access-reviews/{made}")).headers["etag"]
    await remind(due)
    path = f"/v1/access-reviews/{made}/verdict"
    stale = await lead.send("POST", path, {"verdict": "justified"}, etag=before)
    assert (stale.status_code, stale.json()["code"]) == (412, "stale-version")
    again = (await lead.get(f"/v1/access-reviews/{made}")).headers["etag"]
    assert (await lead.send("POST", path, {"verdict": "justified"}, etag=again)).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        "verdict = 'justified', reviewed_by = 'somebody', reviewed_at = now()",
        "due_at = now()",
        "escalated_at = now()",
        "reminded_at = due_at - interval '1 second'",
    ],
)
async def test_the_workers_login_reminds_and_does_nothing_else_to_a_review(empty_service, broken, change):
    await broken()
    connection = await asyncpg.connect(empty_service.worker_url)
    try:
        with pytest.raises(asyncpg.PostgresError):
            await connection.execute(f"UPDATE access_review SET {change}")
    finally:
        await connection.close()


async def test_the_apis_login_reminds_of_nothing(empty_service, broken):
    await broken()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await empty_service.fetch("UPDATE access_review SET reminded_at = now()", as_app=True)


async def test_reminding_is_among_the_workers_chores(empty_service, engine):
    settings = worker.CaseWorkerSettings(env="test", database_url=empty_service.worker_url, oidc_issuer="http://i")
    await worker.chores(settings, engine)["remind_of_reviews"]()


async def test_the_platforms_check_finds_every_reminder_in_tables_events_and_audit_trail(
    empty_service, broken, remind, review
):
    made = [await broken() for _ in range(3)]
    due = max(due for _, due in made)
    await remind(due)
    await remind(due + WEEK)
    await review(made[0][0])
    checks = await check_changes(empty_service.worker_url)
    assert [check for check in checks if not check.ok] == []
    gapless = [check for check in checks if "reviews of broken glass" in check.name]
    assert [check.compared for check in gapless] == [3]
