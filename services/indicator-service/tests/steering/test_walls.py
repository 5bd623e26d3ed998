"""The wall below the policy: the API's own login holds leads to their unit, and nobody approves their own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

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


@pytest.mark.parametrize("table", ["target", "target_version", "priority", "indicator_watch", "outbox", "watch_round"])
async def test_the_api_removes_nothing_and_does_not_touch_the_watches(database, table):
    async with told(database.app_url, ALL) as app:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            await app.execute(f"DELETE FROM {table}")
