"""Rules change: the worker works all cases out anew, once, beside people and other workers; and the upgrade does it first."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files

import asyncpg
import pytest
import pytest_asyncio
from case_service import worker
from case_service.commands import retention
from case_service.domain.retention import Rules, retention_of
from case_service.migrate import MIGRATIONS
from case_service.retention_rules import rules_in_force
from forkant_devstack.verify.changes import check_changes
from forkant_kit.db import create_engine, transaction
from forkant_kit.migrations import migrate
from forkant_kit.vault_settings import DEV_TEXT_KEY, TEXT_KEYS_VARIABLE

from .api.test_retention import kept
from .conftest import Service

NEXT = Rules(
    version=rules_in_force().version + 1,
    rules=tuple(replace(rule, months=rule.months + 7) for rule in rules_in_force().rules),
)
STANDS = "SELECT id::text, version, revision, retention_until, retention_rules_version AS rules FROM preventive_case"


@pytest_asyncio.fixture
async def engine(empty_service):
    engine = create_engine(empty_service.worker_url, application_name="test", pool_size=8)
    yield engine
    await engine.dispose()


async def some_cases(service: Service, count: int):
    officer = service.person("officer-oslo")
    cases = [await officer.open(age_band="25_plus" if number % 2 else "under_15") for number in range(count)]
    await cases[0].do("POST", "close", {"reason": "unfounded"})
    return cases


async def trail(service: Service):
    return await service.fetch(
        "SELECT unit, object_ids FROM audit_entry WHERE action = 'case.recalculate_retention' ORDER BY seq"
    )


async def test_new_rules_reach_every_case_once_and_move_neither_version_nor_revision(
    empty_service, engine, monkeypatch
):
    monkeypatch.setattr(retention, "AT_A_TIME", 2)
    cases = await some_cases(empty_service, 5)
    elsewhere = await empty_service.person("officer-troms").open()
    before = {row["id"]: row for row in await empty_service.fetch(STANDS)}
    await worker.recalculate_retention(engine)
    assert await trail(empty_service) == []
    await worker.recalculate_retention(engine, rules=NEXT)
    await worker.recalculate_retention(engine, rules=NEXT)
    after = {row["id"]: row for row in await empty_service.fetch(STANDS)}
    for case in (*cases, elsewhere):
        until, standing = await kept(empty_service, case.id)
        assert until == retention_of(NEXT, standing).until
        assert until > before[case.id]["retention_until"]
        assert after[case.id]["rules"] == NEXT.version
        assert [after[case.id][name] == before[case.id][name] for name in ("version", "revision")] == [True, True]
    told = [(row["unit"], str(one)) for row in await trail(empty_service) for one in row["object_ids"]]
    assert sorted(told) == sorted([*(("oslo", case.id) for case in cases), ("troms", elsewhere.id)])
    assert [check for check in await check_changes(empty_service.worker_url) if not check.ok] == []


async def test_a_floor_holds_when_the_rules_get_shorter(empty_service, engine):
    [case] = await some_cases(empty_service, 1)
    await case.do("POST", "reopen", {"reason": "new_concern"})
    await case.do("POST", "legal-holds", {"reason": "oversight"}, by=empty_service.person("privacy-oslo"))
    before, _ = await kept(empty_service, case.id)
    shorter = replace(NEXT, rules=tuple(replace(rule, months=1) for rule in NEXT.rules))
    await worker.recalculate_retention(engine, rules=shorter)
    assert (await kept(empty_service, case.id))[0] == before


async def test_workers_and_people_at_once_leave_no_case_by_two_rules(empty_service, engine, monkeypatch):
    monkeypatch.setattr(retention, "AT_A_TIME", 3)
    cases = await some_cases(empty_service, 8)
    people = [
        case.by.send("POST", f"{case.path}/hold", {"reason": "awaiting_partner"}, etag=case.etag) for case in cases[1:]
    ]
    answers = await asyncio.gather(*people, *[worker.recalculate_retention(engine, rules=NEXT) for _ in range(3)])
    assert [answer.status_code for answer in answers[:7]] == [200] * 7
    # People's changes were asked of the rules of the API, which is of the release before.
    await worker.recalculate_retention(engine, rules=NEXT)
    for case in cases:
        until, standing = await kept(empty_service, case.id)
        assert until == retention_of(NEXT, standing).until


async def test_what_somebody_changed_meanwhile_is_left_to_that_change(empty_service, engine, monkeypatch):
    [case] = await some_cases(empty_service, 1)
    found = retention.store.of_other_rules

    async def then_somebody_reopens(conn, **asked):
        cases = await found(conn, **asked)
        await case.do("POST", "reopen", {"reason": "new_concern"})
        return cases

    monkeypatch.setattr(retention.store, "of_other_rules", then_somebody_reopens)
    async with transaction(engine) as conn:
        assert await retention.recalculate(conn, NEXT) == 1
    until, standing = await kept(empty_service, case.id)
    assert until == retention_of(rules_in_force(), standing).until
    assert await trail(empty_service) == []


async def test_the_worker_sets_retention_by_its_function_alone_and_the_api_not_even_so(empty_service):
    [case] = await some_cases(empty_service, 1)
    worker_login, app = [await asyncpg.connect(url) for url in (empty_service.worker_url, empty_service.app_url)]
    change = "UPDATE preventive_case SET retention_until = '2099-01-01' WHERE id = $1"
    assert await worker_login.execute(change, case.id) == "UPDATE 0"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.fetch("SELECT set_retention('{}', '{}', '{}', '{}', 2)")
    for login in (worker_login, app):
        await login.close()


UPGRADED_FROM = "0014"
"""The last revision without retention."""
BEFORE = """
INSERT INTO preventive_case (id, unit, version, revision, state, case_type, theme, age_band, subject_category,
    purpose_code, legal_basis, arena, title, opened_by, case_owner, opened_at, recorded_at, updated_at,
    clarification_deadline, closed_at, close_reason, round)
SELECT gen_random_uuid(), 'oslo', 1, 1, state, kind, 'violence', band, 'at_risk', purpose, 'police_act', 'physical',
    sha256('A case'), 'x', 'x', day, day, day + interval '40 days', '2026-07-01',
    CASE WHEN state = 'closed' THEN day + interval '35 days' END, close_reason, 1
FROM unnest(ARRAY['registered', 'active', 'closed', 'referred', 'rejected']) AS state,
    unnest(ARRAY['person', 'group', 'place', 'phenomenon']) AS kind,
    unnest(ARRAY['under_15', '15_17', '18_24', '25_plus', 'not_applicable']) AS band,
    unnest(ARRAY['prevent_crime', 'protect_child']) AS purpose,
    unnest(ARRAY['evaluated', 'unfounded', 'duplicate', 'consent_withdrawn', NULL]) AS close_reason,
    unnest(ARRAY[timestamptz '2024-02-28 23:30:00+00', '2025-10-31 12:00:00+00']) AS day
WHERE (state = 'closed') = (close_reason IS NOT NULL) AND (kind <> 'person' OR band <> 'not_applicable')
"""
EVENT = """
INSERT INTO event_archive (event_id, topic, partition, aggregate_id, aggregate_version, type, source, data_schema, unit,
    occurred_at, recorded_at, data)
SELECT gen_random_uuid(), 'forkant.case.v1', 0, id, {version}, 'no.forkant.case.{name}.v1', 's', 's', 'oslo',
    opened_at + interval '{days} days', now(), '{data}'
FROM preventive_case WHERE {which}
"""


async def test_the_upgrade_keeps_cases_of_before_exactly_as_the_rules_say(postgres, issuer, monkeypatch):
    monkeypatch.setenv(TEXT_KEYS_VARIABLE, DEV_TEXT_KEY)
    urls = await postgres.create_database("case")
    await migrate(owner_url=urls.owner_url, script_location=MIGRATIONS, revision=UPGRADED_FROM)
    nobody = {"app": None, "client": None, "issuer": issuer}
    service = Service(**nobody, owner_url=urls.owner_url, app_url=urls.app_url, worker_url=urls.worker_url)
    await service.fetch(BEFORE)
    for event in (
        {
            "name": "rejected",
            "version": 2,
            "days": 20,
            "data": '{"reason": "unfounded"}',
            "which": "state = 'rejected'",
        },
        {"name": "referred", "version": 2, "days": 25, "data": "{}", "which": "state = 'referred' AND age_band < '2'"},
        {"name": "reopened", "version": 3, "days": 30, "data": "{}", "which": "state = 'active'"},
    ):
        await service.fetch(EVENT.format(**event))
    await service.fetch(
        "INSERT INTO legal_hold (id, case_id, reason, placed_by, placed_at)"
        " SELECT gen_random_uuid(), id, 'oversight', 'x', now() FROM preventive_case WHERE case_type = 'group'"
    )
    await migrate(owner_url=urls.owner_url, script_location=MIGRATIONS)
    rows = await service.fetch("SELECT * FROM preventive_case")
    met = set()
    for row in rows:
        until, standing = await kept(service, row["id"])
        found = retention_of(rules_in_force(), standing)
        assert (until, row["retention_rule"], row["retention_rules_version"]) == (found.until, found.rule, 1), row
        assert row["retention_floor"] == (until if row["case_type"] == "group" else None)
        met.add(found.rule)
        if row["state"] == "rejected":
            assert (row["reject_reason"], row["ended_at"] - row["opened_at"]) == ("unfounded", timedelta(days=20))
        if row["state"] == "referred":
            days = 25 if row["age_band"] < "2" else 40
            assert row["ended_at"] - row["opened_at"] == timedelta(days=days)
        if row["state"] == "active":
            assert row["reopened_at"] - row["opened_at"] == timedelta(days=30)
    assert met == {rule.code for rule in rules_in_force().rules} - {"rejected"}
    shipped = files("case_service").joinpath("data/retention-rules-1.json").read_text("utf-8")
    assert json.loads(shipped)["version"] == 1
