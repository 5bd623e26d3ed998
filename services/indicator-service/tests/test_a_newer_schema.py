"""What runs goes on while the next release has migrated and is not there yet."""

import pytest_asyncio
from forkant_devstack.testing.schema_steps import breaks, expand, shape
from indicator_service.migrate import MIGRATIONS

# With the database below, which takes the place of the usual one.
from .test_api import test_a_unit_shows_its_counts_and_indicators  # noqa: F401


@pytest_asyncio.fixture
async def database(postgres):
    """Give a database on which the next release has migrated."""
    urls = await postgres.migrated_database("indicator", MIGRATIONS)
    before = await shape(urls.owner_url)
    await expand(urls.owner_url)
    assert breaks(before, await shape(urls.owner_url)) == []
    return urls


async def test_the_api_is_ready_and_answers_on_the_schema_of_the_next_release(client, as_persona):
    assert (await client.get("/health/ready")).json()["checks"] == {
        "database": "ok",
        "schema": "ok",
        "row-security": "ok",
    }
    for path in (
        "/v1/units",
        "/v1/targets",
        "/v1/plans",
        "/v1/pilots",
        "/v1/trials",
        "/v1/freshness",
        "/v1/self-audit",
    ):
        answer = await client.get(path, headers=as_persona("pod-analyst"))
        assert answer.status_code == 200, (path, answer.text)
