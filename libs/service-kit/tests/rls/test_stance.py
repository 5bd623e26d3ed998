"""A stance holds for its own transaction and no other, whatever its values hold."""

import asyncio

import pytest
from asyncpg.exceptions import InsufficientPrivilegeError
from forkant_kit.db import transaction
from forkant_kit.rls.schema import SYSTEM_ON
from forkant_kit.rls.stance import Stance
from sqlalchemy import event, text
from sqlalchemy.exc import ProgrammingError

OSLO, TROMS = Stance({"unit": "oslo"}), Stance({"unit": "troms"})
HOSTILE = ("oslo'", "x' OR 'a'='a", "'; DROP TABLE thing; --", "\\", "\\'", "oslo\\", "$$", "æ\u202e\n", "E'oslo'", "")


async def test_without_a_stance_no_row_is_there(desk):
    assert await desk.seen(None) == []
    assert await desk.seen(Stance({"subject": "somebody"})) == []


async def test_a_stance_shows_its_own_rows_alone(desk):
    assert (await desk.seen(OSLO), await desk.seen(TROMS)) == ([1], [2])


async def test_nothing_of_a_stance_is_left_on_the_connection(desk):
    await desk.seen(OSLO)
    assert await desk.seen(None) == []
    async with desk.engine.begin() as conn:
        assert (await conn.execute(text("SELECT count(*) FROM thing"))).scalar_one() == 0


async def give_up(desk) -> None:
    async with transaction(desk.engine, OSLO) as conn:
        await conn.execute(text("SELECT 1"))
        raise LookupError


async def test_nothing_is_left_after_an_error_a_rollback_or_a_cancellation(desk):
    with pytest.raises(ProgrammingError):
        async with transaction(desk.engine, OSLO) as conn:
            await conn.execute(text("SELECT nonsense"))
    assert await desk.seen(None) == []
    with pytest.raises(LookupError):
        await give_up(desk)
    assert await desk.seen(None) == []
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05), transaction(desk.engine, OSLO) as conn:
            await conn.execute(text("SELECT pg_sleep(30)"))
    assert await desk.seen(None) == []


async def test_a_stance_that_was_never_sent_is_not_sent_with_the_next_transaction(desk):
    async with transaction(desk.engine, OSLO):
        pass
    async with desk.engine.begin() as conn:
        assert (await conn.execute(text("SELECT count(*) FROM thing"))).scalar_one() == 0


@pytest.mark.parametrize("value", HOSTILE)
async def test_a_value_arrives_as_it_is_and_is_never_read_as_sql(desk, value):
    async with transaction(desk.engine, Stance({"unit": value, "subject": "somebody"})) as conn:
        got = (await conn.execute(text("SELECT current_setting('forkant.unit')"))).scalar_one()
        assert (await conn.execute(text("SELECT count(*) FROM thing"))).scalar_one() == 0
    assert got == value
    assert await desk.seen(OSLO) == [1]


@pytest.mark.parametrize("settings", [{"unit": "o\x00slo"}, {"unit;": "oslo"}, {"Unit": "oslo"}, {"": "oslo"}])
def test_a_stance_that_sql_would_read_as_something_else_is_refused(settings):
    with pytest.raises(ValueError, match=r"setting|value"):
        Stance(settings)


async def test_a_stance_costs_no_statement_of_its_own(desk):
    sent = []
    event.listen(desk.engine.sync_engine, "before_cursor_execute", lambda *args: sent.append(args[2]))
    await desk.seen(OSLO)
    assert sent == ["SELECT id FROM thing ORDER BY id"]


async def test_plans_are_made_once_for_statements_by_key_alone(desk):
    mode = text("SHOW plan_cache_mode")
    async with transaction(desk.engine, Stance({"unit": "oslo"}, by_key=True)) as conn:
        assert (await conn.execute(mode)).scalar_one() == "force_generic_plan"
    async with transaction(desk.engine, OSLO) as conn:
        assert (await conn.execute(mode)).scalar_one() == "auto"


async def test_a_row_of_another_unit_can_be_neither_written_nor_changed_nor_removed(desk):
    with pytest.raises(ProgrammingError, match="row-level security"):
        async with transaction(desk.engine, OSLO) as conn:
            await conn.execute(text("INSERT INTO thing VALUES (3, 'troms')"))
    with pytest.raises(ProgrammingError, match="row-level security"):
        async with transaction(desk.engine, OSLO) as conn:
            await conn.execute(text("UPDATE thing SET unit = 'troms' WHERE id = 1"))
    async with transaction(desk.engine, OSLO) as conn:
        assert (await conn.execute(text("UPDATE thing SET id = 9 WHERE id = 2"))).rowcount == 0
        assert (await conn.execute(text("DELETE FROM thing WHERE id = 2"))).rowcount == 0
    assert await desk.seen(TROMS) == [2]


async def test_the_worker_reads_every_row_and_writes_none(desk):
    assert len(await desk.ask(desk.urls.worker_url, "SELECT FROM thing")) == 2
    assert not await desk.ask(desk.urls.worker_url, "UPDATE thing SET unit = 'agder' RETURNING id")


async def test_the_owner_sees_rows_only_when_it_says_that_the_system_acts(desk):
    assert not await desk.ask(desk.urls.owner_url, "SELECT FROM thing")
    assert len(await desk.ask(desk.urls.owner_url, SYSTEM_ON, "SELECT FROM thing")) == 2


async def test_the_application_becomes_neither_the_system_nor_the_worker(desk):
    assert not await desk.ask(desk.urls.app_url, SYSTEM_ON, "SELECT FROM thing")
    for role in ("worker", "owner"):
        name = desk.urls.owner_url.split("://")[1].split(":")[0].replace("_owner", f"_{role}")
        with pytest.raises(InsufficientPrivilegeError):
            await desk.ask(desk.urls.app_url, f'SET LOCAL ROLE "{name}"', "SELECT FROM thing")
