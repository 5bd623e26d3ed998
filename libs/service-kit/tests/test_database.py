"""The engine and the migrations against real PostgreSQL."""

import asyncio
from pathlib import Path

import asyncpg
import httpx
import pytest
from forkant_devstack.testing.postgres_server import PostgresServer
from forkant_kit.db import create_engine, new_id, transaction, utc_now
from forkant_kit.health import database_check, worker_app
from forkant_kit.migrations import migrate, run_migrations
from forkant_kit.problems import as_problem, is_passing
from forkant_kit.settings import EXIT_BAD_SETTINGS
from forkant_kit.testing import until
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

REVISION = """
from alembic import op
revision, down_revision = "{number}", {before}
def upgrade():
    op.get_bind().exec_driver_sql({statement!r})
"""


def scripts(folder: Path, *statements: str) -> Path:
    (folder / "versions").mkdir(parents=True, exist_ok=True)
    (folder / "env.py").write_text("from forkant_kit.alembic_env import run\n\nrun()\n")
    for number, statement in enumerate(statements, start=1):
        before = repr(f"{number - 1:04}") if number > 1 else None
        content = REVISION.format(number=f"{number:04}", before=before, statement=statement)
        (folder / "versions" / f"{number:04}.py").write_text(content)
    return folder


async def test_a_transaction_commits_at_its_end_and_rolls_back_when_it_raises(postgres: PostgresServer):
    urls = await postgres.create_database("kit")
    engine = create_engine(urls.owner_url, application_name="kit-test")
    async with transaction(engine) as conn:
        await conn.execute(text("CREATE TABLE t (n int, document jsonb)"))
        await conn.execute(text("INSERT INTO t VALUES (1, '{\"a\": [1]}')"))
    with pytest.raises(LookupError):  # noqa: PT012 - what raises is the block's end
        async with transaction(engine) as conn:
            await conn.execute(text("INSERT INTO t VALUES (2)"))
            raise LookupError
    async with engine.connect() as conn:
        assert (await conn.execute(text("SELECT n, document FROM t"))).all() == [(1, {"a": [1]})]
        name = (await conn.execute(text("SELECT current_setting('application_name')"))).scalar_one()
    assert name == "kit-test"
    await engine.dispose()


async def test_a_restart_of_the_server_costs_no_request(postgres: PostgresServer):
    urls = await postgres.create_database("kit")
    engine = create_engine(urls.app_url, application_name="kit-test", pool_size=3)

    async def ask() -> int:
        async with transaction(engine) as conn:
            return int((await conn.execute(text("SELECT pg_backend_pid()"))).scalar_one())

    before = {*await asyncio.gather(*[ask() for _ in range(3)])}
    await postgres.restart()
    after = {*await asyncio.gather(*[ask() for _ in range(3)])}
    assert before.isdisjoint(after)
    await engine.dispose()


async def test_a_server_that_is_away_is_a_problem_that_passes(postgres: PostgresServer):
    urls = await postgres.create_database("kit")
    engine = create_engine(urls.app_url, application_name="kit-test")
    app = worker_app(readiness=[database_check(engine)], alive=lambda: True)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:

        async def ready() -> bool:
            return (await client.get("/health/ready")).status_code == 200

        await until(ready, what="the database is there")
        with pytest.raises(Exception) as caught:  # noqa: PT012 - the server is killed inside the transaction
            async with transaction(engine) as conn:
                await conn.execute(text("SELECT 1"))
                await postgres.kill()
                await conn.execute(text("SELECT 1"))
        assert is_passing(caught.value)
        with pytest.raises(OSError) as refused:
            async with transaction(engine):
                pass
        assert as_problem(refused.value).code == "temporarily-unavailable"
        answer = await client.get("/health/ready")
        assert (answer.status_code, answer.json()["checks"]) == (503, {"database": "failing"})
        assert (await client.get("/health/live")).status_code == 200
        await postgres.start()
        await until(ready, what="the database is there again")
    await engine.dispose()


async def test_a_statement_that_takes_too_long_is_ended(postgres: PostgresServer):
    urls = await postgres.create_database("kit")
    engine = create_engine(urls.app_url, application_name="kit-test", statement_timeout_s=0.05)
    with pytest.raises(DBAPIError) as caught:
        async with transaction(engine) as conn:
            await conn.execute(text("SELECT pg_sleep(30)"))
    assert getattr(caught.value.orig, "sqlstate", None) == "57014"
    assert as_problem(caught.value).code == "internal-error"
    await engine.dispose()


async def test_an_error_of_the_database_does_not_tell_its_parameters(postgres: PostgresServer):
    urls = await postgres.create_database("kit")
    engine = create_engine(urls.app_url, application_name="kit-test")
    with pytest.raises(DBAPIError) as caught:
        async with transaction(engine) as conn:
            await conn.execute(text("SELECT CAST(:secret AS text) FROM missing"), {"secret": "Ola Nordmann"})
    assert "Ola" not in str(caught.value)
    with pytest.raises(DBAPIError) as unstorable:
        async with transaction(engine) as conn:
            await conn.execute(text("SELECT CAST(:text AS text)"), {"text": "a\0b"})
    assert as_problem(unstorable.value).code == "invalid-request"
    await engine.dispose()


def test_ids_made_later_sort_later_and_times_are_aware():
    ids = [new_id() for _ in range(1000)]
    assert ids == sorted(ids)
    assert {found.version for found in ids} == {7}
    assert utc_now().tzinfo is not None


async def test_migrations_run_once_and_give_the_app_role_rows_but_no_tables(postgres: PostgresServer, tmp_path: Path):
    urls = await postgres.create_database("kit")
    folder = scripts(tmp_path / "m", "CREATE TABLE note (id bigint GENERATED ALWAYS AS IDENTITY, words text)")
    await asyncio.gather(*[migrate(owner_url=urls.owner_url, script_location=folder) for _ in range(3)])
    app = await asyncpg.connect(urls.app_url)
    await app.execute("INSERT INTO note (words) VALUES ('a')")
    await app.execute("UPDATE note SET words = 'b'")
    await app.execute("DELETE FROM note")
    for forbidden in (
        "DROP TABLE note",
        "ALTER TABLE note ADD COLUMN x int",
        "TRUNCATE note",
        "CREATE TABLE mine (x int)",
        "UPDATE alembic_version SET version_num = 'x'",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(forbidden)
    await app.close()


async def test_a_migrations_own_narrower_grant_stays(postgres: PostgresServer, tmp_path: Path):
    urls = await postgres.create_database("kit")
    role = urls.app_url.split("://")[1].split(":")[0]
    first = f'CREATE TABLE log (words text); GRANT SELECT, INSERT ON log TO "{role}"'
    await migrate(owner_url=urls.owner_url, script_location=scripts(tmp_path / "m", *first.split("; ")))
    app = await asyncpg.connect(urls.app_url)
    await app.execute("INSERT INTO log VALUES ('a')")
    for forbidden in ("UPDATE log SET words = 'b'", "DELETE FROM log"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(forbidden)
    await app.close()


async def test_a_failed_migration_changes_nothing(postgres: PostgresServer, tmp_path: Path):
    urls = await postgres.create_database("kit")
    folder = scripts(tmp_path / "m", "CREATE TABLE good (x int)", "CREATE TABLE good (x int)")
    with pytest.raises(DBAPIError):
        await migrate(owner_url=urls.owner_url, script_location=folder)
    owner = await asyncpg.connect(urls.owner_url)
    assert await owner.fetchval("SELECT to_regclass('good')") is None
    await owner.close()


def test_migrations_without_the_owners_url_say_what_to_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    monkeypatch.delenv("FORKANT_DATABASE_OWNER_URL", raising=False)
    with pytest.raises(SystemExit) as caught:
        run_migrations(service="kit", script_location=tmp_path)
    assert caught.value.code == EXIT_BAD_SETTINGS
    assert "FORKANT_DATABASE_OWNER_URL" in capsys.readouterr().err
