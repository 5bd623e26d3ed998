"""The wall below the policy: the application's role sees the figures that it says it shows, and no case at all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg
import httpx
import pytest
import pytest_asyncio
from forkant_kit.db import create_engine, transaction
from forkant_kit.parked import main
from forkant_kit.rls.check import gaps
from forkant_kit.settings import EXIT_BAD_SETTINGS, Environment
from indicator_service.aggregation.snapshot import Reader
from indicator_service.app import build_app
from indicator_service.migrate import MIGRATIONS
from indicator_service.projector import apply
from indicator_service.row_security import EVERY_DISTRICT, FREE, stance
from indicator_service.settings import IndicatorSettings
from sqlalchemy import text

WORKERS = (
    "aggregate_version",
    "case_fact",
    "concern_fact",
    "parked_action",
    "parked_event",
    "parked_outcome",
    "indicator_watch",
    "event_archive",
    "event_journal",
    "self_audit_item",
    "alarm",
)
IMPORTS = ("aggregate_import", "imported_value")
STEERING = (
    "target",
    "target_version",
    "priority",
    "prevention_plan",
    "prevention_plan_version",
    "prevention_goal",
    "prevention_plan_goal",
    "pilot",
    "pilot_enrolment",
    "trial",
    "trial_figures",
)
CELLS = ("cell", "district_cell", "district_day", "measure_cell")
GUARDED = {*WORKERS, *IMPORTS, *STEERING, *CELLS, "idempotency_key", "settled_figures"}
STANCES = {
    "none": {},
    "empty": {"districts": "", "unit": ""},
    "unit alone": {"unit": "oslo"},
    "own": {"districts": "own", "unit": "oslo"},
    "all": {"districts": "all"},
    "worker": {"districts": "all", "unit": "oslo", "changes": "on", "system": "on", "sees_restricted": "on"},
}
OWN_IMPORTS = {"districts": "own", "unit": "oslo", "imports": "on", "subject": "import-demo"}
IMPORT = """
INSERT INTO aggregate_import (id, kind, source, source_date, method, unit, sha256, row_count, corrects, imported_by)
VALUES (gen_random_uuid(), 'hours', 'register', '2026-04-01', 'count', $1, sha256(convert_to($1, 'UTF8')), 1, false, 'import-demo')
RETURNING id
"""
VALUE = "INSERT INTO imported_value VALUES ($1, $2, 'total_hours', '2026-03-01', 3)"
TABLES = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
AND NOT relispartition
"""
PARK = """
INSERT INTO parked_event (consumer_group, topic, partition, record_offset, aggregate_id, reason, detail, headers)
VALUES ('test', 'forkant.case.v1', 0, 0, gen_random_uuid(), 'gap', 'version 2 is missing', '{}')
"""
ASK = "INSERT INTO parked_action (consumer_group, parked_id, action, requested_by) VALUES ('test', 1, 'replay', 'desk')"
ANSWER = "INSERT INTO parked_outcome (action_id, outcome, detail) VALUES (1, 'still_parked', 'gap')"
SEEN = "INSERT INTO aggregate_version (consumer_group, aggregate_id, version) VALUES ('test', gen_random_uuid(), 1)"

WATCH = """
INSERT INTO indicator_watch (id, unit, indicator, period) VALUES (gen_random_uuid(), 'oslo', 10, 'rolling_12')
"""
JOURNAL = """
INSERT INTO event_journal VALUES (gen_random_uuid(), 1, gen_random_uuid(), 't', 's', 'd', 'oslo', now(), now(), '{}')
"""
AUDITED = """
WITH told AS (INSERT INTO alarm (kind, id) VALUES ('events_parked', gen_random_uuid()))
INSERT INTO self_audit_item (kind, key, reason, looks, fields, touched, next_at)
VALUES ('cells', 'oslo', 'cells', 2, '{}', '{"oslo": ["opened"]}', clock_timestamp())
"""
ARCHIVE = """
INSERT INTO event_archive (event_id, topic, partition, aggregate_id, aggregate_version, type, source, data_schema, unit,
                           occurred_at, recorded_at, data)
VALUES (gen_random_uuid(), 'forkant.steering.v1', 0, gen_random_uuid(), 1, 't', 's', 'd', 'oslo', now(), now(), '{}')
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def filled(postgres, new_case, new_concern):
    """Give a database with rows of two districts in each guarded table, written as the worker's role."""
    urls = await postgres.migrated_database("indicator", MIGRATIONS)
    engine = create_engine(urls.worker_url, application_name="test", pool_size=1)
    async with transaction(engine) as conn:
        for unit in ("oslo", "troms/gde-tromso"):
            case, concern = new_case(unit=unit), new_concern(unit=unit)
            case.opened()
            case.measure_planned(version=1)
            case.closed(after=timedelta(days=1))
            concern.received()
            await apply(conn, [*case.events, *concern.events])
        for statement in (PARK, ASK, ANSWER, SEEN, WATCH, AUDITED, ARCHIVE, JOURNAL):
            await conn.execute(text(statement))
    await engine.dispose()
    return urls


@asynccontextmanager
async def as_role(url: str, settings: dict[str, str]) -> AsyncIterator[asyncpg.Connection]:
    """Open a transaction with a stance, which is rolled back."""
    connection = await asyncpg.connect(url)
    try:
        taken = connection.transaction()
        await taken.start()
        for name, value in settings.items():
            await connection.execute("SELECT set_config($1, $2, true)", f"forkant.{name}", value)
        yield connection
        await taken.rollback()
    finally:
        await connection.close()


async def districts(url: str, settings: dict[str, str], table: str = "district_cell") -> set[str]:
    async with as_role(url, settings) as app:
        return {row["district"] for row in await app.fetch(f"SELECT DISTINCT district FROM {table}")}


async def test_each_table_is_guarded_or_declared_free_with_a_reason(filled):
    async with as_role(filled.worker_url, {}) as worker:
        every = {row["relname"] for row in await worker.fetch(TABLES)}
        guarded = {row["relname"] for row in await worker.fetch(f"{TABLES} AND relrowsecurity")}
    assert guarded == GUARDED
    assert every == GUARDED | FREE.keys()
    assert all(len(reason) > 10 for reason in FREE.values())


@pytest.mark.parametrize("url", ["app_url", "worker_url"])
async def test_the_wall_has_no_gap_for_the_roles_of_processes(filled, url):
    engine = create_engine(getattr(filled, url), application_name="test", pool_size=1)
    try:
        async with engine.connect() as conn:
            assert await gaps(conn, free=FREE) == []
    finally:
        await engine.dispose()


@pytest.mark.parametrize("table", CELLS)
@pytest.mark.parametrize(
    ("told", "seen"),
    [
        ("none", set()),
        ("empty", set()),
        ("unit alone", set()),
        ("own", {"oslo"}),
        ("all", {"oslo", "troms"}),
    ],
)
async def test_figures_are_there_for_those_districts_alone_that_the_stance_names(filled, told, seen, table):
    assert await districts(filled.worker_url, {}, table) == {"oslo", "troms"}
    assert await districts(filled.app_url, STANCES[told], table) == seen


@pytest.mark.parametrize("told", sorted(STANCES))
async def test_which_station_a_cell_is_of_is_the_workers_alone(filled, told):
    async with as_role(filled.worker_url, {}) as worker:
        assert await worker.fetchval("SELECT count(*) FROM cell WHERE unit = 'troms/gde-tromso'")
    asked = ("SELECT unit FROM {}", "SELECT * FROM {}", "SELECT FROM {} WHERE unit LIKE '%/%'")
    for ask in (each.format(table) for each in asked for table in ("cell", "measure_cell")):
        async with as_role(filled.app_url, STANCES[told]) as app:
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
                await app.fetch(ask)


@pytest.mark.parametrize("told", sorted(STANCES))
async def test_what_others_are_shown_is_there_for_who_says_that_it_is_of_all_districts(filled, told):
    async with as_role(filled.app_url, STANCES[told]) as app:
        seen = await app.fetchval("SELECT count(body IS NULL) FROM settled_figures")
    assert seen == (1 if STANCES[told].get("districts") == "all" else 0)


LOOKS = {"looks_behind": "on"}


@pytest.mark.parametrize("name", ["cases_behind", "concerns_behind"])
@pytest.mark.parametrize(
    ("told", "seen"),
    [
        ({"districts": "own", "unit": "oslo", **LOOKS}, {"oslo"}),
        ({"districts": "all", **LOOKS}, {"oslo", "troms"}),
        ({"districts": "own", "unit": "oslo"}, set()),
        ({"districts": "all"}, set()),
        ({"unit": "oslo", **LOOKS}, set()),
        (LOOKS, set()),
        ({}, set()),
    ],
)
async def test_facts_are_handed_out_of_the_districts_behind_whose_figures_somebody_says_to_look(
    filled, name, told, seen
):
    ask = f"SELECT count(*) FROM {name}(1, $1, '00000000-0000-0000-0000-000000000000', 10)"
    for district in ("oslo", "troms", "oslo/gde-sentrum", "", "os"):
        async with as_role(filled.app_url, told) as app:
            assert await app.fetchval(ask, district) == (1 if district in seen else 0)


@pytest.mark.parametrize("told", [{"districts": "own", "unit": "troms", **LOOKS}, {"districts": "all"}, LOOKS, {}])
async def test_the_journal_is_not_handed_out_to_whom_does_not_look_behind_that_district(filled, told):
    ask = "SELECT count(*) FROM journal_behind('oslo', '-infinity', 'infinity', $1, 10)"
    for concerns in (True, False):
        async with as_role(filled.app_url, told) as app:
            assert await app.fetchval(ask, concerns) == 0
        async with as_role(filled.app_url, {"districts": "own", "unit": "oslo", **LOOKS}) as app:
            assert await app.fetchval(ask, concerns) == (0 if concerns else 1)


def test_a_stance_names_all_districts_only_when_the_answer_needs_more_than_the_readers_own():
    reader = Reader(unit="oslo")
    assert stance(reader, units=["oslo"]).settings == {"districts": "own", "unit": "oslo"}
    assert stance(reader, units=["oslo", "troms"]) is EVERY_DISTRICT
    assert stance(Reader(unit="pod", sees_all=True), units=["oslo"]) is EVERY_DISTRICT


@pytest.mark.parametrize("table", WORKERS)
@pytest.mark.parametrize("told", sorted(STANCES))
async def test_what_is_kept_of_single_cases_is_there_for_the_worker_alone(filled, table, told):
    async with as_role(filled.worker_url, {}) as worker:
        assert await worker.fetchval(f"SELECT count(*) FROM {table}")
    async with as_role(filled.app_url, STANCES[told]) as app:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            await app.fetch(f"SELECT FROM {table}")


@pytest.mark.parametrize("table", WORKERS)
async def test_where_a_grant_is_given_by_mistake_the_policies_still_hold(filled, table):
    async with as_role(filled.worker_url, {}) as worker:
        row = str(await worker.fetchval(f"SELECT to_jsonb(t) FROM {table} AS t LIMIT 1"))
    copy = f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::{table}, $1)"
    owner = await asyncpg.connect(filled.owner_url)
    role = await owner.fetchval("SELECT quote_ident(regexp_replace(current_user, '_owner$', '_app'))")
    await owner.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {role}")
    try:
        for told in STANCES.values():
            async with as_role(filled.app_url, told) as app:
                assert await app.fetchval(f"SELECT count(*) FROM {table}") == 0
                with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                    await app.execute(copy, row)
    finally:
        await owner.execute(f"REVOKE ALL ON {table} FROM {role}")
        await owner.close()


@pytest.mark.parametrize("table", ["consumer_offset", *CELLS, "metric_change"])
@pytest.mark.parametrize("told", sorted(STANCES))
async def test_the_application_changes_no_figures_and_no_positions(filled, table, told):
    column = {"consumer_offset": "next_offset", "metric_change": "unit"}.get(table, "amount")
    for attack in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}", f"TRUNCATE {table}"):
        async with as_role(filled.app_url, STANCES[told]) as app:
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
                await app.execute(attack)


async def test_the_owner_sees_a_guarded_row_only_when_it_says_that_the_system_acts(filled):
    assert await districts(filled.owner_url, {}) == set()
    assert await districts(filled.owner_url, {"system": "on"}) == {"oslo", "troms"}


@pytest.mark.parametrize("told", ["all", "own"])
async def test_figures_are_still_found_by_the_index(filled, told):
    ask = """
    EXPLAIN SELECT district, metric, bucket, sum(amount) FROM district_cell
    WHERE district = ANY('{oslo,troms}') AND month <= '2026-12-01' AND amount <> 0 GROUP BY 1, 2, 3
    """
    async with as_role(filled.app_url, STANCES[told]) as app:
        await app.execute("SET LOCAL enable_seqscan = off")
        plan = "\n".join(row[0] for row in await app.fetch(ask))
    [condition] = [line for line in plan.splitlines() if "Index Cond" in line]
    assert "district = ANY" in condition
    assert "month <=" in condition


async def test_parked_events_are_not_shown_to_the_application_which_is_told_whose_login_it_takes(
    filled, monkeypatch, capsys
):
    monkeypatch.setenv("FORKANT_DATABASE_URL", filled.app_url)
    assert await asyncio.to_thread(main, ["list"]) == EXIT_BAD_SETTINGS
    assert "the worker's role" in capsys.readouterr().err
    monkeypatch.setenv("FORKANT_DATABASE_URL", filled.worker_url)
    assert await asyncio.to_thread(main, ["list"]) == 0
    assert "gap" in capsys.readouterr().out


async def imported(url, unit, stance):
    """Add an import of a unit with a figure of it, in a transaction that is rolled back."""
    async with as_role(url, stance) as app:
        made = await app.fetchval(IMPORT, unit)
        await app.execute(VALUE, made, unit)
        return [row["unit"] for row in await app.fetch("SELECT unit FROM imported_value")]


@pytest.mark.parametrize("told", sorted(STANCES))
async def test_who_does_not_say_that_they_import_adds_no_figure(filled, told):
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        await imported(filled.app_url, "oslo", STANCES[told])


async def test_no_figure_is_added_to_an_import_by_who_does_not_say_that_they_import(filled):
    async with as_role(filled.app_url, OWN_IMPORTS) as app:
        made = await app.fetchval(IMPORT, "oslo")
        await app.execute("SELECT set_config('forkant.imports', '', true)")
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await app.execute(VALUE, made, "oslo")


async def test_an_importer_of_a_unit_adds_its_figures_alone_and_the_directorate_those_of_all(filled):
    assert await imported(filled.app_url, "oslo", OWN_IMPORTS) == ["oslo"]
    assert await imported(filled.app_url, "troms", OWN_IMPORTS | {"districts": "all"}) == ["troms"]
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        await imported(filled.app_url, "troms", OWN_IMPORTS)


@pytest.mark.parametrize(
    ("stance", "seen"), [({}, []), ({"districts": "own", "unit": "troms"}, []), (STANCES["own"], [3]),
                         (STANCES["all"], [3])],
)  # fmt: skip
async def test_an_imported_figure_is_there_for_the_districts_that_the_stance_names(database, stance, seen):
    async with as_role(database.app_url, OWN_IMPORTS) as app:
        made = await app.fetchval(IMPORT, "oslo")
        await app.execute(VALUE, made, "oslo")
        for name in OWN_IMPORTS:
            await app.execute("SELECT set_config($1, $2, true)", f"forkant.{name}", stance.get(name, ""))
        assert [row["amount"] for row in await app.fetch("SELECT amount FROM imported_value")] == seen


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE imported_value SET amount = 4",
        "DELETE FROM imported_value",
        "DELETE FROM aggregate_import",
        "UPDATE aggregate_import SET source = 'other'",
        "UPDATE aggregate_import SET imported_by = 'somebody'",
        "TRUNCATE aggregate_import CASCADE",
    ],
)
async def test_the_application_changes_nothing_of_what_was_imported(filled, attack):
    async with as_role(filled.app_url, OWN_IMPORTS | {"districts": "all"}) as app:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            await app.execute(attack)


async def test_an_answer_to_an_idempotency_key_is_there_for_its_caller_alone(filled):
    keep = "INSERT INTO idempotency_key VALUES ('import-demo', 'POST /', 'k', '', NULL, 201, '{}', '')"
    async with as_role(filled.app_url, OWN_IMPORTS) as app:
        await app.execute(keep)
        assert await app.fetchval("SELECT count(*) FROM idempotency_key") == 1
        await app.execute("SELECT set_config('forkant.subject', 'somebody', true)")
        assert await app.fetchval("SELECT count(*) FROM idempotency_key") == 0


@pytest.mark.parametrize("role", ["owner_url", "app_url"])
async def test_no_process_is_ready_as_the_owner_or_beside_an_unguarded_table(database, issuer, role):
    async def answers() -> int:
        settings = IndicatorSettings(
            env=Environment.TEST, database_url=getattr(database, role), oidc_issuer=issuer.url, stream_poll_seconds=0.02
        )
        app = build_app(settings)
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://indicator.test")
        async with app.router.lifespan_context(app), client:
            return (await client.get("/health/ready")).status_code

    assert await answers() == (503 if role == "owner_url" else 200)
    owner = await asyncpg.connect(database.owner_url)
    await owner.execute("CREATE TABLE new_table (id int)")
    await owner.close()
    assert await answers() == 503


async def test_drift_is_told_of_the_districts_of_the_stance_and_to_everybody_whether_there_is_any(filled):
    for told, units, standing in (
        ({}, [], (1, None)),
        ({"districts": "own", "unit": "vest"}, [], (1, None)),
        ({"districts": "own", "unit": "oslo"}, ["oslo", "oslo"], (1, None)),
        ({"districts": "all"}, ["oslo", "oslo"], (1, 0)),
    ):
        async with as_role(filled.app_url, told) as app:
            assert [row["unit"] for row in await app.fetch("SELECT unit FROM self_audit_drift()")] == units
            assert tuple(await app.fetchrow("SELECT drifting, waiting FROM self_audit_standing()")) == standing
