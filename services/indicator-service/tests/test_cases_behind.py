"""The cases behind a figure: they add up to it, and are shown to those alone who may see both."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
from forkant_contracts.codes import AgeBand, Arena, Effect, PartnerKind
from indicator_service.api import cases_reading
from indicator_service.audit_names import name_of
from sqlalchemy import text

DAY = timedelta(days=1)
GOAL, ENDED = UUID(int=19), UUID(int=20)
PLAN = """
WITH p AS (INSERT INTO prevention_plan (id, unit) VALUES (gen_random_uuid(), 'oslo') RETURNING *), v AS (
    INSERT INTO prevention_plan_version (plan_id, plan_number, unit, number, state, wanted_from, wanted_until, first_day,
        last_day, written_by, written_at, submitted_by, submitted_at, approved_by, approved_at)
    SELECT id, number, unit, 1, 'approved', current_date - 400, current_date + 9, current_date - 400, current_date + 9,
           'lead-oslo', now(), 'lead-oslo', now(), 'pod-analyst', now() FROM p RETURNING *
), g AS (INSERT INTO prevention_goal (id, plan_id, unit, indicator) SELECT $1, id, unit, 10 FROM p RETURNING *)
INSERT INTO prevention_plan_goal (plan_id, number, unit, position, goal_id) SELECT plan_id, 1, unit, 1, id FROM g
"""


@pytest.fixture
def ask(client, as_persona):
    async def get(number, persona="lead-oslo", status=200, **params):
        params = {"unit": "oslo", **params}
        answer = await client.get(f"/v1/indicators/{number}/cases", params=params, headers=as_persona(persona))
        assert answer.status_code == status, answer.text
        return answer.json()

    return get


@pytest.fixture
def shown(client, as_persona):
    async def get(number, period):
        params = {"period": period}
        metrics = await client.get("/v1/districts/oslo/metrics", params=params, headers=as_persona("lead-oslo"))
        [figures] = [each for each in metrics.json()["indicators"] if each["number"] == number]
        return figures

    return get


@pytest.fixture
def entries(engine):
    async def get():
        asked = "SELECT object_kind, object_ids FROM audit_entry WHERE action = 'figures.read_cases' ORDER BY seq"
        async with engine.connect() as conn:
            return (await conn.execute(text(asked))).all()

    return get


async def pages(ask, number, persona="lead-oslo", **params):
    found, cursor = [], {}
    while True:
        page = await ask(number, persona, **params, **cursor)
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = {"cursor": page["next"]}


@pytest.fixture
async def plan(database):
    """Have a plan in force in Oslo, with one goal."""
    owner = await asyncpg.connect(database.owner_url)
    async with owner.transaction():
        await owner.execute("SET LOCAL forkant.system = 'on'")
        await owner.execute(PLAN, GOAL)
    await owner.close()


@pytest.fixture
async def world(project, new_case, new_concern, plan):
    """Fill Oslo with cases of every kind of turn, some in Troms, one that moved there, one erased, and concerns."""
    found = {}
    now = datetime.now(UTC)
    for n in range(14):
        case = new_case(
            unit="troms" if n == 13 else "oslo/gde-sentrum" if n % 5 == 4 else "oslo", at=now - (20 + 9 * n) * DAY
        )
        case.opened(age_band=list(AgeBand)[n % 4], goal=[GOAL, ENDED, None][n % 3])
        case.assessed(child_view=n % 2 == 0, after=(n + 3) * DAY)
        case.planned(with_baseline=n % 2)
        if n % 3:
            case.plan_approved()
        item = case.follow_up_scheduled((case.at + 2 * DAY).date())
        case.partner_added(list(PartnerKind)[n % 3])
        case.partner_added(PartnerKind.SCHOOL)
        case.information_registered((case.at + 5 * DAY).date())
        for part in range(n % 3):
            planned = case.measure_planned(
                arena=Arena.DIGITAL if part else Arena.PHYSICAL, version=1, due_on=(case.at + 4 * DAY).date()
            )
            case.measure_completed(planned, met=bool(n % 2), after=DAY)
        if n % 4 == 1:
            case.follow_up_held(item, after=timedelta(hours=1))
            case.evaluated(effect=list(Effect)[n % 5])
            case.closed(evaluated=True)
        if n == 2:
            case.transferred("troms")
        if n == 6:
            case.held()
        await project(*case.events)
        if n == 3:
            await project(case.erased())
        found[n] = case.id
    for n in range(6):
        concern = new_concern(unit="oslo", at=now - (3 + n) * DAY)
        concern.received()
        if n % 2:
            concern.decided(after=timedelta(hours=n))
        await project(*concern.events)
    return found


@pytest.mark.parametrize("period", ["rolling_12", "month_before"])
@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 17, 19, 21])
async def test_what_is_behind_a_figure_adds_up_to_it(ask, world, shown, number, period):
    if period == "month_before":
        period = f"{datetime.now(UTC).replace(day=1) - DAY:%Y-%m}"
    figures = await shown(number, period)
    items = await pages(ask, number, period=period, limit=3)
    ids = [each["id"] for each in items]
    assert sorted(ids) == ids
    assert len(set(ids)) == len(ids)
    assert {each["kind"] for each in items} <= {"concern" if number in {2, 3} else "case"}
    for part in ("numerator", "denominator"):
        if (
            figures[part] is not None
            and figures[part]["value"] is not None
            and not (number == 1 and part == "denominator")
        ):
            assert sum(each[part] for each in items) == figures[part]["value"], part
    for name, figure in figures["extra"].items():
        assert sum(each["extra"][name] for each in items) == figure["value"], name
    assert str(world[13]) not in ids
    assert str(world[3]) not in ids
    assert all(each["numerator"] or each["denominator"] or any(each["extra"].values()) for each in items)


async def test_a_case_that_the_caller_may_not_see_is_left_out(ask, world, case_service):
    every = {each["id"] for each in await pages(ask, 9)}
    case_service.hidden = {world[0], world[4]}
    assert {each["id"] for each in await pages(ask, 9)} == every - {str(world[0]), str(world[4])}
    path, authorization, question = case_service.asked[-1]
    assert path == "/v1/visibility"
    assert authorization.startswith("Bearer ")
    assert set(question["cases"]) == every


async def test_who_sees_no_exact_figures_is_shown_no_cases_and_nobody_is_asked(ask, world, case_service):
    for persona, params in (("lead-oslo", {"unit": "troms"}), ("officer-troms", {}), ("auditor", {})):
        assert (await ask(10, persona, 403, **params))["code"] == "cases-not-shown"
    assert case_service.asked == []
    case_service.status = 403
    assert (await ask(10, "pod-analyst"))["items"] == []


@pytest.mark.parametrize("status", [500, 302, 401])
async def test_nothing_is_shown_while_nobody_says_what_may_be(ask, world, case_service, entries, status):
    case_service.status = status
    assert (await ask(10, status=503))["code"] == "case-service-unavailable"
    named = {name_of(each) for entry in await entries() for each in entry.object_ids}
    assert None not in named, "no case is in the entry of what was not shown"


async def test_each_case_that_is_shown_is_on_record(ask, world, case_service, entries):
    case_service.hidden = {world[1]}
    items = await pages(ask, 10)
    [entry] = await entries()
    assert entry.object_kind == "case"
    assert {str(each) for each in entry.object_ids if name_of(each) is None} == {each["id"] for each in items}
    assert {name_of(each) for each in entry.object_ids} >= {"unit:oslo", "indicator:10", "period:rolling_12"}


async def test_a_page_looks_at_so_many_and_goes_on(ask, world, case_service, monkeypatch):
    every = await pages(ask, 9)
    monkeypatch.setattr(cases_reading, "WINDOW", 2)
    monkeypatch.setattr(cases_reading, "MOST_WINDOWS", 2)
    assert await pages(ask, 9) == every
    assert len((await ask(9, limit=500))["items"]) <= 4
    case_service.hidden = set(world.values())
    page = await ask(9)
    assert (page["items"], page["next"] is None) == ([], False)


@pytest.mark.parametrize(
    ("number", "params", "status", "code"),
    [
        (18, {}, 422, "no-cases-behind"),
        (15, {}, 422, "no-cases-behind"),
        (10, {"unit": "atlantis"}, 404, "unknown-unit"),
        (10, {"unit": "national"}, 404, "unknown-unit"),
        (99, {}, 404, "unknown-indicator"),
        (10, {"period": "soon"}, 400, "invalid-period"),
        (10, {"cursor": "abc"}, 400, "invalid-cursor"),
        (10, {"limit": "0"}, 422, "invalid-request"),
    ],
)
async def test_what_there_is_not_is_a_problem(ask, number, params, status, code):
    assert (await ask(number, "pod-analyst", status, **params))["code"] == code


async def test_a_cursor_is_of_one_list_and_one_person(ask, world):
    page = await ask(9, limit=2)
    for persona, params in (("officer-oslo", {}), ("lead-oslo", {"period": "2025"})):
        refused = await ask(9, persona, 400, cursor=page["next"], **params)
        assert refused["code"] == "invalid-cursor"
    assert (await ask(6, status=400, cursor=page["next"]))["code"] == "invalid-cursor"
