"""On a platform that the demo filled: all is well, and each planted difference is found and named."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
import httpx
import pytest
import typer
from aiokafka import AIOKafkaProducer
from forkant_contracts.topics import CASE_TOPIC
from forkant_contracts.units import CASE_UNITS
from forkant_devstack.demo.plans import ENDS_SOON, GOALS, WITHOUT_A_PLAN, set_plans
from forkant_devstack.demo.run import run
from forkant_devstack.demo.stories import STORIES
from forkant_devstack.demo.targets import APPROVER, TARGETS, set_targets
from forkant_devstack.verify.audit import check_trails
from forkant_devstack.verify.changes import check_changes
from forkant_devstack.verify.command import cli_verify
from forkant_devstack.verify.indicators import check_indicators
from forkant_devstack.verify.pilots import check_pilots
from forkant_devstack.verify.platform import Platform
from forkant_devstack.verify.report import Check
from forkant_devstack.verify.run import verify
from forkant_devstack.verify.steering import check_plans, check_watches
from forkant_devstack.verify.stream import check_caught_up, check_parked
from forkant_devstack.verify.structures import check_structures
from forkant_devstack.verify.topics import check_topics
from forkant_kit.keyring import Keyring, read_keys
from forkant_kit.vault import Vault
from forkant_kit.vault_settings import DEV_TEXT_KEY
from indicator_service import rebuild
from indicator_service.rebuild_desk import RebuildDesk
from typer.testing import CliRunner


@asynccontextmanager
async def database(url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def planted(url: str, plant: Sequence[str], remove: Sequence[str]) -> AsyncIterator[None]:
    async with database(url) as connection:
        for statement in plant:
            await connection.execute(statement)
        try:
            yield
        finally:
            for statement in remove:
                await connection.execute(statement)


def wrong(checks: Sequence[Check]) -> dict[str, str]:
    return {check.name: "\n".join(map(str, check.differences)) for check in checks if not check.ok}


async def a_case(platform: Platform, where: str = "state = 'active'") -> str:
    async with database(platform.case_database) as connection:
        return str(await connection.fetchval(f"SELECT id FROM preventive_case WHERE {where} ORDER BY id LIMIT 1"))


ON_HOLD = ", ".join(
    f"CASE state WHEN 'active' THEN {value} ELSE {column} END"
    for column, value in {
        "state": "'on_hold'", "held_from": "'active'", "hold_reason": "'awaiting_partner'", "held_on": "current_date",
    }.items()
)  # fmt: skip
NOT_HELD = "due_on - 400, 'scheduled', NULL, NULL, NULL"
OPEN = "o.merged_into IS NULL AND o.erased_at IS NULL AND NOT o.restricted"
WATCHES = "watches and the crossings that they told of, gapless from 1, each from the band of the one before"
NOT_IN_THE_DEMO = {"restrictions", "reviews of broken glass and their events, gapless from 1", WATCHES}
# Reminded of is what is near on the day of the test, of a demo whose days are those of its stories.
AS_THE_DAY_HAS_IT = {
    "tasks that were reminded of",
    "reminders and escalations, once each and never before their day",
    "messages that nobody acknowledged, one a level and never before its time",
}


async def test_a_platform_that_the_demo_filled_holds_every_guarantee(platform):
    report = await verify(platform)
    assert report.ok, wrong(report.checks)
    assert {check.name for check in report.checks if not check.compared} <= NOT_IN_THE_DEMO | AS_THE_DAY_HAS_IT


async def test_a_platform_whose_figures_were_made_anew_holds_every_guarantee(platform):
    desk = RebuildDesk(database_url=platform.indicator_database, by="operator")
    await rebuild.start(desk, wait=True)
    number = await desk.flip()
    try:
        report = await verify(platform)
        assert report.ok, wrong(report.checks)
    finally:
        await desk.roll_back()
        await desk.drop(number)


async def test_the_targets_of_the_demo_are_in_force_and_not_set_again(platform, issuer):
    async def token(persona: str) -> str:
        return issuer.headers(persona)["Authorization"].removeprefix("Bearer ")

    assert await set_targets(platform.indicator_url, token) == 0
    headers = issuer.headers("officer-oslo")
    async with httpx.AsyncClient(base_url=platform.indicator_url, headers=headers, trust_env=False) as http:
        targets = (await http.get("/v1/targets")).json()["items"]
        metrics = (await http.get("/v1/districts/oslo/metrics")).json()
    assert len(targets) == len(TARGETS)
    assert all(target["in_force"]["approved_by"] == APPROVER for target in targets)
    cited = {each["number"]: each["target"] for each in metrics["indicators"] if each["target"]}
    assert cited.keys() == {target.indicator for target in TARGETS}
    assert (cited[10]["unit"], cited[10]["status"]) == ("oslo", "judged")


@pytest.mark.parametrize(
    ("plant", "remove", "named"),
    [
        (
            "UPDATE pilot_unit SET last_day = first_day - 1 WHERE unit = 'troms'",
            "UPDATE pilot_unit SET last_day = NULL",
            "troms",
        ),
        ("UPDATE pilot SET version = 2", "UPDATE pilot SET version = 3", "version 2"),
        (
            "UPDATE pilot_unit SET unit = 'oslo' WHERE unit = 'troms'",
            "UPDATE pilot_unit SET unit = 'troms' WHERE unit = 'oslo'",
            "oslo",
        ),
    ],
)
async def test_a_pilot_that_cases_are_opened_by_otherwise_than_was_decided_is_named(platform, plant, remove, named):
    async with planted(platform.case_database, [plant], [remove]):
        check = await check_pilots(platform)
    [difference] = check.differences
    assert named in f"{difference.found} {difference.expected}"
    assert ((await check_pilots(platform)).ok, check.compared) == (True, 1)


CROSSING = """
INSERT INTO event_archive (event_id, topic, partition, aggregate_id, aggregate_version, type, source, data_schema, unit,
                           occurred_at, recorded_at, data)
SELECT uuidv7(), 'forkant.steering.v1', 0, id, version + {step}, 'no.forkant.indicator.threshold-crossed.v1',
       'urn:forkant:indicator-service', 'd', unit, now(), now(),
       jsonb_build_object('indicator', indicator, 'period_kind', period, 'from_band', 'unknown', 'to_band', band,
                          'national', false)
FROM indicator_watch WHERE id = '{watch}'
"""


@pytest.mark.parametrize(
    ("plant", "named"),
    [
        ([CROSSING.replace("{step}", "1")], "not in the tables"),
        (
            [CROSSING.replace("{step}", "2"), "UPDATE indicator_watch SET version = 2 WHERE id = '{watch}'"],
            "with 1 events",
        ),
        (
            [
                CROSSING.replace("{step}", "1"),
                "UPDATE indicator_watch SET version = 1, band = 'unknown' WHERE id = '{watch}'",
            ],
            "tables say version 1",
        ),
    ],
)
async def test_a_watch_that_does_not_stand_where_its_crossings_led_is_named(platform, filled, plant, named):
    async with database(platform.indicator_database) as connection:
        watch, band = await connection.fetchrow(
            "SELECT id, band FROM indicator_watch WHERE version = 0 AND unit <> 'national' AND band IS NOT NULL LIMIT 1"
        )
    remove = [
        f"DELETE FROM event_archive WHERE aggregate_id = '{watch}'",
        f"UPDATE indicator_watch SET version = 0, band = '{band}' WHERE id = '{watch}'",
    ]
    async with planted(filled.root_of_indicator, [each.replace("{watch}", str(watch)) for each in plant], remove):
        check = await check_watches(platform.indicator_database)
        assert named in wrong([check])[WATCHES]
        assert str(watch) in wrong([check])[WATCHES]
    assert (await check_watches(platform.indicator_database)).ok


async def test_the_plans_of_the_demo_are_in_force_and_one_unit_has_none(platform, issuer):
    async def token(persona: str) -> str:
        return issuer.headers(persona)["Authorization"].removeprefix("Bearer ")

    goals = await set_plans(platform.indicator_url, token)
    assert goals.keys() == {*CASE_UNITS} - {WITHOUT_A_PLAN}
    assert {len(each) for each in goals.values()} == {len(GOALS)}
    headers = issuer.headers("officer-oslo")
    async with httpx.AsyncClient(base_url=platform.indicator_url, headers=headers, trust_env=False) as http:
        found = (await http.get("/v1/plans/coverage")).json()
    assert (found["covered"], found["of"]) == (16, 17)
    assert (found["missing"], found["ends_soon"]) == ([WITHOUT_A_PLAN], [ENDS_SOON])


PLANS = "plans and the watches over them, and the events that they told of, gapless from 1"
A_PLAN = "(SELECT id FROM prevention_plan ORDER BY id LIMIT 1)"


@pytest.mark.parametrize(
    ("plant", "remove", "named"),
    [
        (
            f"UPDATE prevention_plan SET approvals = 2 WHERE id = {A_PLAN}",
            f"UPDATE prevention_plan SET approvals = 1 WHERE id = {A_PLAN}",
            "tables say approved 2",
        ),
        (
            "INSERT INTO plan_watch VALUES ('finnmark', gen_random_uuid(), 1, 'missing', NULL)",
            "DELETE FROM plan_watch",
            "nothing, for no event says so",
        ),
    ],
)
async def test_an_approval_or_a_missing_plan_that_no_event_tells_of_is_named(platform, filled, plant, remove, named):
    async with planted(filled.root_of_indicator, [plant], [remove]):
        assert named in wrong([await check_plans(platform.indicator_database)])[PLANS]
    assert (await check_plans(platform.indicator_database)).ok


async def test_every_story_left_its_case_in_the_state_that_it_tells_of(platform):
    async with database(platform.case_database) as connection:
        rows = await connection.fetch(
            "SELECT id, title, state, round, unit, erased_at, merged_into, sealed FROM preventive_case"
            " JOIN data_key ON owner_id = id"
        )
    vault = Vault(Keyring(read_keys(DEV_TEXT_KEY)))
    by_title = {
        vault.opened(row["id"], row["sealed"]).unseal(row["title"], place="preventive_case/title"): row
        for row in rows
        if row["erased_at"] is None and row["merged_into"] is None
    }
    assert len(STORIES) == 8
    assert by_title["Fights in the breaks at Granholt school"]["state"] == "closed"
    assert by_title["Use and small-scale sale near Lyktetunet"]["round"] == 2
    assert by_title["Violence at closing time on Klokketorget"]["state"] == "closed"
    assert by_title["Sharing of intimate images: the fourth school, at Skarvnes"]["unit"] == "more-og-romsdal"
    assert by_title["Repeated noise and crying from a flat in Tarevik"]["state"] == "planned"
    assert sum(row["erased_at"] is not None for row in rows) == 1
    into = [row["merged_into"] for row in rows if row["merged_into"] is not None]
    assert into == [by_title["Fights in the breaks at Granholt school"]["id"]]


async def test_a_case_row_without_events_is_named(filled, platform):
    extra = "01900000-0000-7000-8000-000000000001"
    columns = """unit, version, revision, state, case_type, theme, age_band, subject_category, purpose_code, legal_basis,
        arena, title, opened_by, case_owner, opened_at, recorded_at, updated_at, clarification_deadline,
        retention_until, retention_rule, retention_rules_version"""
    plant = f"""INSERT INTO preventive_case (id, {columns}) SELECT '{extra}', {columns} FROM preventive_case
        WHERE state = 'active' LIMIT 1"""
    async with planted(filled.root_of_case, [plant], [f"DELETE FROM preventive_case WHERE id = '{extra}'"]):
        found = wrong(await check_changes(platform.case_database))
        figures = wrong(await check_indicators(platform, settle_s=0))
    assert extra in found["case versions and their events, gapless from 1"]
    assert extra in found["cases as opened"]
    assert any("national rolling_12 counts.open:" in text for text in figures.values())


async def test_a_merger_that_no_event_tells_of_is_named_and_found_in_the_figures(filled, platform):
    case = await a_case(platform)
    into = f"(SELECT id FROM preventive_case AS o WHERE o.unit = c.unit AND o.id <> c.id AND {OPEN} LIMIT 1)"
    plant = f"UPDATE preventive_case AS c SET merged_into = {into}, merged_at = now() WHERE id = '{case}'"
    remove = [
        "ALTER TABLE preventive_case DISABLE TRIGGER unfit_merger",
        f"UPDATE preventive_case SET merged_into = NULL, merged_at = NULL WHERE id = '{case}'",
        "ALTER TABLE preventive_case ENABLE TRIGGER unfit_merger",
    ]
    async with planted(filled.root_of_case, [plant], remove):
        found = wrong(await check_changes(platform.case_database))
        figures = wrong(await check_indicators(platform, settle_s=0))
    assert list(found) == ["mergers"]
    assert case in found["mergers"]
    assert any("national rolling_12 counts.open:" in text for text in figures.values())


async def test_a_reorganisation_that_no_event_tells_of_is_named_with_its_units_and_figures(filled, platform):
    plant = [
        "UPDATE unit SET valid_to = current_date WHERE id = 'finnmark'",
        """INSERT INTO reorganisation (id, version, state, kind, effective_on, summary, from_units, ends, makes, successors,
               municipalities, proposed_by, proposed_at, updated_at, decided_by, decided_at, begun_at, done_at)
           VALUES (gen_random_uuid(), 1, 'done', 'merge', current_date, 'planted', '{oslo}', '{oslo}', '[]',
                   '{"oslo": "troms"}', '{}', 'a', now(), now(), 'b', now(), now(), now())""",
    ]
    remove = ["UPDATE unit SET valid_to = NULL WHERE id = 'finnmark'", "DELETE FROM reorganisation"]
    async with planted(filled.root_of_case, plant, remove):
        found = await check_structures(platform, settle_s=0)
    keys = {difference.key for difference in found.differences}
    assert "finnmark ends" in keys
    assert any(key.startswith("troms ") and key.endswith(" now") for key in keys)
    assert (await check_structures(platform, settle_s=20)).ok


async def test_a_tie_that_no_event_tells_of_is_named_and_found_in_the_figures(filled, platform):
    async with database(platform.indicator_database) as connection:
        goals = {
            r["unit"]: r["goal_id"] for r in await connection.fetch("SELECT unit, goal_id FROM prevention_plan_goal")
        }
    where = "state = 'active' AND prevention_goal IS NULL AND merged_into IS NULL AND unit <> 'finnmark'"
    case = await a_case(platform, where)
    async with database(platform.case_database) as connection:
        unit = await connection.fetchval("SELECT unit FROM preventive_case WHERE id = $1", UUID(case))
    plant = f"UPDATE preventive_case SET prevention_goal = '{goals[unit]}' WHERE id = '{case}'"
    remove = f"UPDATE preventive_case SET prevention_goal = NULL WHERE id = '{case}'"
    async with planted(filled.root_of_case, [plant], [remove]):
        found = wrong(await check_changes(platform.case_database))
        figures = wrong(await check_indicators(platform, settle_s=0))
    assert list(found) == ["goals that cases are tied to"]
    assert case in found["goals that cases are tied to"]
    assert any(f"{unit} rolling_12 19.numerator:" in text for text in figures.values())


async def test_a_measure_row_without_an_event_is_named(filled, platform):
    extra, case = "01900000-0000-7000-8000-000000000002", await a_case(platform)
    plant = f"""INSERT INTO measure (id, case_id, round, kind, arena, state, due_on, planned_by, planned_at)
        VALUES ('{extra}', '{case}', 1, 'home_visit', 'physical', 'planned', '2026-12-01', 'officer-oslo', now())"""
    async with planted(filled.root_of_case, [plant], [f"DELETE FROM measure WHERE id = '{extra}'"]):
        found = wrong(await check_changes(platform.case_database))
    assert list(found) == ["measures"]
    assert extra in found["measures"]


@pytest.mark.parametrize(
    ("table", "key", "column", "planted_value", "named"),
    [
        ("preventive_case", "id", "opened_at", "opened_at - interval '20 days'", "5.numerator"),
        ("plan_goal", "case_id, round, position", "measurable", "NOT measurable", "7.numerator"),
        ("evaluation", "case_id, round", "effect", "'harm'", "11.effect_harm"),
        ("measure", "id", "mandatory_steps_met", "NOT mandatory_steps_met", "12.numerator"),
        ("preventive_case", "id", "age_band", "CASE WHEN age_band = '15_17' THEN '18_24' ELSE age_band END", "14.den"),
        ("measure", "id", "arena", "CASE arena WHEN 'digital' THEN 'physical' ELSE 'digital' END", "17.numerator"),
        ("preventive_case", "id", "reopened_at", "now()", "6.denominator"),
        ("measure", "id", "due_on", "due_on - 400", "8.denominator"),
        ("follow_up", "id", "due_on, state, held_at, held_by, notes", NOT_HELD, "9.numerator"),
        ("preventive_case", "id", "state, held_from, hold_reason, held_on", ON_HOLD, "9.denominator"),
        ("partner", "id", "kind", "CASE kind WHEN 'school' THEN 'health' ELSE 'school' END", "13.partner_school"),
        ("partner", "id", "removed_at", "added_at", "13.numerator"),
        ("information", "id", "clarification_deadline", "clarification_deadline + 400", "21.numerator"),
    ],
)
async def test_what_an_indicator_counts_is_recounted_from_the_tables(  # noqa: PLR0917  the parts of a plant
    filled, platform, monkeypatch, table, key, column, planted_value, named
):
    # Some of them change more figures than a report shows.
    monkeypatch.setattr("forkant_devstack.verify.report.SHOWN", 10_000)
    plant = [
        f"CREATE TABLE kept AS SELECT {key}, {column} FROM {table}",
        f"UPDATE {table} SET ({column}) = ROW({planted_value})",
    ]
    same = " AND ".join(f"t.{part} = kept.{part}" for part in key.split(", "))
    before = ", ".join(f"kept.{name}" for name in column.split(", "))
    remove = [f"UPDATE {table} AS t SET ({column}) = ROW({before}) FROM kept WHERE {same}", "DROP TABLE kept"]
    async with planted(filled.root_of_case, plant, remove):
        figures = wrong(await check_indicators(platform, settle_s=0))
    assert any(f"national rolling_12 {named}" in text for text in figures.values())


@pytest.mark.parametrize(
    ("change", "undo", "named"),
    [
        ("unit = 'finnmark'", "unit = 'oslo'", "units that hold the cases"),
        ("theme = 'other'", "theme = 'drugs'", "cases as opened"),
        ("version = version + 1", "version = version - 1", "case versions and their events, gapless from 1"),
    ],
)
async def test_a_case_row_changed_behind_the_platform_is_named(filled, platform, change, undo, named):
    case = await a_case(platform, "unit = 'oslo' AND theme = 'drugs' AND state = 'active'")
    update = f"UPDATE preventive_case SET {{}} WHERE id = '{case}'"
    async with planted(filled.root_of_case, [update.format(change)], [update.format(undo)]):
        found = wrong(await check_changes(platform.case_database))
    assert case in found[named]


async def test_a_missing_event_is_named_in_the_archive_and_against_the_topic(filled, platform):
    case = await a_case(platform)
    taken = f"""DELETE FROM event_archive WHERE aggregate_id = '{case}' AND type = 'no.forkant.case.planned.v1'
        RETURNING *"""
    plant = ["CREATE TABLE taken (LIKE event_archive)", f"WITH t AS ({taken}) INSERT INTO taken SELECT * FROM t"]
    remove = ["INSERT INTO event_archive SELECT * FROM taken", "DROP TABLE taken"]
    async with planted(filled.root_of_case, plant, remove):
        found = wrong(await check_changes(platform.case_database))
        topics = wrong(await check_topics(platform))
    assert case in found["case versions and their events, gapless from 1"]
    assert case in found["plans and their approval"]
    assert case in topics["records on Kafka that the archive knows"]


async def test_a_change_without_its_audit_entry_is_named(filled, platform):
    case = await a_case(platform)
    async with database(platform.case_database) as connection:
        months = await connection.fetch(
            "SELECT inhrelid::regclass AS name FROM pg_inherits WHERE inhparent = 'audit_entry'::regclass"
        )
    tables = ["audit_entry", *(row["name"] for row in months)]
    free = [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables]
    bound = [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables]
    taken = f"DELETE FROM audit_entry WHERE '{case}' = ANY(object_ids) AND action = 'case.open' RETURNING *"
    plant = ["CREATE TABLE taken (LIKE audit_entry)", *free, f"WITH t AS ({taken}) INSERT INTO taken SELECT * FROM t"]
    remove = ["INSERT INTO audit_entry OVERRIDING SYSTEM VALUE SELECT * FROM taken", "DROP TABLE taken", *bound]
    async with planted(filled.root_of_case, plant, remove):
        found = wrong(await check_changes(platform.case_database))
        [chain, *others] = await check_trails(platform.trails)
    assert list(found) == ["changes and their audit rows"]
    # Opening a case gives its first task too, which takes the second version.
    assert f"{case} version 2:" in found["changes and their audit rows"]
    assert [difference.found for difference in chain.differences] == ["deleted: the link has no entry"]
    assert all(other.ok for other in others)
    assert wrong(await check_trails(platform.trails)) == {}


async def test_a_changed_entry_of_any_trail_is_named_with_its_service_and_its_position(filled, platform, monkeypatch):
    monkeypatch.setattr("forkant_devstack.verify.platform.running_platform", lambda: platform)
    app = typer.Typer()
    app.command()(cli_verify)
    url = filled.root_of_indicator
    async with database(url) as connection:
        months = await connection.fetch(
            "SELECT inhrelid::regclass AS name FROM pg_inherits WHERE inhparent = 'audit_entry'::regclass"
        )
    tables = ["audit_entry", *(row["name"] for row in months)]
    free = [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables]
    bound = [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables]
    change = """UPDATE audit_entry SET xid = xid {} 1
        WHERE (at, seq) = (SELECT at, seq FROM audit_link WHERE position = 1)"""
    async with planted(url, [*free, change.format("+")], [change.format("-"), *bound]):
        answer = await asyncio.to_thread(CliRunner().invoke, app, ["--json"])
    found = {check["name"]: check["differences"] for check in json.loads(answer.stdout)["checks"] if not check["ok"]}
    assert answer.exit_code == 1
    [(name, [difference])] = found.items()
    assert name.startswith("audit chain of indicator")
    assert difference["key"] == "audit trail of indicator, position 1"
    assert difference["found"].startswith("changed: ")


async def test_a_wrong_cell_is_named_with_both_figures(filled, platform):
    which = """WHERE district = 'oslo' AND metric = 'opened' AND month = (
        SELECT max(month) FROM district_cell WHERE district = 'oslo' AND metric = 'opened')"""
    plant, remove = (f"UPDATE district_cell SET amount = amount {sign} 1 {which}" for sign in "+-")
    async with planted(filled.root_of_indicator, [plant], [remove]):
        found = wrong(await check_indicators(platform, settle_s=0))
    assert len(found) == 3
    for name in ("counts.opened", "1.numerator"):
        assert any(f"oslo rolling_12 {name}: the indicator service says" in text for text in found.values())
    assert any(text.startswith("oslo opened") for text in found.values())


async def test_a_wrong_count_by_method_is_named_with_its_unit_and_category(filled, platform):
    which = """WHERE dimension = 'method' AND metric = 'measures' AND (generation, district, month, unit, category) = (
        SELECT generation, district, month, unit, category FROM measure_cell
        WHERE dimension = 'method' AND metric = 'measures' AND amount > 0 ORDER BY 3 DESC, 2, 4, 5 LIMIT 1)"""
    plant, remove = (f"UPDATE measure_cell SET amount = amount {sign} 1 {which}" for sign in "+-")
    async with planted(filled.root_of_indicator, [plant], [remove]):
        found = wrong(await check_indicators(platform, settle_s=0))
    [(name, said)] = found.items()
    assert name.startswith("indicators of measures by method")
    assert " 17 by method, " in said


async def test_people_may_go_on_working_while_it_is_verified(filled, platform):
    working = asyncio.create_task(
        run(
            cases=0,
            stories=False,
            seed=7,
            case_url=filled.case_url,
            issuer_url=platform.issuer_url,
            live_speed=25,
            live_commands=120,
        )
    )
    during = await verify(platform)
    await working
    after = await verify(platform)
    assert (wrong(during.checks), wrong(after.checks)) == ({}, {})


async def test_a_consumer_that_is_behind_and_a_parked_event_are_named(filled, platform):
    plant = [
        """INSERT INTO consumer_offset (consumer_group, topic, partition, next_offset, end_offset)
        VALUES ('late-reader', 'forkant.case.v1', 0, 1, 1)""",
        """INSERT INTO parked_event (consumer_group, topic, partition, record_offset, reason, detail, headers)
        VALUES ('late-reader', 'forkant.case.v1', 0, 0, 'malformed', 'attribute id is missing', '{}')""",
    ]
    remove = [
        f"DELETE FROM {table} WHERE consumer_group = 'late-reader'" for table in ("consumer_offset", "parked_event")
    ]
    async with planted(filled.root_of_indicator, plant, remove):
        found = wrong([await check_caught_up(platform, deadline_s=0), await check_parked(platform)])
    assert "late-reader at forkant.case.v1-3: offset 0" in found["outboxes published and consumers at the end"]
    assert "offset 0: parked (malformed): attribute id is missing" in found["no event parked"]


async def test_the_command_prints_its_checks_and_fails_when_one_differs(filled, platform, monkeypatch):
    monkeypatch.setattr("forkant_devstack.verify.platform.running_platform", lambda: platform)
    app = typer.Typer()
    app.command()(cli_verify)
    fine = await asyncio.to_thread(CliRunner().invoke, app, ["--json"])
    assert (fine.exit_code, json.loads(fine.stdout)["ok"]) == (0, True)
    case = await a_case(platform)
    update = f"UPDATE preventive_case SET version = version {{}} 1 WHERE id = '{case}'"
    async with planted(filled.root_of_case, [update.format("+")], [update.format("-")]):
        differing = await asyncio.to_thread(CliRunner().invoke, app, [])
    assert differing.exit_code == 1
    assert "✗ differs" in differing.stdout
    assert case in differing.stdout


async def test_a_foreign_record_on_a_topic_is_named(platform):
    # The last of this file: what is on a topic stays there.
    producer = AIOKafkaProducer(bootstrap_servers=platform.kafka_bootstrap)
    await producer.start()
    try:
        await producer.send_and_wait(CASE_TOPIC, b"not an event", partition=0)
    finally:
        await producer.stop()
    found = wrong(await check_topics(platform))
    assert f"{CASE_TOPIC}-0 offset" in found["records on Kafka that the archive knows"]
    assert "a record that is not an event" in found["records on Kafka that the archive knows"]
