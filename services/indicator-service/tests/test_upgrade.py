"""A database of before an indicator was counted gets its figures from the facts that are there: once, and at once."""

import asyncio
import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import partial
from importlib import import_module

import asyncpg
import pytest
import pytest_asyncio
from forkant_contracts.codes import AgeBand, Arena, Effect, PartnerKind
from forkant_contracts.units import CASE_UNITS
from forkant_devstack.native.ports import free_ports
from forkant_devstack.testing.single import publish, running_process
from forkant_kit.db import create_engine, transaction
from forkant_kit.migrations import migrate
from forkant_kit.testing import until
from indicator_service.definitions import Metric
from indicator_service.migrate import MIGRATIONS
from indicator_service.projector import apply, applying
from indicator_service.store import load_cases
from indicator_service.upgrade import count_what_is_new
from sqlalchemy import text

BEFORE = "0005"
FIRST = {
    "opened", "ended", "closed", "closed_evaluated", "first_measure_days", "not_started", "ended_without_measure",
    "concerns_received", "concerns_decided", "became_case", "decision_hours",
}  # fmt: skip
MIGRATED = [
    import_module(f"indicator_service.migrations.versions.{name}")
    for name in ("0006_uncounted_metrics", "0010_what_depends_on_the_day")
]
NEW = {metric for migration in MIGRATED for metric in migration.METRICS}
UNKNOWN = {*MIGRATED[-1].UNKNOWN}
OF_GOALS = {"active_tied"}
"""In no cell: worked out from the cells of goals, in which no case of before counts, since none was tied."""
DAY = timedelta(days=1)
COLUMNS = "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped"
CELLS = """
SELECT district, metric, month, unit, case_type, theme, age_band, bucket, amount FROM cell WHERE amount <> 0
UNION ALL SELECT district, metric, month, '', '', '', '', bucket, amount FROM district_cell WHERE amount <> 0
UNION ALL SELECT district, metric, month, unit, dimension, category, '', bucket, amount FROM measure_cell
WHERE amount <> 0
"""
BY_DAY = "SELECT district, metric, day, amount FROM district_day WHERE amount <> 0"
KEPT_SINCE = {"course", "information", "scheduled_on", "added_on", "removed_on"}


@pytest_asyncio.fixture
async def database(postgres):
    """Give a database of the release before."""
    urls = await postgres.create_database("indicator")
    await migrate(owner_url=urls.owner_url, script_location=MIGRATIONS, revision=BEFORE)
    return urls


async def cells_in(engine):
    async with engine.connect() as conn:
        rows = [*await conn.execute(text(CELLS)), *await conn.execute(text(BY_DAY))]
    return Counter({tuple(row[:-1]): row[-1] for row in rows})


@pytest.fixture
def cells(engine):
    return partial(cells_in, engine)


@pytest.fixture
def of_before(new_case):
    """Make cases of two districts with everything in them that is newly counted."""
    made = []
    for number in range(7):
        case = new_case(unit=("oslo", "troms/gde-tromso")[number % 2], at=datetime.now(UTC) - 90 * DAY)
        case.opened(age_band=AgeBand.UNDER_15 if number % 3 else AgeBand.FROM_25)
        for kind in [*PartnerKind][number::6]:
            case.partner_added(kind)
        case.assessed(child_view=number % 2 == 0, after=number * 4 * DAY)
        case.planned(with_baseline=number % 2, after=DAY)
        case.plan_approved(after=DAY)
        case.follow_up_scheduled(due_on=case.at.date() + 20 * DAY)
        case.information_registered(case.at.date() + 3 * DAY)
        digital = case.measure_planned(arena=Arena.DIGITAL, version=1)
        case.measure_planned()
        case.measure_completed(digital, met=number % 2 == 0, after=DAY)
        case.evaluated(effect=list(Effect)[number % 5], after=DAY)
        made.append(case)
    made[-1].erased(after=DAY)
    return made


async def carried_over(source, target, table):
    """Copy a table's rows into the same of the release before, without what that release did not have."""
    have = {row["attname"] for row in await target.fetch(COLUMNS, table)}
    columns, places = ", ".join(sorted(have)), ", ".join(f"${n}" for n in range(1, len(have) + 1))
    rows = await source.fetch(f"SELECT {columns} FROM {table}")
    await target.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", rows)


@pytest_asyncio.fixture
async def expected(postgres, database, of_before):
    """Give the cells that the events make in a database that was new with this release, and the database of before."""
    now = await postgres.migrated_database("indicator_now", MIGRATIONS)
    engine = create_engine(now.worker_url, application_name="test", pool_size=1)
    async with transaction(engine) as conn:
        await apply(conn, [event for case in of_before for event in case.events])
    found = await cells_in(engine)
    await engine.dispose()
    source, target = await asyncpg.connect(now.worker_url), await asyncpg.connect(database.worker_url)
    for table in ("case_fact", "cell", "district_cell"):
        await carried_over(source, target, table)
    await asyncio.gather(source.close(), target.close())
    return Counter({key: n for key, n in found.items() if key[1] not in UNKNOWN})


@pytest_asyncio.fixture
async def upgraded(database, cells, expected):
    """Give the cells that there are to be, of a database that was filled by the release before and then migrated."""
    before = await asyncpg.connect(database.worker_url)
    for row in await before.fetch("SELECT case_id, fact::text AS fact FROM case_fact"):
        kept = json.dumps(without(json.loads(row["fact"])))
        await before.execute("UPDATE case_fact SET fact = $1::jsonb WHERE case_id = $2", kept, row["case_id"])
    for table in ("cell", "district_cell"):
        await before.execute(f"DELETE FROM {table} WHERE metric <> ALL($1)", [*FIRST])
    await before.close()
    assert {key[1] for key in expected} - FIRST == {*NEW}
    await migrate(owner_url=database.owner_url, script_location=MIGRATIONS)
    assert {key[1] for key in await cells()} == {key[1] for key in expected} & FIRST
    return expected


def without(document):
    """Return a fact as the release before would have written it."""
    if isinstance(document, dict):
        return {name: without(value) for name, value in document.items() if name not in KEPT_SINCE}
    return document


async def indicators(client, as_persona, unit="oslo"):
    answer = await client.get(f"/v1/districts/{unit}/metrics", headers=as_persona("pod-analyst"))
    return {item["number"]: item for item in answer.json()["indicators"]}


async def test_the_facts_of_before_are_counted_in_batches_as_their_events_would_be(upgraded, engine, cells):
    await count_what_is_new(engine, batch=2)
    assert await cells() == upgraded


async def test_what_was_counted_is_not_counted_again(upgraded, engine, cells, new_case):
    await asyncio.gather(*(count_what_is_new(engine) for _ in range(3)))
    await count_what_is_new(engine)
    assert await cells() == upgraded


async def test_readers_are_told_until_it_is_done_and_never_see_half(upgraded, engine, client, as_persona):
    async with asyncio.timeout(20), engine.connect() as holder:
        held = await holder.begin()
        # What it does last waits for this, when all of its cells are written.
        await holder.execute(text("SELECT pg_advisory_xact_lock(hashtext('metric_change'))"))
        counting = asyncio.create_task(count_what_is_new(engine, batch=2))
        waits = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")

        async def at_the_end() -> bool:
            async with engine.connect() as conn:
                return bool((await conn.execute(waits)).scalar_one())

        await until(at_the_end, what="the counting to come to its end")
        found = await indicators(client, as_persona)
        assert {number for number, item in found.items() if not item["counted"]} == {
            5, 6, 7, 8, 9, 11, 12, 13, 14, 17, 19, 21,
        }  # fmt: skip
        assert found[12]["denominator"] == found[5]["value"] == {"value": None, "suppressed": False}
        assert found[10]["denominator"]["value"] is not None
        await held.rollback()
        await counting
    found = await indicators(client, as_persona)
    assert {number for number, item in found.items() if not item["counted"]} == {21}
    assert found[12]["denominator"]["value"] == found[17]["numerator"]["value"] == 3


async def test_a_stream_that_was_told_so_is_sent_the_figures(upgraded, engine, api, client):
    hub = api.state.dependencies.hub
    await asyncio.wait_for(hub.ready.wait(), 10)
    assert '"counted":false' in hub.document(("agder", True))
    told = hub.sequence
    await count_what_is_new(engine)
    # Whoever comes back to a stream is sent the units that changed since.
    assert {*CASE_UNITS} <= (await hub.changed_since(told) or set())

    async def shown() -> bool:
        return all(hub.document((unit, True)).count('"counted":false') == 1 for unit in ("oslo", "agder", "national"))

    await until(shown, what="the figures of every unit, also of one without cases")


async def test_a_new_database_has_nothing_left_to_count(postgres):
    urls = await postgres.migrated_database("indicator", MIGRATIONS)
    engine = create_engine(urls.worker_url, application_name="test", pool_size=1)
    async with engine.connect() as conn:
        assert (await conn.execute(text("SELECT count(*) FROM uncounted_metric"))).scalar_one() == 0
    await engine.dispose()


@pytest.fixture
def environment(database, issuer, kafka):
    http, port = free_ports(2)
    return {
        "FORKANT_ENV": "test",
        "FORKANT_DATABASE_URL": database.worker_url,
        "FORKANT_OIDC_ISSUER": issuer.url,
        "FORKANT_KAFKA_BOOTSTRAP": kafka.bootstrap,
        "FORKANT_HTTP_PORT": str(http),
        "FORKANT_WORKER_PORT": str(port),
    }


@pytest.mark.kafka
async def test_the_worker_counts_before_it_reads_on(  # noqa: PLR0917  each a fixture
    upgraded, environment, engine, cells, of_before, tmp_path
):
    case = of_before[1]
    case.measure_planned(arena=Arena.DIGITAL, after=DAY)
    await publish(environment["FORKANT_KAFKA_BOOTSTRAP"], *case.events)

    async def projected() -> bool:
        async with engine.connect() as conn:
            return (await load_cases(conn, [case.id], generation=1))[case.id].version == len(case.events)

    async with running_process(
        "indicator_service.worker", environment=environment, port="FORKANT_WORKER_PORT", folder=tmp_path
    ):
        await until(projected, what="the new event to be projected")
    more = await cells()
    more.subtract(upgraded)
    # The broker also holds cases of other tests, but none of this station.
    planned = {"measures", "digital_measures"}
    found = {key[1]: n for key, n in more.items() if n and case.unit in key and key[1] in planned}
    assert found == dict.fromkeys(planned, 1)


def test_every_metric_is_of_the_first_release_or_named_by_a_migration():
    assert {metric.value for metric in Metric} == FIRST | NEW | UNKNOWN | OF_GOALS
    assert not FIRST & (NEW | UNKNOWN)


async def test_what_no_fact_of_before_tells_of_has_no_figure_until_the_figures_are_made_from_the_events(
    upgraded, engine, client, as_persona, of_before
):
    await count_what_is_new(engine)
    of_before[0].information_registered(date(2027, 1, 1))
    async with transaction(engine) as conn:
        await apply(conn, of_before[0].events)
    assert (await indicators(client, as_persona))[21]["denominator"] == {"value": None, "suppressed": False}
    async with transaction(engine) as conn:
        await conn.execute(text("UPDATE generation SET state = 'kept'"))
        await conn.execute(text("INSERT INTO generation (number, state, begun_by) VALUES (2, 'live', 'test')"))
        await applying(2)(conn, [event for case in of_before for event in case.events])
    found = await indicators(client, as_persona)
    assert all(item["counted"] for item in found.values())
    assert (found[21]["numerator"]["value"], found[21]["denominator"]["value"]) == (3, 4)
