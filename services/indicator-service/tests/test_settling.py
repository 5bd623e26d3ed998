"""What others are shown, asked for at successive moments in every way there is."""

import asyncio
import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from forkant_kit.db import create_engine, utc_now
from indicator_service import settled_store
from indicator_service.aggregation.calendar import day_of
from indicator_service.api.hub import Hub
from indicator_service.api.stream import _seen_already
from indicator_service.definitions import load_catalogue
from indicator_service.projector import apply
from indicator_service.settling import Settler, settle_figures
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

OTHERS = {"oslo": 20, "vest": 30, "troms": 40}


@pytest.fixture
def settler(engine):
    return Settler(engine=engine, catalogue=load_catalogue(), now=utc_now)


@pytest.fixture
def open_cases(engine, new_case):
    async def add(count, unit):
        cases = [new_case(unit=unit, at=datetime.now(UTC)) for _ in range(count)]
        async with engine.begin() as conn:
            await apply(conn, [case.opened() for case in cases])

    return add


async def by_metrics(client, headers):
    return (await client.get("/v1/districts/troms/metrics", headers=headers)).json()["counts"]["opened"]["value"]


async def by_values(client, headers):
    found = (await client.get("/v1/indicators/5/values", headers=headers)).json()
    return next(row["indicator"]["denominator"]["value"] for row in found["rows"] if row["unit"] == "troms")


async def by_export(client, headers):
    found = await client.get("/v1/exports?format=csv", headers=headers)
    rows = csv.DictReader(io.StringIO(found.text))
    return int(next(row["denominator"] for row in rows if (row["unit"], row["indicator"]) == ("troms", "5")))


async def test_every_way_to_ask_shows_the_same_until_five_cases_have_come(
    client, as_persona, settler, open_cases, database
):
    lead = as_persona("lead-oslo")
    hub_engine = create_engine(database.app_url, application_name="test", pool_size=2)
    hub = Hub(engine=hub_engine, catalogue=load_catalogue(), rank=str.encode, now=utc_now, poll_s=0.01)
    for unit, count in OTHERS.items():
        await open_cases(count, unit)
    await settle_figures(settler)
    seen = []
    for _ in range(11):
        await open_cases(1, "troms")
        await settle_figures(settler)
        await hub.refresh()
        pushed = json.loads("{" + hub.document(("troms", False)) + "}")["counts"]["opened"]["value"]
        nation = json.loads("{" + hub.document(("national", False)) + "}")["counts"]["opened"]["value"]
        shown = {pushed, await by_metrics(client, lead), await by_values(client, lead), await by_export(client, lead)}
        assert len(shown) == 1
        assert nation == pushed + 50
        seen.append(pushed)
        assert json.loads("{" + hub.document(("troms", True)) + "}")["counts"]["opened"]["value"] == 40 + len(seen)
    assert seen == [40, 40, 40, 40, 45, 45, 45, 45, 45, 50, 50]
    assert await by_metrics(client, as_persona("pod-analyst")) == 51
    await hub_engine.dispose()


async def test_every_way_to_ask_says_since_which_day_a_figure_of_others_stands(
    client, as_persona, settler, open_cases, database
):
    lead, next_day = as_persona("lead-oslo"), utc_now() + timedelta(days=1)
    tomorrow = replace(settler, now=lambda: next_day)
    hub = Hub(engine=settler.engine, catalogue=load_catalogue(), rank=str.encode, now=utc_now, poll_s=0.01)

    async def told() -> set:
        await hub.refresh()
        pushed = json.loads("{" + hub.document(("troms", False)) + "}")
        metrics = (await client.get("/v1/districts/troms/metrics", headers=lead)).json()
        values = (await client.get("/v1/indicators/5/values", headers=lead)).json()["rows"]
        table = csv.DictReader(io.StringIO((await client.get("/v1/exports?format=csv", headers=lead)).text))
        return {
            pushed["counts_settled_on"]["opened"],
            metrics["counts_settled_on"]["opened"],
            next(row["indicator"]["settled_on"] for row in values if row["unit"] == "troms"),
            next(row["settled_on"] for row in table if (row["unit"], row["indicator"]) == ("troms", "5")),
            *(each["settled_on"] for each in metrics["indicators"] if each["number"] == 5),
        }

    for unit, count in OTHERS.items():
        await open_cases(count, unit)
    await settle_figures(settler)
    first_day = day_of(utc_now()).isoformat()
    assert await told() == {first_day}
    await open_cases(4, "troms")
    await settle_figures(tomorrow)
    assert await told() == {first_day}
    await open_cases(1, "troms")
    await settle_figures(tomorrow)
    assert await told() == {day_of(next_day).isoformat()}
    rows = (await client.get("/v1/indicators/5/values", headers=lead)).json()["rows"]
    days = {row["unit"]: row["indicator"]["settled_on"] for row in rows}
    assert (days["oslo"], days["vest"], days["national"]) == (None, first_day, day_of(next_day).isoformat())
    exact = (await client.get("/v1/districts/troms/metrics", headers=as_persona("pod-analyst"))).json()
    assert exact["counts_settled_on"] == {}
    assert {each["settled_on"] for each in exact["indicators"]} == {None}


async def test_what_was_settled_before_the_day_was_kept_has_none_until_it_changes(settler, open_cases, engine):
    await open_cases(40, "troms")
    await settle_figures(settler)
    async with engine.begin() as conn:
        await conn.execute(text("UPDATE settled_figures SET body = CAST(CAST(body AS jsonb) - 'standing' AS text)"))
    await open_cases(1, "troms")
    await settle_figures(settler)

    async def day(unit):
        async with engine.connect() as conn:
            shown = await settled_store.read(conn, settler.catalogue)
        return shown.settled.standing[unit]["opened"].since

    assert (await day("troms"), await day("national")) == (None, None)
    await open_cases(4, "troms")
    await settle_figures(settler)
    assert (await day("troms"), await day("oslo")) == (day_of(utc_now()), None)


async def test_people_see_their_own_unit_as_it_is_beside_others_as_they_last_moved(
    client, as_persona, settler, open_cases
):
    for unit, count in OTHERS.items():
        await open_cases(count, unit)
    await settle_figures(settler)
    await open_cases(1, "oslo")
    await open_cases(1, "troms")
    await settle_figures(settler)
    rows = (await client.get("/v1/indicators/5/values", headers=as_persona("lead-oslo"))).json()["rows"]
    shown = {row["unit"]: row["indicator"]["denominator"]["value"] for row in rows}
    assert (shown["oslo"], shown["troms"], shown["national"]) == (21, 40, 90)


async def test_a_stream_that_comes_back_is_sent_what_moved_for_others_meanwhile(settler, open_cases, database):
    engine = create_engine(database.app_url, application_name="test", pool_size=2)
    hub = Hub(engine=engine, catalogue=load_catalogue(), rank=str.encode, now=utc_now, poll_s=0.01)
    keys = [("troms", False), ("troms", True)]
    await open_cases(40, "troms")
    await settle_figures(settler)
    await open_cases(5, "troms")
    await hub.refresh()
    left_at = hub.reached
    assert set(await _seen_already(hub, keys, left_at)) == set(keys)
    await settle_figures(settler)
    await hub.refresh()
    assert set(await _seen_already(hub, keys, left_at)) == {("troms", True)}
    await engine.dispose()


async def test_nothing_is_settled_twice_and_two_workers_settle_once(settler, open_cases, engine):
    await open_cases(9, "oslo")
    assert sorted(await asyncio.gather(settle_figures(settler), settle_figures(settler))) != [True, True]
    assert not await settle_figures(settler)
    async with engine.connect() as conn:
        assert (await conn.execute(text("SELECT version FROM settled_figures"))).scalar_one() == 1


async def test_a_login_of_the_api_neither_moves_what_is_shown_nor_reads_the_key_of_its_order(database):
    engine = create_engine(database.app_url, application_name="test", pool_size=1)
    for statement in ("UPDATE settled_figures SET body = NULL", "SELECT rank_key FROM settled_figures"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with engine.begin() as conn:
                await conn.execute(text(statement))
    async with engine.begin() as conn:
        assert (await conn.execute(text("SELECT body FROM settled_figures"))).all() == []
    await engine.dispose()
