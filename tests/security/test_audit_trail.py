"""The trail of the running services: nobody who has a login to their databases rewrites what was recorded."""

import asyncpg
import pytest

SERVICES = ("case", "indicator", "notification")
TABLES = ("audit_entry", "audit_link", "audit_chain")
# The chain's one row is written by whoever seals, but only goes on.
EDITS = {
    "audit_entry": "subject = 'another'",
    "audit_link": "hash = sha256('x')",
    "audit_chain": "position = position - 1",
}


@pytest.fixture(scope="module")
async def recorded(wall, oslo):
    """Something to rewrite in each service."""
    await wall.person("lead-oslo").done("indicator", "GET", "/v1/districts/oslo/metrics")
    await wall.person("lead-oslo").done("notification", "GET", "/v1/inbox")
    for service in SERVICES:
        assert await wall.platform.fetch(service, "SELECT FROM audit_entry LIMIT 1")


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("login", ["app_url", "worker_url"])
@pytest.mark.parametrize("table", TABLES)
async def test_no_process_edits_or_deletes_what_was_recorded_or_cuts_off_its_end(wall, service, login, table):
    statements = [
        f"UPDATE {table} SET {EDITS[table]}",
        f"DELETE FROM {table}",
        f"DELETE FROM {table} WHERE ctid = (SELECT max(ctid) FROM {table})",
        f"TRUNCATE {table} CASCADE",
        f"ALTER TABLE {table} DISABLE TRIGGER ALL",
        f"DROP TABLE {table} CASCADE",
    ]
    connection = await asyncpg.connect(getattr(wall.platform.nodes[service].database, login))
    try:
        for statement in statements:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("act", ["UPDATE audit_entry SET subject = 'another'", "DELETE FROM audit_entry",
                                 "TRUNCATE audit_entry CASCADE"])  # fmt: skip
async def test_the_owner_of_the_tables_does_not_do_it_by_mistake(wall, service, act):
    connection = await asyncpg.connect(wall.platform.nodes[service].database.owner_url)
    try:
        before = await connection.fetchval("SELECT count(*) FROM audit_entry")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(act)
        assert await connection.fetchval("SELECT count(*) FROM audit_entry") >= before
    finally:
        await connection.close()
