"""Indicator 19: active cases tied to a goal of the plan in force of their unit, by the day that the figure is about."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from forkant_contracts.codes import Theme
from sqlalchemy import text

LONG_AGO = datetime.now(UTC) - timedelta(days=100)


@pytest.fixture
def tied(steering):
    """Give a function that reads numerator and denominator of indicator 19, as the directorate sees them."""

    async def read(unit="oslo", **params):
        found = await steering.cited(19, unit=unit, by="pod-analyst", **params)
        return found["numerator"]["value"], found["denominator"]["value"]

    return read


@pytest.fixture
def tied_case(project, new_case):
    """Give a function that opens a case of long ago which is tied to a goal."""

    async def make(goal, *, unit="oslo"):
        case = new_case(at=LONG_AGO, unit=unit)
        case.opened(goal=goal)
        await project(*case.events)
        return case

    return make


@pytest.fixture
def goal_of(plans):
    """Give a function that returns the id of the first goal of a plan's version."""

    async def read(plan, number=1, by="lead-oslo"):
        return UUID((await plans.shown(plan, by=by))["versions"][number - 1]["goals"][0]["id"])

    return read


async def test_a_case_that_is_tied_to_a_goal_of_the_plan_counts_and_any_other_does_not(
    plans, project, new_case, tied, goal_of
):
    goal = await goal_of(await plans.approved())
    cases = [new_case(at=LONG_AGO) for _ in range(4)]
    for case, to in zip(cases, (goal, uuid4(), None, goal), strict=True):
        case.opened(goal=to)
    await project(*[event for case in cases for event in case.events])
    assert await tied() == (2, 4)
    assert await tied("national") == (2, 4)
    cases[1].tied(goal)
    cases[3].tied(None)
    await project(cases[1].events[-1], cases[3].events[-1])
    assert await tied() == (2, 4)
    cases[0].held()
    cases[1].closed()
    await project(cases[0].events[-1], cases[1].events[-1])
    assert await tied() == (0, 2)


async def test_a_plan_that_is_approved_late_counts_from_its_approval_and_not_before(
    plans, project, new_case, tied, goal_of
):
    plan = (await plans.write()).json()["id"]
    case = new_case(at=LONG_AGO)
    case.opened(goal=await goal_of(plan))
    await project(*case.events)
    assert await tied() == (0, 1)
    await plans.act(plan, 1, "submission")
    assert await tied() == (0, 1)
    await plans.act(plan, 1, "approval", by="pod-analyst")
    assert await tied() == (1, 1)
    month = (plans.today.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    assert await tied(period=month) == (0, 1)


async def test_a_case_does_not_outlive_the_plan_or_the_goal_that_it_is_tied_to(plans, project, new_case, tied, goal_of):
    plan = await plans.approved(goals=[{"indicator": 10}])
    case = new_case(at=LONG_AGO)
    case.opened(goal=await goal_of(plan))
    await project(*case.events)
    assert await tied() == (1, 1)
    # As if the version had been in force for long and had ended yesterday.
    await plans.as_owner("UPDATE prevention_plan_version SET first_day = first_day - 90, last_day = current_date - 1")
    assert await tied() == (0, 1)
    month = (plans.today.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    assert await tied(period=month) == (1, 1)
    await plans.revise(plan, goals=[{"indicator": 7}])
    for act, by in (("submission", "lead-oslo"), ("approval", "pod-analyst")):
        await plans.act(plan, 2, act, by=by)
    assert await tied() == (0, 1)
    await plans.revise(plan, goals=[{"indicator": 7}, {"indicator": 10}])
    for act, by in (("submission", "lead-oslo"), ("approval", "pod-analyst")):
        await plans.act(plan, 3, act, by=by)
    assert await tied() == (1, 1)


async def test_a_case_that_went_to_another_unit_counts_there_when_it_is_tied_to_a_goal_of_that_unit(
    plans, project, new_case, tied, goal_of
):
    oslo = await goal_of(await plans.approved())
    troms = await goal_of(await plans.approved(unit="troms"), by="lead-troms")
    case = new_case(at=LONG_AGO, unit="oslo/gde-sentrum")
    case.opened(goal=oslo)
    await project(*case.events)
    assert (await tied("oslo"), await tied("troms")) == ((1, 1), (0, 0))
    case.transferred("troms")
    await project(case.events[-1])
    assert (await tied("oslo"), await tied("troms")) == ((0, 0), (0, 1))
    case.tied(troms)
    await project(case.events[-1])
    assert (await tied("oslo"), await tied("troms"), await tied("national")) == ((0, 0), (1, 1), (1, 1))


async def test_a_merged_and_an_erased_case_leave_nothing_in_the_cells(tied_case, project, engine):
    goal = uuid4()
    cases = [await tied_case(goal), await tied_case(goal)]
    cases[0].merged()
    cases[1].erased()
    await project(*[case.events[-1] for case in cases])
    async with engine.connect() as conn:
        for table in ("cell", "district_cell", "district_day"):
            assert (await conn.execute(text(f"SELECT count(*) FROM {table} WHERE amount <> 0"))).scalar_one() == 0


async def test_an_approval_tells_the_streams_that_the_figures_changed(plans, engine, goal_of):
    async def newest():
        async with engine.connect() as conn:
            return (await conn.execute(text("SELECT max(sequence) FROM metric_change WHERE unit = 'oslo'"))).scalar()

    before = await newest() or 0
    plan = await plans.approved()
    approved = await newest()
    await plans.act(plan, 1, "withdrawal")
    assert before < approved < await newest()


async def test_few_that_are_tied_or_not_are_hidden_from_others(plans, project, new_case, steering, goal_of):
    goal = await goal_of(await plans.approved())
    cases = [new_case(at=LONG_AGO) for _ in range(9)]
    for number, case in enumerate(cases):
        case.opened(goal=goal if number < 7 else None)
    await project(*[event for case in cases for event in case.events])
    own = await steering.cited(19, by="officer-oslo")
    other = await steering.cited(19, by="officer-troms")
    assert (own["numerator"]["value"], own["denominator"]["value"]) == (7, 9)
    assert other["value"] == {"value": None, "suppressed": True}


async def test_a_series_and_a_split_say_what_the_figures_of_each_month_and_of_the_whole_say(
    plans, project, new_case, tied, goal_of
):
    plan = await plans.approved(goals=[{"indicator": 10}, {"indicator": 5}])
    goal = await goal_of(plan)
    await plans.as_owner("UPDATE prevention_plan_version SET first_day = first_day - 40")
    cases = [new_case(at=LONG_AGO) for _ in range(4)]
    for case, theme in zip(cases, ("violence", "violence", "drugs", "drugs"), strict=True):
        case.opened(theme=Theme(theme), goal=goal if case is not cases[3] else uuid4())
    cases[0].closed(after=timedelta(days=70))
    cases[1].tied(None, after=timedelta(days=90))
    await project(*[event for case in cases for event in case.events])
    series = (await plans.get("/v1/indicators/19/series", by="pod-analyst", unit="oslo", compare="troms")).json()
    for line in series["lines"]:
        for point in line["points"]:
            alone = await tied(line["unit"], period=point["period"]["from"][:7])
            assert (point["numerator"]["value"], point["denominator"]["value"]) == alone, point["period"]
    assert await tied() == (1, 3)
    answer = await plans.get("/v1/indicators/19/breakdown?by=theme", by="pod-analyst")
    assert answer.status_code == 200, answer.text
    for unit in ("oslo", "national"):
        [row] = [row for row in answer.json()["rows"] if row["unit"] == unit]
        found = {
            each["category"]: (each["numerator"]["value"], each["denominator"]["value"]) for each in row["categories"]
        }
        assert {theme: counts for theme, counts in found.items() if counts != (0, 0)} == {
            "violence": (0, 1), "drugs": (1, 2),
        }  # fmt: skip
