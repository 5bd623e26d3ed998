"""Old months go behind a checkpoint from which the chain still verifies, and none goes early."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest
from forkant_kit.audit.report import Question, list_entries
from forkant_kit.audit.sealer import ChainChangedError
from forkant_kit.audit.settings import DEV_SIGNING_KEY, AuditSettings
from forkant_kit.audit.upkeep import drop_old_audit, prepare_audit
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

INSERT = """
INSERT INTO audit_entry (at, subject, client_id, unit, roles, action, object_ids, outcome)
SELECT now() - make_interval(months => {months}), 'a', 'b', 'oslo', '{{}}', 'case.read', '{{}}', 'done'
FROM generate_series(1, {count})
"""


async def aged(trail, *, months=(15, 14, 2)):
    """Make a trail that began long ago, with two entries in each of these months."""
    oldest = max(months)
    await trail.stage.fetch(f"SELECT ensure_audit_months(now() - interval '{oldest} months', 2)")
    await trail.stage.fetch(f"UPDATE audit_chain SET segment = date_trunc('month', now() - interval '{oldest} months')")
    for month in months:
        await trail.stage.fetch(INSERT.format(months=month, count=2))
    for _ in range(2 * oldest + 8):
        await trail.sealer().round()
    await trail.sealed(1)


async def months_left(trail):
    rows = await trail.stage.fetch(
        "SELECT count(*) AS n FROM pg_inherits WHERE inhparent IN ('audit_entry'::regclass, 'audit_link'::regclass)"
    )
    return rows[0]["n"]


async def test_old_months_go_and_the_chain_verifies_from_the_checkpoint(trail):
    await aged(trail)
    assert (await trail.verify()).entries == 7
    await drop_old_audit(trail.stage.engine, keep_months=12)
    await trail.sealed(1)
    result = await trail.verify()
    assert (result.findings, result.entries, result.position) == ([], 4, 8)
    rows = await trail.stage.fetch(
        "SELECT first_position, last_position, entries FROM audit_checkpoint ORDER BY segment"
    )
    assert [tuple(row) for row in rows if row["entries"]] == [(1, 2, 2), (3, 4, 2)]
    await drop_old_audit(trail.stage.engine, keep_months=12)
    await prepare_audit(trail.stage.engine)
    assert (await trail.verify()).ok


@pytest.mark.parametrize("avoided", ["nestloop", "hashjoin", "indexscan"])
async def test_old_months_go_whatever_plan_the_database_chooses(trail, avoided):
    await trail.stage.fetch(
        f"DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET enable_{avoided} = off', current_database()); END $$"
    )
    await trail.stage.engine.dispose()
    await drop_old_audit(trail.stage.engine, keep_months=12)


async def test_a_month_with_an_entry_missing_stays_as_evidence(trail):
    await aged(trail)
    await trail.as_owner(
        "DELETE FROM audit_entry WHERE (at, seq) = (SELECT at, seq FROM audit_link WHERE position = 1)"
    )
    before = await months_left(trail)
    await drop_old_audit(trail.stage.engine, keep_months=12)
    rows = await trail.stage.fetch("SELECT entries FROM audit_checkpoint WHERE entries > 0")
    assert rows == []
    assert before - await months_left(trail) <= 2, "only the empty month before the first may go"


async def test_the_database_keeps_at_least_a_year_and_at_most_three(trail):
    for months in (11, 36):
        with pytest.raises(DBAPIError, match="between 12 and 35"):
            await drop_old_audit(trail.stage.engine, keep_months=months)


async def test_months_removed_too_early_by_hand_are_neither_signed_nor_believed(trail):
    await aged(trail, months=(3, 2))
    await trail.as_owner(
        "INSERT INTO audit_checkpoint (segment, first_position, last_position, entries, hash)"
        " SELECT segment, 1, 2, 2, hash FROM audit_link WHERE position = 2",
        "DELETE FROM audit_entry WHERE (at, seq) IN (SELECT at, seq FROM audit_link WHERE position <= 2)",
        "DELETE FROM audit_link WHERE position <= 2",
    )
    with pytest.raises(ChainChangedError, match="days ago"):
        await trail.sealer().round(publish=True)
    assert await trail.found() == [("unproven checkpoint", 2, None)]


async def test_who_saw_an_object_and_what_somebody_saw_are_found_page_by_page(trail):
    seen, other = uuid4(), uuid4()
    await trail.read(seen, other)
    await trail.read(other)
    await trail.read(seen)
    async with trail.stage.engine.connect() as conn:
        question = Question(object_id=seen, subject="officer-oslo", unit="oslo", since=datetime.now(UTC) - timedelta(1))
        [newest] = await list_entries(conn, question, before=None, limit=1)
        [oldest] = await list_entries(conn, question, before=(newest["at"], newest["seq"]), limit=9)
        assert (newest["object_ids"], oldest["object_ids"]) == ([seen], [seen, other])
        for nobody in (Question(subject="nobody"), Question(until=datetime(2020, 1, 1, tzinfo=UTC))):
            assert await list_entries(conn, nobody, before=None, limit=9) == []


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"audit_keep_months": 11}, "audit_keep_months"),
        ({"audit_keep_months": 36}, "audit_keep_months"),
        ({"audit_signing_key": "short"}, "base64 of 32"),
        ({"env": "production", "audit_signing_key": DEV_SIGNING_KEY}, "audit_signing_key must be set"),
    ],
)
def test_wrong_settings_of_the_audit_are_refused(wrong, text):
    good = {"database_url": "postgresql://x", "oidc_issuer": "https://i", "env": "test", "cursor_secret": "c" * 32}
    assert AuditSettings(**good).audit_keep_months == 24
    with pytest.raises(ValidationError, match=text):
        AuditSettings(**{**good, **wrong})


async def test_the_application_may_not_ask_for_months_to_go_by_itself_as_anybody_else(trail):
    connection = await asyncpg.connect(trail.stage.owner_url)
    try:
        row = await connection.fetchrow(
            "SELECT has_function_privilege('public', 'drop_audit_months(integer)', 'EXECUTE') AS anybody"
        )
    finally:
        await connection.close()
    assert row["anybody"] is False
