"""PostgreSQL's own variables decide about TLS, for each of our connections."""

import asyncio

import asyncpg
import certifi
import pytest
from forkant_devstack.testing.postgres_server import PostgresServer
from forkant_kit.db import create_engine
from forkant_kit.health import database_check
from forkant_kit.outbox import RelayNudge


@pytest.fixture
async def url(postgres: PostgresServer) -> str:
    """Return the address of a server that offers no TLS."""
    return (await postgres.create_database("tls")).app_url


@pytest.fixture
def verified(url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    monkeypatch.setenv("PGSSLROOTCERT", certifi.where())
    return url


async def test_a_server_without_tls_is_used_where_nobody_asks_for_it(url: str):
    engine = create_engine(url, application_name="tls-test")
    await database_check(engine).probe()
    await engine.dispose()


async def test_no_query_goes_to_a_server_that_does_not_prove_who_it_is(verified: str):
    engine = create_engine(verified, application_name="tls-test")
    with pytest.raises(ConnectionError, match="rejected SSL upgrade"):
        await database_check(engine).probe()
    await engine.dispose()


async def test_nor_do_the_connections_that_wake_the_relay(verified: str, monkeypatch: pytest.MonkeyPatch):
    refused = asyncio.Event()
    connect = asyncpg.connect

    async def watched(*arguments: object, **options: object) -> object:
        try:
            return await connect(*arguments, **options)
        except ConnectionError:
            refused.set()
            raise

    monkeypatch.setattr(asyncpg, "connect", watched)
    nudge = RelayNudge(database_url=verified)
    task = asyncio.create_task(nudge.run())
    try:
        await asyncio.wait_for(refused.wait(), 20)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
