import asyncpg
import pytest
from forkant_devstack.native.databases import create_database
from forkant_devstack.testing.postgres_server import PostgresServer


async def test_the_server_is_postgresql_18_and_stems_norwegian_words(postgres: PostgresServer) -> None:
    connection = await asyncpg.connect((await postgres.create_database()).app_url)
    try:
        assert connection.get_server_version().major == 18
        stems = await connection.fetchval("SELECT to_tsvector('norwegian', 'Skolene på GÅRDENE')::text")
        assert stems == "'gård':3 'skol':1"
    finally:
        await connection.close()


async def test_making_a_database_twice_keeps_its_tables_and_takes_the_new_password(postgres: PostgresServer) -> None:
    first = await create_database(postgres.admin_url, "twice", owner_password="a", app_password="b")
    owner = await asyncpg.connect(first.owner_url)
    await owner.execute("CREATE TABLE kept (id int)")
    await owner.close()

    second = await create_database(postgres.admin_url, "twice", owner_password="p/@ :", app_password="æ")

    owner = await asyncpg.connect(second.owner_url)
    try:
        assert await owner.fetchval("SELECT count(*) FROM kept") == 0
    finally:
        await owner.close()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(first.app_url)


async def test_the_app_role_owns_nothing_and_makes_no_tables(postgres: PostgresServer) -> None:
    app = await asyncpg.connect((await postgres.create_database()).app_url)
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
