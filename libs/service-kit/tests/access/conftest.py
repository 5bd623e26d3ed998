"""A database with the tables of access, and a plain table of things to be seen."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from forkant_devstack.testing.postgres_server import PostgresServer
from forkant_kit.access.schema import ACCESS_DDL
from forkant_kit.db import create_engine
from forkant_kit.testing import Stage
from sqlalchemy.ext.asyncio import AsyncEngine

THINGS_DDL = """
CREATE TABLE thing (id uuid PRIMARY KEY, unit text, level int, purpose text, restricted boolean)
"""


@pytest.fixture
async def stage(postgres: PostgresServer) -> AsyncIterator[Stage]:
    urls = await postgres.create_database("access")
    owner = await asyncpg.connect(urls.owner_url)
    for statement in (*ACCESS_DDL, THINGS_DDL):
        await owner.execute(statement)
    app_role = urls.app_url.split("://")[1].split(":")[0]
    await owner.execute(f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "{app_role}"')
    await owner.close()
    engine = create_engine(urls.app_url, application_name="access-test")
    found = Stage(engine, urls.app_url, urls.owner_url)
    yield found
    await found.close()
    await postgres.drop(urls)


@pytest.fixture
def engine(stage: Stage) -> AsyncEngine:
    return stage.engine
