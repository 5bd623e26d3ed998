"""Statements that go by the driver belong to the transaction, and fail as all others do."""

import asyncpg
import pytest
import pytest_asyncio
from forkant_kit.db import create_engine, transaction
from forkant_kit.driver import driver_of, run
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, ProgrammingError

ADD = text("INSERT INTO thing (name, amount) VALUES (CAST(:name AS text), :amount)")
ADD_MANY = text("INSERT INTO thing (name, amount) SELECT n, :amount FROM unnest(CAST(:names AS text[])) AS n")
SECRET = "a name that nobody is to read"


@pytest_asyncio.fixture
async def engine(postgres):
    urls = await postgres.create_database("driver")
    owner = await asyncpg.connect(urls.owner_url)
    await owner.execute("CREATE TABLE thing (name text PRIMARY KEY, amount int NOT NULL CHECK (amount > 0))")
    await owner.close()
    made = create_engine(urls.owner_url, application_name="test", pool_size=1)
    yield made
    await made.dispose()


async def names(engine):
    async with transaction(engine) as conn:
        return set((await conn.execute(text("SELECT name FROM thing"))).scalars())


async def test_it_says_how_many_rows_were_written_first_and_later(engine):
    async with transaction(engine) as conn:
        assert await run(conn, ADD, {"name": "first", "amount": 1}) == 1
        assert await run(conn, ADD_MANY, {"names": ["b", "c", "d"], "amount": 2}) == 3
        assert await run(conn, text("UPDATE thing SET amount = :amount"), {"amount": 7}) == 4
        assert await run(conn, text("DELETE FROM thing WHERE name = :name"), {"name": "none"}) == 0
    assert await names(engine) == {"first", "b", "c", "d"}


async def test_the_first_statement_of_a_transaction_begins_it(engine):
    with pytest.raises(RuntimeError):  # noqa: PT012 - what raises is the block's end
        async with transaction(engine) as conn:
            assert not driver_of(conn).is_in_transaction()
            await run(conn, ADD, {"name": "first", "amount": 1})
            assert driver_of(conn).is_in_transaction()
            await run(conn, ADD, {"name": "second", "amount": 1})
            raise RuntimeError
    assert await names(engine) == set()


@pytest.mark.parametrize("first", [True, False], ids=["as the first", "later"])
@pytest.mark.parametrize(
    ("sql", "bound", "kind", "state"),
    [
        ("INSERT INTO thing VALUES (:name, :amount)", {"name": SECRET, "amount": 0}, IntegrityError, "23514"),
        (
            "INSERT INTO thing VALUES (:name, :amount), (:name, 2)",
            {"name": SECRET, "amount": 1},
            IntegrityError,
            "23505",
        ),
        ("INSERT INTO nothing VALUES (:name)", {"name": SECRET}, ProgrammingError, "42P01"),
        ("UPDATE thing SET amount = CAST(CAST(:name AS text) AS int)", {"name": SECRET}, DBAPIError, "22P02"),
        ("DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '57014'; END $$", {}, DBAPIError, "57014"),
    ],
)
async def test_it_fails_as_any_statement_and_shows_nothing_of_what_was_bound(  # noqa: PLR0917  each a parameter
    engine, sql, bound, kind, state, first
):
    await engine.dispose()
    async with transaction(engine) as conn:
        await run(conn, ADD, {"name": "there", "amount": 1})
    with pytest.raises(kind) as raised:  # noqa: PT012 - what goes before decides how it is sent
        async with transaction(engine) as conn:
            if not first:
                await run(conn, ADD, {"name": "undone", "amount": 1})
            await run(conn, text(sql), bound)
    assert raised.value.orig.sqlstate == state
    assert isinstance(raised.value.orig.__cause__, asyncpg.PostgresError)
    assert not raised.value.connection_invalidated
    assert first or SECRET not in str(raised.value) + repr(raised.value.orig)
    # The connection is as good as before.
    assert await names(engine) == {"there"}


async def test_the_broken_rule_is_named(engine):
    with pytest.raises(IntegrityError) as raised:  # noqa: PT012 - what goes before decides how it is sent
        async with transaction(engine) as conn:
            await conn.execute(text("SELECT 1"))
            await run(conn, ADD, {"name": "x", "amount": 0})
    cause = raised.value.orig.__cause__
    assert (cause.table_name, cause.constraint_name) == ("thing", "thing_amount_check")


async def test_a_lost_connection_is_told_and_replaced(engine):
    with pytest.raises(OperationalError) as raised:  # noqa: PT012 - what goes before decides how it is sent
        async with transaction(engine) as conn:
            await run(conn, ADD, {"name": "x", "amount": 1})
            await run(conn, text("SELECT pg_terminate_backend(pg_backend_pid())"), {})
    assert raised.value.connection_invalidated
    assert await names(engine) == set()


async def test_casts_and_repeated_names_are_read_as_sqlalchemy_reads_them(engine):
    statement = text(
        "INSERT INTO thing SELECT CAST(:a AS text) || array_to_string((ARRAY['x', 'y'])[1 : 1], '') || :a, CAST(:b AS int) FROM (SELECT 1) AS z"
    )
    async with transaction(engine) as conn:
        await run(conn, statement.bindparams(), {"a": "1", "b": 1})
        await run(conn, statement, {"a": "2", "b": 1})
    assert await names(engine) == {"1x1", "2x2"}
