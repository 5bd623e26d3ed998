import os
from pathlib import Path

import asyncpg
import pytest
from forkant_devstack.native import children, pg_binaries
from forkant_devstack.native.databases import create_database
from forkant_devstack.native.ports import free_ports
from forkant_devstack.native.postgres import postgres_spec, prepare_in
from forkant_devstack.process import DevstackError
from forkant_devstack.testing.postgres_server import PostgresServer


async def test_the_server_is_postgresql_18_and_stems_norwegian_words(postgres: PostgresServer) -> None:
    connection = await asyncpg.connect((await postgres.create_database()).app_url)
    try:
        assert connection.get_server_version().major == 18
        stems = await connection.fetchval("SELECT to_tsvector('norwegian', 'Skolene på GÅRDENE')::text")
        assert stems == "'gård':3 'skol':1"
    finally:
        await connection.close()


async def test_text_is_sorted_by_code_point_wherever_the_server_comes_from(postgres: PostgresServer) -> None:
    connection = await asyncpg.connect((await postgres.create_database()).app_url)
    try:
        words = await connection.fetch("SELECT w FROM unnest(ARRAY['å', 'a-c', 'B', 'ab', 'Å']) AS w ORDER BY w")
        assert [row["w"] for row in words] == ["B", "a-c", "ab", "Å", "å"]
        assert await connection.fetchval("SELECT lower('ÆØÅ')") == "æøå"
    finally:
        await connection.close()


async def test_making_a_database_twice_keeps_its_tables_and_takes_the_new_password(postgres: PostgresServer) -> None:
    first = await create_database(
        postgres.admin_url, "twice", owner_password="a", app_password="b", worker_password="c"
    )
    owner = await asyncpg.connect(first.owner_url)
    await owner.execute("CREATE TABLE kept (id int)")
    await owner.close()

    second = await create_database(
        postgres.admin_url, "twice", owner_password="p/@ :", app_password="æ", worker_password="x"
    )

    owner = await asyncpg.connect(second.owner_url)
    try:
        assert await owner.fetchval("SELECT count(*) FROM kept") == 0
    finally:
        await owner.close()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(first.app_url)


async def test_a_dropped_database_is_gone_though_somebody_is_connected(postgres: PostgresServer) -> None:
    urls = await postgres.create_database("dropped")
    idle = await asyncpg.connect(urls.app_url)
    await postgres.drop(urls)
    await postgres.drop(urls)
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncpg.connect(urls.app_url)
    idle.terminate()


@pytest.mark.parametrize("role", ["app_url", "worker_url"])
async def test_the_roles_of_processes_own_nothing_and_make_no_tables(postgres: PostgresServer, role: str) -> None:
    app = await asyncpg.connect(getattr(await postgres.create_database(), role))
    try:
        assert await app.fetchval("SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole") == 0
        assert await app.fetchval("SELECT count(*) FROM pg_database WHERE datdba = current_user::regrole") == 0
        for statement in ("CREATE TABLE t (id int)", "CREATE TEMPORARY TABLE t (id int)", "CREATE SCHEMA s"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await app.execute(statement)
    finally:
        await app.close()


async def test_a_role_cannot_connect_to_another_services_database(postgres: PostgresServer) -> None:
    mine, other = await postgres.create_database("mine"), await postgres.create_database("other")
    for database in (other.app_url.rpartition("/")[2], "postgres", "template1"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(mine.app_url.rpartition("/")[0] + "/" + database)


async def test_what_was_committed_survives_a_kill_of_the_server(postgres: PostgresServer) -> None:
    urls = await postgres.create_database()
    connection = await asyncpg.connect(urls.owner_url)
    await connection.execute("CREATE TABLE written (id int); INSERT INTO written VALUES (1)")

    await postgres.kill()
    connection.terminate()
    with pytest.raises(ConnectionRefusedError):
        await asyncpg.connect(urls.owner_url)
    await postgres.start()

    connection = await asyncpg.connect(urls.owner_url)
    try:
        assert await connection.fetchval("SELECT id FROM written") == 1
    finally:
        await connection.close()


def test_data_of_another_major_version_is_refused_with_what_to_do(devstack_folder: Path) -> None:
    home = devstack_folder / "old"
    (home / "postgres" / "data").mkdir(parents=True)
    (home / "postgres" / "data" / "PG_VERSION").write_text("17\n")
    with pytest.raises(DevstackError, match="written by PostgreSQL 17, and this is 18") as caught:
        prepare_in(home, progress=lambda _: None)
    assert "make reset" in caught.value.hint


def test_preparing_again_after_an_interrupted_initdb_starts_over(devstack_folder: Path) -> None:
    home = devstack_folder / "interrupted"
    (home / "postgres" / "data.partial" / "base").mkdir(parents=True)
    prepared = prepare_in(home, progress=lambda _: None)
    assert (prepared.data / "PG_VERSION").read_text() == "18\n"
    assert prepare_in(home, progress=pytest.fail) == prepared


async def test_a_data_folder_in_use_is_refused_and_a_stale_lock_forgotten(devstack_folder: Path) -> None:
    home = devstack_folder / "locked"
    prepared = prepare_in(home, progress=lambda _: None)
    [port] = free_ports(1)
    child = await children.start(postgres_spec(prepared, port=port, durable=False), log=home / "log")
    with pytest.raises(DevstackError, match=rf"already runs on .* \(pid {child.process.pid}\)"):
        prepare_in(home, progress=lambda _: None)
    await children.kill(child)

    lock = prepared.data / "postmaster.pid"
    lock.write_text(lock.read_text().replace(str(child.process.pid), str(os.getpid()), 1))
    prepare_in(home, progress=lambda _: None)
    child = await children.start(postgres_spec(prepared, port=port), log=home / "log")
    await children.stop(child)
    assert child.process.returncode == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")
async def test_root_runs_it_from_a_copy_when_the_wheel_is_closed_to_others(
    devstack_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pg_binaries, "open_to_all", lambda _: False)
    home = devstack_folder / "copied"
    prepared = prepare_in(home, progress=lambda _: None)
    assert prepared.bin.is_relative_to(home)
    child = await children.start(postgres_spec(prepared, port=free_ports(1)[0], durable=False), log=home / "log")
    await children.stop(child)
