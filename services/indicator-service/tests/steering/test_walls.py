"""The wall below the policy: the API's own login holds leads to their unit, and nobody approves their own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import asyncpg
import pytest

ALL = {"steers": "all", "unit": "pod", "subject": "pod-methods"}
OSLO = {"steers": "own", "unit": "oslo", "subject": "lead-oslo"}
TROMS = {"steers": "own", "unit": "troms", "subject": "lead-troms"}
NOBODY: dict[str, str] = {}
ADD_TARGET = "INSERT INTO target (id, unit, indicator, period) VALUES ($1, 'oslo', 12, 'month')"
ADD_PRIORITY = """
INSERT INTO priority (id, unit, indicator, first_day, last_day, reason, set_by, set_at)
VALUES ($1, 'oslo', 12, '2030-01-01', '2030-01-02', 'r', 's', now())
"""
ANSWERS = "INSERT INTO idempotency_key VALUES ('lead-oslo', 'r', 'k', '', $1, 201, '{}', '')"

EVENT = """
INSERT INTO event_archive (event_id, topic, partition, aggregate_id, aggregate_version, type, source, data_schema, unit,
                           occurred_at, recorded_at, data)
VALUES (gen_random_uuid(), 'forkant.steering.v1', 0, $1, 9, $2, 's', 'd', $3, now(), now(), '{}')
"""


@asynccontextmanager
async def told(url: str, stance: dict[str, str]) -> AsyncIterator[asyncpg.Connection]:
    """Open a transaction with a stance, which is rolled back."""
    connection = await asyncpg.connect(url)
    taken = connection.transaction()
    await taken.start()
    try:
        for name, value in stance.items():
            await connection.execute("SELECT set_config($1, $2, true)", f"forkant.{name}", value)
        yield connection
    finally:
        await taken.rollback()
        await connection.close()


@pytest.mark.parametrize(("stance", "proposals"), [(ALL, 1), (OSLO, 1), (TROMS, 0), (NOBODY, 0)])
async def test_a_proposal_is_there_for_its_unit_and_the_directorate_alone(steering, database, stance, proposals):
    await steering.post("/v1/targets", steering.body(), by="lead-oslo")
    await steering.set_target(unit="vest", by="pod-methods")
    async with told(database.app_url, stance) as app:
        assert await app.fetchval("SELECT count(*) FROM target_version WHERE state = 'proposed'") == proposals
        assert await app.fetchval("SELECT count(*) FROM target") == 1 + proposals


@pytest.mark.parametrize("statement", [ADD_TARGET, ADD_PRIORITY, ANSWERS])
@pytest.mark.parametrize("stance", [TROMS, NOBODY])
async def test_nothing_is_written_for_another_unit_or_somebody_else(database, statement, stance):
    async with told(database.app_url, stance) as app:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await app.execute(statement, uuid4())
    async with told(database.app_url, OSLO) as app:
        assert await app.execute(statement, uuid4()) == "INSERT 0 1"


async def test_a_target_of_another_unit_is_not_changed(steering, database):
    await steering.set_target()
    for attack in ("UPDATE target SET version = 9", "UPDATE target_version SET goal = 0.1, near = 0.1"):
        async with told(database.app_url, TROMS) as app:
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                await app.execute(attack)


async def test_the_database_takes_no_approval_of_ones_own(steering, database):
    await steering.post("/v1/targets", steering.body(), by="pod-methods")
    async with told(database.app_url, ALL) as app:
        with pytest.raises(asyncpg.CheckViolationError):
            await app.execute("UPDATE target_version SET approved_by = proposed_by, approved_at = now()")


async def test_the_database_takes_no_two_versions_in_force_on_one_day(steering, database):
    target = await steering.set_target()
    await steering.revise(target, goal=0.9)
    overlapping = """
    UPDATE target_version SET approved_by = 's', approved_at = now(), first_day = '2030-01-01' WHERE number = 2
    """
    async with told(database.app_url, ALL) as app:
        await app.execute(overlapping)
        with pytest.raises(asyncpg.ExclusionViolationError):
            await app.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(("stance", "versions"), [(ALL, 1), (OSLO, 2), (TROMS, 1), (NOBODY, 1)])
async def test_a_draft_is_there_for_its_unit_alone(plans, database, stance, versions):
    plan = await plans.approved()
    await plans.revise(plan, goals=[{"indicator": 7}])
    async with told(database.app_url, stance) as app:
        assert await app.fetchval("SELECT count(*) FROM prevention_plan_version") == versions
        assert await app.fetchval("SELECT count(*) FROM prevention_plan_goal") == versions + 1
        assert await app.fetchval("SELECT count(*) FROM prevention_goal") == versions + 1
    await plans.act(plan, 2, "submission")
    async with told(database.app_url, stance) as app:
        seen = 2 if stance in (ALL, OSLO) else 1
        assert await app.fetchval("SELECT count(*) FROM prevention_plan_version") == seen


@pytest.mark.parametrize("stance", [TROMS, ALL, NOBODY])
async def test_a_plan_is_written_by_its_unit_alone(plans, database, stance):
    plan = await plans.approved()
    await plans.revise(plan)
    add = "INSERT INTO prevention_plan (id, unit) VALUES ($1, 'vest')"
    async with told(database.app_url, stance) as app:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await app.execute(add, uuid4())
    goal = "INSERT INTO prevention_goal (id, plan_id, unit, indicator) VALUES ($1, $2, 'oslo', 9)"
    async with told(database.app_url, stance) as app:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await app.execute(goal, uuid4(), UUID(plan))
    async with told(database.app_url, stance) as app:
        assert await app.execute("DELETE FROM prevention_plan_goal") == "DELETE 0"


async def test_the_goals_of_what_was_submitted_stay(plans, database):
    await plans.approved()
    async with told(database.app_url, OSLO) as app:
        assert await app.execute("DELETE FROM prevention_plan_goal") == "DELETE 0"


async def test_the_database_takes_no_plan_approved_by_who_wrote_it_and_no_two_on_one_day(plans, database):
    plan = await plans.approved()
    await plans.revise(plan)
    await plans.act(plan, 2, "submission")
    approval = "UPDATE prevention_plan_version SET approved_by = $1, approved_at = now() WHERE number = 2"
    async with told(database.app_url, ALL) as app:
        with pytest.raises(asyncpg.CheckViolationError):
            await app.execute(approval, "lead-oslo")
    async with told(database.app_url, ALL) as app:
        await app.execute(approval, "pod-methods")
        await app.execute("UPDATE prevention_plan_version SET first_day = wanted_from, last_day = wanted_until")
        with pytest.raises(asyncpg.ExclusionViolationError):
            await app.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(
    ("stance", "kind", "unit"),
    [
        (OSLO, "plan.approved", "oslo"),
        (NOBODY, "plan.approved", "oslo"),
        (ALL, "plan.approved", "troms"),
        (ALL, "indicator.threshold-crossed", "oslo"),
        (ALL, "plan.due", "oslo"),
    ],
)
async def test_the_api_writes_no_event_but_of_an_approval_by_the_directorate(plans, database, stance, kind, unit):
    plan = UUID(await plans.approved())
    async with told(database.app_url, ALL) as app:
        await app.execute(EVENT, plan, "no.forkant.plan.approved.v1", "oslo")
    async with told(database.app_url, stance) as app:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await app.execute(EVENT, plan, f"no.forkant.{kind}.v1", unit)


TABLES = (
    "target", "target_version", "priority", "indicator_watch", "outbox", "watch_round", "prevention_plan",
    "prevention_plan_version", "prevention_goal", "plan_watch", "plan_round",
)  # fmt: skip


@pytest.mark.parametrize("table", TABLES)
async def test_the_api_removes_nothing_and_does_not_touch_the_watches(database, table):
    async with told(database.app_url, ALL) as app:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            await app.execute(f"DELETE FROM {table}")


ADD_PILOT = """
INSERT INTO pilot (id, code, state, name_nb, name_en, case_types, indicators, baseline_from, baseline_until, first_day,
                   last_day, closes, reason, proposed_by, proposed_at)
VALUES ($1, 'walled', 'proposed', 'n', 'n', '{online_community}', '{10}', '2029-01-01', '2029-12-31', '2030-01-01',
        '2030-12-31', '2030-12-31', 'r', 's', now())
"""
TELL = """
INSERT INTO event_archive (event_id, topic, partition, aggregate_id, aggregate_version, type, source, data_schema, unit,
                           occurred_at, recorded_at, data)
VALUES (gen_random_uuid(), 'forkant.steering.v1', 0, $1, 1, 'no.forkant.pilot.enrolled.v1', 's', 'd', 'oslo', now(), now(), '{}')
"""


@pytest.mark.parametrize("stance", [OSLO, TROMS, NOBODY])
async def test_nobody_but_the_directorate_writes_a_pilot_enrols_or_tells_of_one(database, stance):
    pilot = uuid4()
    async with told(database.app_url, ALL) as app:
        await app.execute(ADD_PILOT, pilot)
        await app.execute(TELL, pilot)
        enrol = "INSERT INTO pilot_enrolment VALUES ($1, 'oslo', 1, '2030-01-01', NULL, 's', now())"
        assert await app.execute(enrol, pilot) == "INSERT 0 1"
        for name in ("steers", "unit", "subject"):
            await app.execute("SELECT set_config($1, $2, true)", f"forkant.{name}", stance.get(name, ""))
        assert await app.fetchval("SELECT count(*) FROM pilot") == 0
        for statement in (ADD_PILOT, TELL, enrol.replace("1, '2030", "2, '2030")):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                async with app.transaction():
                    await app.execute(statement, pilot if "pilot (" not in statement else uuid4())


async def test_the_api_tells_of_pilots_alone_and_looks_at_no_event(database):
    async with told(database.app_url, ALL) as app:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            async with app.transaction():
                await app.execute(TELL, uuid4())
        assert await app.fetchval("SELECT count(*) FROM pilot") == 0
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            await app.fetch("SELECT * FROM event_archive")


async def test_the_database_takes_no_approval_of_ones_own_pilot_and_no_other_content(database):
    async with told(database.app_url, ALL) as app:
        await app.execute(ADD_PILOT, uuid4())
        with pytest.raises(asyncpg.CheckViolationError):
            async with app.transaction():
                await app.execute("UPDATE pilot SET approved_by = proposed_by, approved_at = now()")
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            await app.execute("UPDATE pilot SET indicators = '{11}'")
