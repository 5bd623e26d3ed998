"""Crossings against a real database: one event each, whoever judges, however often, and whenever one dies."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from forkant_kit.db import create_engine, new_id
from indicator_service.definitions import load_catalogue
from indicator_service.generations import FIRST, group_of
from indicator_service.steering import watching
from indicator_service.steering.watching import Judge, judge_figures
from sqlalchemy import text

EVENTS = """
SELECT a.unit, a.aggregate_version AS version, a.data, o.event_id IS NOT NULL AS queued
FROM event_archive AS a LEFT JOIN outbox AS o USING (event_id) ORDER BY a.event_id
"""


HEARTBEAT = """
INSERT INTO consumer_offset (consumer_group, topic, partition, observed_at, last_recorded_at)
VALUES (:group, 'forkant.case.v1', 0, clock_timestamp() + make_interval(secs => :seconds), clock_timestamp())
ON CONFLICT (consumer_group, topic, partition) DO UPDATE SET observed_at = EXCLUDED.observed_at
"""


@pytest.fixture
def heard_of(engine):
    """Give a function that says when the projector last reported, in seconds from now."""

    async def say(seconds):
        async with engine.begin() as conn:
            await conn.execute(text(HEARTBEAT), {"group": group_of(FIRST), "seconds": seconds})

    return say


@pytest_asyncio.fixture(autouse=True)
async def fresh(heard_of):
    await heard_of(3600)


@pytest.fixture
def judge(engine):
    return Judge(engine=engine, catalogue=load_catalogue(), now=lambda: datetime.now(UTC), new_id=new_id)


@pytest.fixture
def told(engine):
    """Give what was told of so far: (unit, version, from, to, movement, cause)."""

    async def read():
        async with engine.connect() as conn:
            rows = (await conn.execute(text(EVENTS))).all()
        assert all(row.queued for row in rows)
        names = ("from_band", "to_band", "movement", "cause")
        return [(row.unit, row.version, *(row.data[name] for name in names)) for row in rows]

    return read


async def test_crossing_a_limit_is_told_of_once(steering, close, judge, told):
    target = await steering.set_target()
    await close(8)
    assert await judge_figures(judge) == 0
    await close(7, evaluated=False)
    assert await judge_figures(judge) == 1
    assert await judge_figures(judge) == 0
    await close(1, evaluated=False)
    assert await judge_figures(judge) == 0
    assert await told() == [("oslo", 1, "met", "missed", "down", "value")]
    async with judge.engine.connect() as conn:
        data = (await conn.execute(text("SELECT data FROM event_archive"))).scalar_one()
    assert (data["target_id"], data["target_version"], data["definition_version"]) == (target, 1, 1)
    assert (data["indicator"], data["period_kind"], data["national"]) == (10, "rolling_12", False)


async def test_no_small_count_is_told_of_until_it_is_large_enough(steering, close, judge, told):
    await steering.set_target()
    await close(8)
    await judge_figures(judge)
    for _ in range(4):
        await close(1, evaluated=False)
        await judge_figures(judge)
        assert (await steering.cited())["target"]["band"] in {"met", "near"}
    assert (await steering.cited())["target"]["band"] == "near"
    assert await told() == []
    await close(1, evaluated=False)
    await judge_figures(judge)
    assert await told() == [("oslo", 1, "met", "near", "down", "value")]


async def test_a_unit_with_too_few_cases_is_not_told_of(steering, close, judge, told):
    await steering.set_target()
    for evaluated in (True, False):
        await close(2, evaluated=evaluated)
        await judge_figures(judge)
    assert await told() == []


async def test_a_national_target_watches_each_unit_and_their_total(steering, close, judge, told):
    await steering.set_target(unit="national", by="pod-methods")
    for unit in ("oslo", "troms"):
        await close(9, unit=unit)
    await judge_figures(judge)
    for unit in ("oslo", "troms"):
        await close(9, unit=unit, evaluated=False)
    await judge_figures(judge)
    assert sorted(await told()) == [(unit, 1, "met", "missed", "down", "value") for unit in ("oslo", "pod", "troms")]


async def test_a_changed_target_is_told_of_only_where_the_band_changes(steering, close, judge, told):
    target = await steering.set_target(unit="national", by="pod-methods")
    await close(9, unit="oslo")
    await close(7, unit="troms")
    await close(6, unit="troms", evaluated=False)
    await judge_figures(judge)
    for number, limits in ((2, {"goal": 0.7, "near": 0.6}), (3, {"goal": 0.7, "near": 0.5})):
        await steering.revise(target, by="pod-methods", **limits)
        await steering.approve(target, number)
        await judge_figures(judge)
    assert await told() == [
        ("pod", 1, "near", "met", "up", "target"),
        ("troms", 1, "missed", "near", "up", "target"),
    ]


async def test_a_margin_keeps_a_watch_from_telling_of_every_quiver(steering, close, judge, told, engine):
    await steering.set_target(goal=0.5, near=0.5, margin=0.1)
    await close(10)
    await close(10, evaluated=False)
    await judge_figures(judge)
    for evaluated in (False, True, True, False, False, True):
        await close(1, evaluated=evaluated)
        await judge_figures(judge)
    assert await told() == [("oslo", 1, "met", "missed", "down", "value")]


async def test_a_watch_waits_for_its_days(steering, close, engine, told):
    await steering.set_target(hold_days=2)
    await close(9)

    def on(days):
        now = datetime.now(UTC) + timedelta(days=days)
        return Judge(engine=engine, catalogue=load_catalogue(), now=lambda: now, new_id=new_id)

    await judge_figures(on(0))
    await close(9, evaluated=False)
    assert [await judge_figures(on(days)) for days in (0, 1, 2, 3)] == [0, 0, 1, 0]


async def test_without_a_target_a_watch_rests(steering, close, judge, told, engine):
    target = await steering.set_target()
    await close(9)
    await judge_figures(judge)
    await steering.withdraw(target, 1)
    await close(9, evaluated=False)
    await judge_figures(judge)
    await steering.revise(target)
    await steering.approve(target, 2)
    await judge_figures(judge)
    assert await told() == []
    async with engine.connect() as conn:
        assert (await conn.execute(text("SELECT band FROM indicator_watch"))).scalars().all() == ["missed"]


async def test_one_that_dies_before_its_commit_has_told_of_nothing(steering, close, judge, told, monkeypatch):
    await steering.set_target()
    await close(9)
    await judge_figures(judge)
    await close(9, evaluated=False)

    async def die(*_args):
        raise OSError("the database went away")

    with monkeypatch.context() as broken:
        broken.setattr(watching.watch_store, "finish_round", die)
        with pytest.raises(OSError, match="went away"):
            await judge_figures(judge)
    assert await told() == []
    assert await judge_figures(judge) == 1
    assert len(await told()) == 1


async def test_many_who_judge_at_once_tell_of_it_once(steering, close, database, told):
    await steering.set_target()
    await close(9)
    engines = [create_engine(database.worker_url, application_name=f"judge-{n}", pool_size=1) for n in range(4)]
    judges = [
        Judge(engine=each, catalogue=load_catalogue(), now=lambda: datetime.now(UTC), new_id=new_id) for each in engines
    ]
    try:
        await judge_figures(judges[0])
        await close(9, evaluated=False)
        for _ in range(5):
            await asyncio.gather(*[judge_figures(each) for each in judges])
    finally:
        for each in engines:
            await each.dispose()
    assert await told() == [("oslo", 1, "met", "missed", "down", "value")]


async def test_a_new_definition_has_every_district_judged_anew(steering, close, judge, told, engine):
    await steering.set_target()
    await close(9)
    await close(9, evaluated=False)
    await judge_figures(judge)
    catalogue = load_catalogue()
    evaluated = catalogue.indicator(10)
    denominator = evaluated.versions[0].denominator
    # As if a later release counted every closed case as evaluated.
    second = evaluated.versions[0].model_copy(
        update={"version": 2, "valid_from": steering.today, "numerator": denominator}
    )
    redefined = evaluated.model_copy(update={"versions": (*evaluated.versions, second)})
    indicators = tuple(redefined if each.number == 10 else each for each in catalogue.indicators)
    later = Judge(
        engine=engine,
        catalogue=catalogue.model_copy(update={"indicators": indicators}),
        now=judge.now,
        new_id=new_id,
    )
    await judge_figures(later)
    assert await told() == [("oslo", 1, "missed", "met", "up", "definition")]


async def test_nothing_is_judged_while_the_figures_are_behind(steering, close, judge, told, heard_of):
    await steering.set_target()
    await close(9)
    await judge_figures(judge)
    await heard_of(-60)
    await close(9, evaluated=False)
    assert await judge_figures(judge) == 0
    await heard_of(3600)
    assert await judge_figures(judge) == 1
    assert await told() == [("oslo", 1, "met", "missed", "down", "value")]
