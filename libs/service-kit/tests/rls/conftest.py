"""A database with one guarded table, asked by an engine that has a single connection."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import asyncpg
import pytest
from forkant_devstack.native.databases import DatabaseUrls
from forkant_devstack.testing.postgres_server import PostgresServer
from forkant_kit.db import create_engine, transaction
from forkant_kit.migrations import _grant
from forkant_kit.rls.schema import SYSTEM_ON, guard, told
from forkant_kit.rls.stance import Stance
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

MINE = f"unit = {told('unit')}"
DDL = (
    "CREATE TABLE thing (id int PRIMARY KEY, unit text NOT NULL)",
    *guard("thing", see=MINE, add=MINE, change=MINE, remove=MINE),
    SYSTEM_ON,
    "INSERT INTO thing VALUES (1, 'oslo'), (2, 'troms')",
)


@dataclass(frozen=True)
class Desk:
    """One pooled connection as the application, and the URLs of all roles."""

    engine: AsyncEngine
    urls: DatabaseUrls

    async def seen(self, stance: Stance | None) -> list[int]:
        """Return the ids that a transaction with a stance sees."""
        async with transaction(self.engine, stance) as conn:
            return list((await conn.execute(text("SELECT id FROM thing ORDER BY id"))).scalars())

    async def ask(self, url: str, *statements: str) -> list[asyncpg.Record]:
        """Run statements in one transaction as another role; return the rows of the last."""
        connection = await asyncpg.connect(url)
        try:
            async with connection.transaction():
                for statement in statements[:-1]:
                    await connection.execute(statement)
                return list(await connection.fetch(statements[-1]))
        finally:
            await connection.close()


async def make(urls: DatabaseUrls, statements: Sequence[str]) -> None:
    owner = create_async_engine(urls.owner_url.replace("postgresql://", "postgresql+asyncpg://"))
    async with owner.begin() as conn:
        for statement in statements:
            await conn.exec_driver_sql(statement)
        await conn.run_sync(_grant)
    await owner.dispose()


@pytest.fixture
async def desk(postgres: PostgresServer) -> AsyncIterator[Desk]:
    urls = await postgres.create_database("rls")
    await make(urls, DDL)
    engine = create_engine(urls.app_url, application_name="rls-test", pool_size=1)
    yield Desk(engine, urls)
    await engine.dispose()
    await postgres.drop(urls)
