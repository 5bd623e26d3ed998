"""After a restore no version of a pilot, a plan or a watch that was published is given again, and steering goes on."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from forkant_contracts.topics import INDICATOR_OPERATIONS_TOPIC, STEERING_TOPIC
from forkant_devstack.verify.steering import check_plans, check_watches
from forkant_kit.db import create_engine, new_id
from forkant_kit.recovery.fence import StillRunningError, fence
from forkant_kit.recovery.lost import Lost, Published
from indicator_service.definitions import load_catalogue
from indicator_service.generations import FIRST, group_of
from indicator_service.recover import COUNTERS
from indicator_service.steering.watching import Judge, judge_figures
from sqlalchemy import text

NOW = datetime(2026, 3, 1, tzinfo=UTC)
EVENTS = """
SELECT aggregate_version, split_part(type, '.', 4) AS what FROM event_archive WHERE aggregate_id = :id
ORDER BY aggregate_version
"""
HEARTBEAT = """
INSERT INTO consumer_offset (consumer_group, topic, partition, observed_at, last_recorded_at)
VALUES (:group, 'forkant.case.v1', 0, clock_timestamp() + interval '1 hour', clock_timestamp())
"""
ROWS = {
    "plan_watch": ("INSERT INTO plan_watch (unit, id, version) VALUES ('oslo', :id, 1)", STEERING_TOPIC),
    "alarm": (
        "INSERT INTO alarm (kind, id, version) VALUES ('audit_not_sealed', :id, 1)",
        INDICATOR_OPERATIONS_TOPIC,
    ),
}


@pytest_asyncio.fixture
async def owner(database):
    engine = create_engine(database.owner_url, application_name="test", pool_size=2)
    yield engine
    await engine.dispose()


@pytest.fixture
def lose(owner):
    """Give a function that fences versions which Kafka has and the database has not."""

    async def fenced(aggregate, *versions, topic=STEERING_TOPIC):
        events = [
            Published(uuid4(), topic, UUID(str(aggregate)), v, "no.forkant.pilot.enrolled.v1", "oslo", NOW)
            for v in versions
        ]
        return await fence(
            owner, Lost(events=events), service="indicator-service", counters=COUNTERS, by="operator", new_id=new_id
        )

    return fenced


async def told(engine, aggregate):
    async with engine.connect() as conn:
        return [tuple(row) for row in await conn.execute(text(EVENTS), {"id": aggregate})]


async def test_enrolments_go_on_behind_those_that_were_lost(steering, lose, engine):
    body = {
        "code": f"pilot_{uuid4().hex[:8]}",
        "name_nb": "Forebygging i digitale miljøer",
        "name_en": "Prevention in online communities",
        "case_types": ["online_community"],
        "indicators": [10],
        "baseline_from": steering.day(-365),
        "baseline_until": steering.day(-1),
        "valid_from": steering.day(0),
        "valid_until": steering.day(365),
        "reason": "Tre distrikter prøver en felles måte å arbeide på.",
    }
    pilot = (await steering.post("/v1/pilots", body, by="pod-methods")).json()["id"]

    async def decide(path, given):
        etag = (await steering.get(f"/v1/pilots/{pilot}", by="pod-analyst")).headers["etag"]
        done = await steering.post(f"/v1/pilots/{pilot}/{path}", given, by="pod-analyst", etag=etag)
        assert done.status_code == 200, done.text

    await decide("approval", {})
    await decide("enrolments", {"unit": "troms"})
    assert (await lose(pilot, 2, 3)).skipped == {UUID(pilot): [2, 3]}
    assert (await lose(pilot, 2, 3)).skipped == {}
    await decide("enrolments", {"unit": "oslo"})
    assert await told(engine, pilot) == [
        (1, "enrolled"),
        (2, "version-skipped"),
        (3, "version-skipped"),
        (4, "enrolled"),
    ]


async def test_approvals_of_a_plan_go_on_behind_those_that_were_lost(plans, lose, engine, database):
    plan = await plans.approved()
    assert (await lose(plan, 2)).skipped == {UUID(plan): [2]}
    assert (await plans.revise(plan)).is_success
    for what, by in (("submission", "lead-oslo"), ("approval", "pod-analyst")):
        assert (await plans.act(plan, 2, what, by=by)).status_code == 200
    assert await told(engine, plan) == [(1, "approved"), (2, "version-skipped"), (3, "approved")]
    check = await check_plans(database.worker_url)
    assert (check.ok, check.compared) == (True, 1), check.differences


async def test_crossings_go_on_behind_those_that_were_lost(steering, close, lose, engine, database):
    judge = Judge(engine=engine, catalogue=load_catalogue(), now=lambda: datetime.now(UTC), new_id=new_id)
    async with engine.begin() as conn:
        await conn.execute(text(HEARTBEAT), {"group": group_of(FIRST)})
    await steering.set_target()
    await close(8)
    await judge_figures(judge)
    await close(7, evaluated=False)
    assert await judge_figures(judge) == 1
    async with engine.connect() as conn:
        watch = (await conn.execute(text("SELECT id FROM indicator_watch WHERE version > 0"))).scalar_one()
    assert (await lose(watch, 2, 3)).skipped == {watch: [2, 3]}
    await close(40)
    assert await judge_figures(judge) == 1
    assert [number for number, _ in await told(engine, watch)] == [1, 2, 3, 4]
    assert (await told(engine, watch))[3] == (4, "threshold-crossed")
    check = await check_watches(database.worker_url)
    assert check.ok, check.differences


@pytest.mark.parametrize("table", ROWS)
async def test_what_tells_of_missing_plans_and_of_alarms_is_fenced_alike(owner, lose, engine, table):
    insert, topic = ROWS[table]
    aggregate = uuid4()
    async with owner.begin() as conn:
        await conn.execute(text("SET LOCAL forkant.system = 'on'"))
        await conn.execute(text(insert), {"id": aggregate})
    assert (await lose(aggregate, 2, 3, topic=topic)).skipped == {aggregate: [2, 3]}
    assert await told(engine, aggregate) == [(2, "version-skipped"), (3, "version-skipped")]
    async with owner.begin() as conn:
        await conn.execute(text("SET LOCAL forkant.system = 'on'"))
        assert (await conn.execute(text(f"SELECT version FROM {table}"))).scalar_one() == 3


async def test_what_was_made_since_is_unknown_and_beside_a_worker_nothing_is_done(owner, lose):
    pilot = uuid4()
    assert list((await lose(pilot, 1)).unknown) == [pilot]
    async with owner.begin() as conn:
        await conn.execute(text("INSERT INTO relay_member (owner, seen_at) VALUES ('w', clock_timestamp())"))
    with pytest.raises(StillRunningError):
        await lose(pilot, 1)
