"""What a process shows of its connections, and of how its database's schema stands to its code."""

import asyncio
from importlib.resources import files

import pytest
from alembic.script import ScriptDirectory
from forkant_devstack.testing.postgres_server import PostgresServer
from forkant_kit.db import create_engine
from forkant_kit.schema_check import AHEAD, BEHIND, SchemaBehindError, revisions, schema_check
from forkant_kit.testing import until
from prometheus_client import REGISTRY
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as NoConnectionError
from sqlalchemy.ext.asyncio import AsyncEngine

SERVICES = ("case_service", "indicator_service", "notification_service")


def shown(name: str, **labels: str) -> float:
    value = REGISTRY.get_sample_value(name, labels)
    assert value is not None
    return value


async def test_connections_in_use_and_askers_that_wait_are_counted(postgres: PostgresServer):
    url = (await postgres.create_database("pool")).app_url
    before = shown("forkant_database_connections")
    engine = create_engine(url, application_name="pool-test", pool_size=1)
    assert shown("forkant_database_connections") == before + 1
    in_use = shown("forkant_database_in_use")

    async def ask() -> None:
        async with engine.connect():
            pass

    async with engine.connect():
        assert shown("forkant_database_in_use") == in_use + 1
        asked = asyncio.create_task(ask())

        async def waits() -> bool:
            return shown("forkant_database_waiting") == 1

        await until(waits, what="the asker that waits")
    await asked
    assert (shown("forkant_database_waiting"), shown("forkant_database_in_use")) == (0, in_use)
    await engine.dispose()


async def test_an_asker_that_gave_up_is_counted(postgres: PostgresServer):
    url = (await postgres.create_database("pool")).app_url
    engine = create_engine(url, application_name="pool-test", pool_size=1)
    engine.pool._timeout = 0.05  # type: ignore[attr-defined]
    before = shown("forkant_database_refused_total")
    async with engine.connect():
        with pytest.raises(NoConnectionError):
            await engine.connect()
    assert shown("forkant_database_refused_total") == before + 1
    assert shown("forkant_database_waiting") == 0
    await engine.dispose()


@pytest.mark.parametrize("package", SERVICES)
def test_the_newest_revision_by_the_names_of_files_is_the_one_that_alembic_knows(package):
    scripts = ScriptDirectory(str(files(package) / "migrations"))
    assert set(revisions(package)) == {each.revision for each in scripts.walk_revisions()}
    assert revisions(package)[-1] == scripts.get_current_head()


@pytest.fixture
async def engine(postgres: PostgresServer) -> AsyncEngine:
    urls = await postgres.create_database("schema")
    owner = create_engine(urls.owner_url, application_name="schema-test")
    async with owner.begin() as conn:
        await conn.execute(text("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)"))
    return owner


async def at(engine: AsyncEngine, revision: str) -> None:
    async with engine.begin() as conn:
        await conn.execute(text("DELETE FROM alembic_version"))
        await conn.execute(text("INSERT INTO alembic_version VALUES (:found)"), {"found": revision})


async def test_a_database_that_lacks_a_migration_makes_nobody_ready_and_is_shown(engine: AsyncEngine):
    check, known = schema_check(engine, package="case_service"), revisions("case_service")
    await at(engine, known[-2])
    with pytest.raises(SchemaBehindError):
        await check.probe()
    assert (shown("forkant_schema_mismatch", state=BEHIND), shown("forkant_schema_mismatch", state=AHEAD)) == (1, 0)
    await at(engine, known[-1])
    await check.probe()
    assert (shown("forkant_schema_mismatch", state=BEHIND), shown("forkant_schema_mismatch", state=AHEAD)) == (0, 0)
    await engine.dispose()


async def test_a_database_without_any_migration_makes_nobody_ready(engine: AsyncEngine):
    with pytest.raises(SchemaBehindError):
        await schema_check(engine, package="case_service").probe()
    assert shown("forkant_schema_mismatch", state=BEHIND) == 1
    await engine.dispose()


async def test_a_newer_database_serves_the_code_of_before_and_is_shown(engine: AsyncEngine):
    await at(engine, "9999")
    await schema_check(engine, package="case_service").probe()
    assert (shown("forkant_schema_mismatch", state=BEHIND), shown("forkant_schema_mismatch", state=AHEAD)) == (0, 1)
    await engine.dispose()
