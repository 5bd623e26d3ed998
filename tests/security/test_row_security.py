"""Below the policy: whoever has an API's own login to its database, and no more, sees nothing of any case."""

import asyncpg
import pytest
from case_service.row_security import FREE

from .conftest import PERSON_CASE

TABLES = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
  AND has_table_privilege(oid, 'SELECT')
"""


@pytest.fixture
async def app(wall):
    connection = await asyncpg.connect(wall.platform.nodes["case"].database.app_url)
    yield connection
    await connection.close()


async def test_with_the_apis_login_and_no_stance_no_case_is_there(wall, app):
    made = await wall.platform.call("case", "POST", "/v1/cases", persona="officer-oslo", body=PERSON_CASE)
    assert made.status_code == 201, made.text
    guarded = sorted({row["relname"] for row in await app.fetch(TABLES)} - FREE.keys())
    assert "preventive_case" in guarded
    assert {table: await app.fetchval(f'SELECT count(*) FROM "{table}"') for table in guarded} == dict.fromkeys(
        guarded, 0
    )
    assert await wall.platform.fetch("case", "SELECT FROM preventive_case WHERE id = $1", made.json()["id"])


async def test_with_the_apis_login_and_no_stance_no_message_endpoint_or_delivery_is_there(wall, oslo):
    assert oslo.ids["delivery_id"]
    connection = await asyncpg.connect(wall.platform.nodes["notification"].database.app_url)
    try:
        for table in ("inbox_entry", "endpoint", "lane", "delivery", "delivery_attempt"):
            assert await wall.platform.fetch("notification", f"SELECT FROM {table} LIMIT 1"), table
            assert await connection.fetchval(f"SELECT count(*) FROM {table}") == 0
        for hidden in ("sealed FROM endpoint_secret", "FROM case_standing", "FROM parked_event"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch(f"SELECT {hidden}")
    finally:
        await connection.close()


@pytest.mark.parametrize("service", ["case", "indicator", "notification"])
@pytest.mark.parametrize("role", ["app_url", "worker_url"])
async def test_no_process_logs_in_with_a_role_that_owns_or_bypasses_anything(wall, service, role):
    connection = await asyncpg.connect(getattr(wall.platform.nodes[service].database, role))
    try:
        powers = await connection.fetchrow(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user"
        )
        assert not any(powers)
        assert not await connection.fetchval("SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole")
    finally:
        await connection.close()


@pytest.mark.parametrize("power", ["worker", "owner"])
async def test_the_apis_login_takes_no_other_role(wall, app, power):
    role = (await app.fetchval("SELECT current_user")).removesuffix("_app") + f"_{power}"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.execute(f'SET ROLE "{role}"')
