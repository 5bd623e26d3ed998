"""What runs goes on while the next release has migrated and is not there yet."""

import pytest_asyncio
from forkant_devstack.testing.schema_steps import breaks, expand, shape
from notification_service.migrate import MIGRATIONS

# With the database below, which takes the place of the usual one.
from .test_api import test_each_role_of_a_unit_reads_what_is_meant_for_it  # noqa: F401


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def migrated(postgres):
    """Give a database on which the next release has migrated."""
    urls = await postgres.migrated_database("notification", MIGRATIONS)
    before = await shape(urls.owner_url)
    await expand(urls.owner_url)
    assert breaks(before, await shape(urls.owner_url)) == []
    return urls


async def test_the_api_is_ready_and_answers_on_the_schema_of_the_next_release(http, caller):
    assert (await http.get("/health/ready")).json()["checks"] == {
        "database": "ok",
        "schema": "ok",
        "row-security": "ok",
    }
    lead = caller("lead-oslo")
    for path in ("/v1/inbox", "/v1/subscriptions", "/v1/endpoints", "/v1/deliveries", "/v1/preferences", "/v1/letters"):
        answer = await lead.get(path)
        assert answer.status_code == 200, (path, answer.text)
