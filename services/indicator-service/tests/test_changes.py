"""Why a figure changed over HTTP: sums by type for who sees the figure, cases for who sees them, and nothing besides."""

from datetime import UTC, datetime, timedelta

import pytest
from forkant_kit.db import create_engine, transaction
from forkant_kit.migrations import migrate
from indicator_service import journal
from indicator_service.aggregation.fold import fold, streams_of
from indicator_service.aggregation.snapshot import Reader
from indicator_service.api import changes_reading
from indicator_service.audit_names import name_of
from indicator_service.migrate import MIGRATIONS
from indicator_service.row_security import looking_behind
from indicator_service.store import save_cases
from sqlalchemy import text

DAY = timedelta(days=1)
NOW = datetime.now(UTC).replace(microsecond=0)
SINCE = NOW - 3 * DAY


@pytest.fixture
def happen(engine, project):
    """Project events and keep them in the journal, as the worker's two readers do."""

    async def apply_all(*events):
        await project(*events)
        async with transaction(engine) as conn:
            await journal.keep(conn, events)

    return apply_all


@pytest.fixture
def ask(client, as_persona):
    async def get(number, persona="lead-oslo", status=200, **params):
        params = {"unit": "oslo", "since": SINCE.isoformat(), **params}
        answer = await client.get(f"/v1/indicators/{number}/changes", params=params, headers=as_persona(persona))
        assert answer.status_code == status, answer.text
        return answer.json()

    return get


@pytest.fixture
async def world(happen, new_case, new_concern):
    """Close four cases before the moment, of which one is reopened after it, and three after; one goes to Troms."""
    found = []
    for n in range(8):
        case = new_case(unit="oslo", at=NOW - 30 * DAY)
        case.opened()
        if n < 4:
            case.closed(evaluated=n % 2 == 0, after=20 * DAY)
        if n == 0:
            case.reopened(after=8 * DAY)
        if 4 <= n < 7:
            case.closed(evaluated=n != 5, after=28 * DAY)
        if n == 2:
            case.transferred("troms", after=9 * DAY)
        found.append(case)
        await happen(*case.events)
    concern = new_concern(unit="oslo", at=NOW - 10 * DAY)
    concern.received()
    concern.decided(after=9 * DAY)
    await happen(*concern.events)
    return found


@pytest.fixture
def shown(client, as_persona):
    async def get():
        metrics = await client.get("/v1/districts/oslo/metrics", headers=as_persona("lead-oslo"))
        [figures] = [each for each in metrics.json()["indicators"] if each["number"] == 10]
        return figures["numerator"]["value"], figures["denominator"]["value"]

    return get


def counts(found):
    return (found["numerator"], found["denominator"])


async def test_the_sums_say_what_moved_the_figure(ask, world):
    found = await ask(10)
    assert counts(found["total"]) == (0, 1)
    by_type = {each["type"].split(".")[3]: (each["events"], *counts(each)) for each in found["by_type"]}
    assert by_type == {"closed": (3, 2, 3), "reopened": (1, -1, -1), "transferred": (1, -1, -1)}
    assert [each["recorded_at"] for each in found["events"]] == sorted(each["recorded_at"] for each in found["events"])
    assert {each["object_id"] for each in found["events"]} == {str(world[n].id) for n in (0, 2, 4, 5, 6)}
    assert found["not_kept"] == 0
    troms = await ask(10, "pod-analyst", unit="troms")
    assert (counts(troms["total"]), len(troms["events"])) == ((1, 1), 1)


async def test_the_total_is_what_the_figure_shows_more(ask, happen, world, new_case, shown):
    before, moment = await shown(), NOW - timedelta(hours=1)
    for evaluated in (True, False, False):
        case = new_case(unit="oslo", at=NOW - timedelta(minutes=30))
        case.opened()
        case.closed(evaluated=evaluated, after=timedelta(minutes=1))
        await happen(*case.events)
    after = await shown()
    found = await ask(10, since=moment.isoformat())
    assert counts(found["total"]) == (after[0] - before[0], after[1] - before[1]) == (1, 3)


async def test_concerns_move_figures_too(ask, world):
    found = await ask(2)
    assert [(each["kind"], each["denominator"]) for each in found["events"]] == [("concern", 1)]


async def test_cases_that_the_caller_may_not_see_are_in_the_sums_alone(ask, world, case_service, engine):
    case_service.hidden = {world[0].id, world[4].id}
    found = await ask(10)
    assert counts(found["total"]) == (0, 1)
    shown = {each["object_id"] for each in found["events"]}
    assert shown == {str(world[n].id) for n in (2, 5, 6)}
    assert str(world[0].id) not in str(found)
    async with engine.connect() as conn:
        rows = await conn.execute(text("SELECT object_ids FROM audit_entry WHERE action = 'figures.read_cases'"))
        [ids] = rows.scalars()
    assert {str(each) for each in ids if name_of(each) is None} == shown


async def test_nothing_is_shown_while_nobody_says_what_may_be(ask, world, case_service):
    case_service.status = 500
    assert (await ask(10, status=503))["code"] == "case-service-unavailable"


async def test_of_an_erased_case_nothing_is_kept_and_that_is_said(ask, happen, world, engine):
    await happen(world[5].erased())
    found = await ask(10)
    assert (found["not_kept"], counts(found["total"])) == (1, (0, 0))
    async with engine.connect() as conn:
        kept = await conn.execute(text("SELECT type FROM event_journal WHERE aggregate_id = :id"), {"id": world[5].id})
        assert kept.scalars().all() == ["no.forkant.case.erased.v1"]


async def test_what_comes_twice_is_kept_once(ask, happen, world, engine):
    async with transaction(engine) as conn:
        await journal.keep(conn, world[4].events)
    assert counts((await ask(10))["total"]) == (0, 1)


async def test_too_many_at_once_are_refused(ask, world, monkeypatch):
    monkeypatch.setattr(changes_reading, "MOST", 4)
    refused = await ask(10, status=422)
    assert (refused["code"], refused["most"]) == ("too-many-changes", 4)


async def test_who_sees_no_exact_figures_is_told_nothing(ask, world, case_service):
    for persona, params in (("lead-oslo", {"unit": "troms"}), ("officer-troms", {}), ("auditor", {})):
        assert (await ask(10, persona, 403, **params))["code"] == "cases-not-shown"
    assert case_service.asked == []


@pytest.mark.parametrize(
    "asked",
    [
        (18, {}, 422, "no-cases-behind"),
        (10, {"unit": "national"}, 404, "unknown-unit"),
        (10, {"unit": "atlantis"}, 404, "unknown-unit"),
        (10, {"period": "soon"}, 400, "invalid-period"),
        (10, {"since": "2020-01-01T00:00:00Z"}, 422, "not-kept"),
        (10, {"until": (SINCE - DAY).isoformat()}, 422, "no-time-between"),
        (10, {"since": "yesterday"}, 422, "invalid-request"),
        (99, {}, 404, "unknown-indicator"),
    ],
)
async def test_what_there_is_not_is_a_problem(ask, world, asked):
    number, params, status, code = asked
    assert (await ask(number, "pod-analyst", status, **params))["code"] == code


async def test_before_anything_is_kept_nothing_is_told(ask):
    assert (await ask(10, status=422))["code"] == "not-kept"


async def test_cases_of_before_the_journal_go_on_from_what_was_known_of_them(postgres, new_case):
    urls = await postgres.create_database("indicator")
    await migrate(owner_url=urls.owner_url, script_location=MIGRATIONS, revision="0014")
    engine = create_engine(urls.worker_url, application_name="test", pool_size=1)
    case = new_case(unit="oslo", at=NOW - 30 * DAY)
    case.opened()
    case.assessed(after=DAY)
    async with transaction(engine) as conn:
        known = fold(streams_of(case.events), cases={}, concerns={})
        await save_cases(conn, known.cases, generation=1)
        await conn.execute(text("INSERT INTO aggregate_version VALUES ('indicator-service', :id, 2)"), {"id": case.id})
    await migrate(owner_url=urls.owner_url, script_location=MIGRATIONS)
    later = datetime.now(UTC) + timedelta(seconds=1)
    case.closed(after=later - case.at)
    async with transaction(engine) as conn:
        gate = await conn.execute(
            text("SELECT version FROM aggregate_version WHERE consumer_group = :group"), {"group": journal.GROUP}
        )
        assert gate.scalars().all() == [2], "so that no event of before is missed or comes twice"
        await journal.keep(conn, case.events[2:])
    await engine.dispose()
    engine = create_engine(urls.app_url, application_name="test", pool_size=1)
    stance = looking_behind(Reader(unit="oslo"), unit="oslo")
    async with transaction(engine, stance) as conn:
        since = await journal.kept_since(conn)
        [found] = await journal.histories(
            conn, district="oslo", since=since, until=later + DAY, concerns=False, most=10
        )
    await engine.dispose()
    assert found.whole
    assert found.base.assessed_at == case.events[1].occurred_at
    assert [event.id for event in found.events] == [case.events[2].id]
