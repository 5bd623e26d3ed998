"""Missing and ending plans are told of once for each unit and window, whoever looks, however often."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from forkant_contracts.units import CASE_UNITS
from forkant_kit.db import create_engine, new_id
from hypothesis import given
from hypothesis import strategies as st
from indicator_service.steering import plan_watching
from indicator_service.steering.plan_versions import Held, coverage
from indicator_service.steering.plan_watching import PlanJudge, PlanWatch, look, step
from sqlalchemy import text

EVENTS = """
SELECT a.unit, a.aggregate_version AS version, a.data->>'reason' AS reason, a.data->>'last_day' AS last_day,
       a.data->>'plan_id' AS plan_id
FROM event_archive AS a JOIN outbox AS o USING (event_id) WHERE type = 'no.forkant.plan.due.v1' ORDER BY a.event_id
"""
DAY = date(2026, 3, 1)
PLAN = uuid4()


def judge_of(engine):
    return PlanJudge(engine=engine, now=lambda: datetime.now(UTC), new_id=new_id)


@pytest.fixture
def judge(engine):
    return judge_of(engine)


@pytest.fixture
def next_day(plans):
    """Give a function after which the day was not looked at yet, as on the day after."""

    async def turn():
        await plans.as_owner("UPDATE plan_round SET day = day - 1")

    return turn


@pytest.fixture
def told(engine):
    async def read():
        async with engine.connect() as conn:
            return [tuple(row) for row in await conn.execute(text(EVENTS))]

    return read


def held(unit, first, last):
    days = {"first": DAY + timedelta(days=first), "last": DAY + timedelta(days=last)}
    return Held(plan_id=PLAN, unit=unit, number=1, **days)


@given(st.lists(st.tuples(st.integers(-90, 90), st.integers(0, 90)), max_size=6))
def test_a_unit_is_covered_until_the_day_before_the_first_on_which_no_plan_holds(spans):
    held_days = {day for first, length in spans for day in range(first, first + length + 1)}
    [found] = coverage([held("oslo", first, first + length) for first, length in spans], ["oslo"], DAY)
    until = next(day for day in range(300) if day not in held_days)
    assert (found.plan is not None) == (0 in held_days)
    assert found.until == (DAY + timedelta(days=until - 1) if until else None)
    assert found.ends_soon(DAY) == (0 < until <= 61)


@given(st.lists(st.sampled_from([None, 10, 59, 60, 61, 400]), min_size=1, max_size=12))
def test_a_watch_tells_of_a_missing_plan_until_there_is_one_and_of_each_last_day_once(lasts):
    watch, told = PlanWatch(unit="oslo", id=uuid4()), []
    for last in lasts:
        [covered] = coverage([] if last is None else [held("oslo", 0, last)], ["oslo"], DAY)
        watch, tells = step(watch, covered, DAY)
        if tells:
            told.append(watch.last_day)
    due = [("none" if last is None else last) if last is None or last <= 60 else "well" for last in lasts]
    changes = [now for before, now in zip(["well", *due], due, strict=False) if now not in (before, "well")]
    assert told == [None if now == "none" else DAY + timedelta(days=now) for now in changes]
    assert watch.version == len(told)


async def test_the_day_on_which_a_platform_begins_is_not_looked_at(judge, told):
    assert await look(judge) == 0
    assert await told() == []


async def test_on_each_day_the_units_without_a_plan_are_told_of_once_until_they_have_one(plans, judge, told, next_day):
    oslo = await plans.approved()
    await next_day()
    assert await look(judge) == 16
    assert await look(judge) == 0
    missing = [unit for unit in CASE_UNITS if unit != "oslo"]
    assert await told() == [(unit, 1, "missing", None, None) for unit in missing]
    await plans.approved(unit="troms")
    await next_day()
    assert await look(judge) == 0
    await plans.act(oslo, 1, "withdrawal")
    await next_day()
    assert await look(judge) == 1
    assert (await told())[-1] == ("oslo", 1, "missing", None, None)


async def test_a_plan_that_ends_soon_is_told_of_once_and_its_successor_only_when_it_ends_soon(
    plans, judge, told, next_day
):
    plan = await plans.approved(valid_until=plans.day(60))
    await next_day()
    await look(judge)
    await next_day()
    assert await look(judge) == 0
    of_oslo = [each for each in await told() if each[0] == "oslo"]
    assert of_oslo == [("oslo", 1, "ending", plans.day(60), plan)]
    await plans.revise(plan, valid_from=plans.day(61), valid_until=plans.day(400))
    await plans.act(plan, 2, "submission")
    await plans.act(plan, 2, "approval", by="pod-analyst")
    await next_day()
    assert await look(judge) == 0


async def test_one_who_dies_before_the_commit_has_told_of_nothing_and_the_next_tells_it(
    judge, told, next_day, monkeypatch
):
    await next_day()

    async def die(*_args):
        raise OSError("the database went away")

    with monkeypatch.context() as broken:
        broken.setattr(plan_watching, "_save", die)
        with pytest.raises(OSError, match="went away"):
            await look(judge)
    assert await told() == []
    assert await look(judge) == 17
    assert len(await told()) == 17


async def test_many_who_look_at_once_tell_of_it_once(database, told, next_day):
    await next_day()
    engines = [create_engine(database.worker_url, application_name=f"looks-{n}", pool_size=1) for n in range(4)]
    try:
        for _ in range(3):
            await asyncio.gather(*[look(judge_of(engine)) for engine in engines])
    finally:
        for engine in engines:
            await engine.dispose()
    assert [version for _, version, *_ in await told()] == [1] * 17
