"""A database where row-level security does not stand makes no process ready."""

import pytest
from forkant_kit.db import create_engine
from forkant_kit.rls.check import RowSecurityError, gaps, row_security_check
from forkant_kit.rls.schema import unguarded

from .conftest import make


async def found(url: str, **free: str) -> list[str]:
    engine = create_engine(url, application_name="rls-test", pool_size=1)
    try:
        async with engine.connect() as conn:
            return await gaps(conn, free=free)
    finally:
        await engine.dispose()


async def test_a_guarded_database_is_ready_for_the_application_and_the_worker(desk):
    assert await found(desk.urls.app_url) == []
    assert await found(desk.urls.worker_url) == []
    await row_security_check(desk.engine, free={}).probe()


@pytest.mark.parametrize(
    ("fault", "gap"),
    [
        ("CREATE TABLE new (id int)", "the table new has no forced row-level security with policies"),
        (
            "ALTER TABLE thing NO FORCE ROW LEVEL SECURITY",
            "the table thing has no forced row-level security with policies",
        ),
        (
            "ALTER TABLE thing DISABLE ROW LEVEL SECURITY",
            "the table thing has no forced row-level security with policies",
        ),
        ("CREATE VIEW peephole AS TABLE thing", "peephole is read past the policies of its tables"),
        ("CREATE MATERIALIZED VIEW copy AS TABLE thing", "copy is read past the policies of its tables"),
    ],
)
async def test_a_table_that_is_open_or_read_past_its_policies_is_named(desk, fault, gap):
    await make(desk.urls, [fault])
    assert gap in await found(desk.urls.app_url)
    with pytest.raises(RowSecurityError):
        await row_security_check(desk.engine, free={}).probe()


async def test_a_partition_that_the_application_may_read_itself_is_named(desk):
    await make(
        desk.urls,
        [
            "CREATE TABLE whole (id int) PARTITION BY RANGE (id)",
            "CREATE TABLE part PARTITION OF whole DEFAULT",
            "GRANT SELECT ON part TO PUBLIC",
        ],
    )
    assert await found(desk.urls.app_url, whole="it is free for this test") == [
        "the partition part can be read past the policies of its table"
    ]


async def test_a_table_that_is_declared_free_needs_no_guard(desk):
    await make(
        desk.urls, ["CREATE TABLE new (id int)", "CREATE VIEW mine WITH (security_invoker = true) AS TABLE thing"]
    )
    assert await found(desk.urls.app_url, new="it holds codes") == []


async def test_a_role_that_owns_tables_is_refused(desk):
    assert any("who owns the table thing" in gap for gap in await found(desk.urls.owner_url))


@pytest.mark.parametrize(
    ("power", "gap"),
    [("SUPERUSER", "the role is a superuser"), ("BYPASSRLS", "the role may bypass row-level security")],
)
async def test_a_role_that_no_policy_holds_is_refused(desk, postgres, power, gap):
    role = desk.urls.app_url.split("://")[1].split(":")[0]
    await desk.ask(postgres.admin_url, f'ALTER ROLE "{role}" {power}', "SELECT 1")
    assert gap in await found(desk.urls.app_url)


async def test_a_table_of_the_next_release_that_needs_no_guard_leaves_this_one_ready(desk):
    """Its migration runs first, and what runs has no list with its name."""
    await make(desk.urls, ["CREATE TABLE next (id int)", unguarded("next", reason="the cluster's own numbers")])
    await row_security_check(desk.engine, free={}).probe()
    # What a release itself brings stands in its list all the same.
    assert await found(desk.urls.app_url) == ["the table next has no forced row-level security with policies"]
    await make(desk.urls, ["COMMENT ON TABLE next IS 'of no use, unguarded: no'"])
    with pytest.raises(RowSecurityError):
        await row_security_check(desk.engine, free={}).probe()
