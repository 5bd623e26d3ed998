"""Waiting for the schema: until it is as new as the code, and no longer when it is newer still."""

import asyncio
from pathlib import Path

import asyncpg
import pytest
from forkant_devstack.testing.postgres_server import PostgresServer
from forkant_kit import schema_wait
from forkant_kit.migrations import migrate, run_migrations
from forkant_kit.schema_wait import SchemaTooOldError, wait_for_schema
from forkant_kit.settings import EXIT_BAD_SETTINGS

ENVIRONMENT = """
from alembic import context
context.configure(connection=context.config.attributes["connection"], target_metadata=None)
with context.begin_transaction():
    context.run_migrations()
"""
REVISION = """
from alembic import op
revision = "{number}"
down_revision = {before!r}
def upgrade():
    op.execute("CREATE TABLE t{number} (x int)")
"""


def scripts(folder: Path, revisions: int) -> Path:
    """Write a service's migrations, as many as that."""
    (folder / "versions").mkdir(parents=True, exist_ok=True)
    (folder / "env.py").write_text(ENVIRONMENT, encoding="utf-8")
    for number in range(1, revisions + 1):
        before = f"{number - 1:04}" if number > 1 else None
        file = folder / "versions" / f"{number:04}.py"
        file.write_text(REVISION.format(number=f"{number:04}", before=before), encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema_wait, "_PAUSE_S", 0.05)


@pytest.mark.parametrize("role", ["app_url", "worker_url"])
async def test_it_ends_when_the_migrations_are_done(postgres: PostgresServer, tmp_path: Path, role: str):
    urls, said = await postgres.create_database("kit"), []
    folder = scripts(tmp_path, 2)
    waiting = asyncio.create_task(
        wait_for_schema(database_url=getattr(urls, role), script_location=folder, deadline_s=60, say=said.append)
    )
    while not said:  # noqa: ASYNC110 - it says so once it has looked
        await asyncio.sleep(0.01)
    assert said == ["waiting: the database is at revision none, and 0002 is needed"]
    await migrate(owner_url=urls.owner_url, script_location=folder, revision="0001")
    assert not waiting.done()
    await migrate(owner_url=urls.owner_url, script_location=folder)
    await waiting


async def test_code_of_before_goes_on_beside_a_newer_schema(postgres: PostgresServer, tmp_path: Path):
    urls = await postgres.create_database("kit")
    await migrate(owner_url=urls.owner_url, script_location=scripts(tmp_path / "new", 3))
    old = scripts(tmp_path / "old", 2)
    await wait_for_schema(database_url=urls.app_url, script_location=old, deadline_s=0)


async def test_a_schema_that_stays_too_old_is_told_of(postgres: PostgresServer, tmp_path: Path):
    urls = await postgres.create_database("kit")
    await migrate(owner_url=urls.owner_url, script_location=scripts(tmp_path, 1))
    with pytest.raises(SchemaTooOldError, match="at revision 0001, and 0002 is needed"):
        await wait_for_schema(database_url=urls.app_url, script_location=scripts(tmp_path, 2), deadline_s=0.1)


async def test_a_server_that_is_away_is_waited_for(tmp_path: Path):
    with pytest.raises(SchemaTooOldError, match="at revision none"):
        await wait_for_schema(
            database_url="postgresql://nobody@127.0.0.1:1/none", script_location=scripts(tmp_path, 1), deadline_s=0.1
        )


async def test_who_waits_changes_nothing(postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    urls = await postgres.create_database("kit")
    folder = scripts(tmp_path, 1)
    monkeypatch.setattr("sys.argv", ["migrate", "wait"])
    monkeypatch.setattr("forkant_kit.migrations._WAIT_S", 0.1)
    monkeypatch.setenv("FORKANT_DATABASE_URL", urls.app_url)
    monkeypatch.setenv("FORKANT_DATABASE_OWNER_URL", urls.owner_url)
    with pytest.raises(SystemExit, match="0001 is needed"):
        await asyncio.to_thread(run_migrations, service="kit", script_location=folder)
    owner = await asyncpg.connect(urls.owner_url)
    assert await owner.fetchval("SELECT to_regclass('alembic_version') IS NULL")
    await owner.close()


def test_who_waits_must_know_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.argv", ["migrate", "wait"])
    monkeypatch.delenv("FORKANT_DATABASE_URL", raising=False)
    with pytest.raises(SystemExit) as ended:
        run_migrations(service="kit", script_location=scripts(tmp_path, 1))
    assert ended.value.code == EXIT_BAD_SETTINGS
