"""A district's lead adds, renames and ends its operational units; a merger takes them along."""

from datetime import timedelta

import asyncpg
import pytest

from .reorganising import TODAY, TOMORROW, World, merger, named

NAMES = {"name_nb": "Sentrum", "name_nn": "Sentrum", "name_en": "Centre"}
PATH = "/v1/operational-units"
NEXT_MONTH = TODAY + timedelta(days=30)


@pytest.fixture
def lead(empty_service):
    return empty_service.person("lead-agder")


async def add(person, slug: str = "gde-sentrum", *, begins=TODAY, **more):
    return await person.send("POST", PATH, {**NAMES, "slug": slug, "valid_from": begins.isoformat(), **more})


async def change(person, added, **more):
    return await person.send("PUT", f"{PATH}/{added.json()['uid']}", {**NAMES, **more}, etag=added.headers["etag"])


async def shown(person, *, on=None) -> dict[str, dict]:
    asked = {"every": True} if on is None else {"on": on.isoformat()}
    items = (await person.get("/v1/units", **asked)).json()["items"]
    return {unit["id"]: unit for unit in items if unit["kind"] == "operational_unit"}


async def test_one_is_there_from_its_first_day_under_its_names_until_it_ends(lead):
    added = await add(lead, begins=TOMORROW)
    assert (added.status_code, added.json()["id"], added.headers["etag"]) == (201, "agder/gde-sentrum", '"v1"')
    assert (await shown(lead, on=TODAY), [*await shown(lead, on=TOMORROW)]) == ({}, ["agder/gde-sentrum"])
    renamed = await change(lead, added, name_en="Town", valid_to=NEXT_MONTH.isoformat())
    assert (renamed.status_code, renamed.headers["etag"]) == (200, '"v2"')
    found = (await shown(lead))["agder/gde-sentrum"]
    assert (found["name_en"], found["parent"], found["valid_to"], found["version"], found["uid"]) == (
        "Town", "agder", NEXT_MONTH.isoformat(), 2, added.json()["uid"],
    )  # fmt: skip
    assert await shown(lead, on=NEXT_MONTH) == {}
    stale = await change(lead, added)
    assert (stale.status_code, stale.json()["code"]) == (412, "stale-version")


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"begins": TODAY - timedelta(days=1)}, 422, "not-ahead"),
        ({"valid_to": TODAY.isoformat()}, 422, "not-ahead"),
        ({"begins": NEXT_MONTH, "valid_to": NEXT_MONTH.isoformat()}, 422, "not-ahead"),
        ({"slug": "sentrum"}, 422, "invalid-request"),
        ({"slug": "gde-Sentrum"}, 422, "invalid-request"),
        ({"slug": "gde-taken"}, 409, "unit-exists"),
    ],
)
async def test_what_does_not_hold_is_refused(empty_service, lead, more, status, code):
    assert (await add(lead, "gde-taken")).status_code == 201
    before = await empty_service.fetch("SELECT * FROM unit ORDER BY id")
    answer = await add(lead, **{"slug": "gde-sentrum", **more})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await empty_service.fetch("SELECT * FROM unit ORDER BY id") == before


@pytest.mark.parametrize(
    ("persona", "code"),
    [
        ("officer-agder", "forbidden"),
        ("pod-admin", "forbidden"),
        ("auditor", "forbidden"),
        ("lead-kripos", "no-district"),
    ],
)
async def test_nobody_but_a_districts_lead_adds_one(empty_service, persona, code):
    answer = await add(empty_service.person(persona))
    assert (answer.status_code, answer.json()["code"]) == (403, code)


async def test_another_district_does_not_find_it_to_change(empty_service, lead):
    added = await add(lead)
    answer = await change(empty_service.person("lead-troms"), added)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


async def test_one_that_ended_stays_as_it_was(empty_service, lead):
    added = await add(lead, valid_to=TOMORROW.isoformat())
    with World(service=empty_service).on(TOMORROW):
        answer = await change(lead, added)
    assert (answer.status_code, answer.json()["code"]) == (409, "unit-not-there")


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE unit SET name_nb = 'x'",
        "INSERT INTO unit (id, kind, parent) VALUES ('agder/gde-x', 'operational_unit', 'agder')",
        "SELECT add_operational_unit(gen_random_uuid(), 'gde-x', 'x', 'x', 'x', current_date, NULL)",
    ],
)
@pytest.mark.parametrize("unit", ["kripos", "pod", ""])
async def test_the_wall_of_the_database_holds_below_it(empty_service, attack, unit):
    told = {"forkant.unit": unit, "forkant.subject": "x", "forkant.changes": "on"}
    connection = await asyncpg.connect(empty_service.app_url, server_settings=told)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(attack)
    finally:
        await connection.close()


async def test_for_another_district_the_database_changes_none(empty_service, lead):
    added = await add(lead)
    told = {"forkant.unit": "troms", "forkant.subject": "x", "forkant.changes": "on"}
    connection = await asyncpg.connect(empty_service.app_url, server_settings=told)
    try:
        query = "SELECT change_operational_unit($1, 1, 'x', 'x', 'x', NULL)"
        assert await connection.fetchval(query, added.json()["uid"]) is None
    finally:
        await connection.close()
    assert (await shown(lead))["agder/gde-sentrum"]["name_nb"] == "Sentrum"


async def test_in_a_merger_they_go_on_below_the_successor_with_the_days_that_were_said(empty_service, lead):
    world, other = World(service=empty_service), empty_service.person("lead-sor-vest")
    await add(lead)
    await add(lead, "gde-later", begins=NEXT_MONTH)
    await add(lead, "gde-soon-over", valid_to=TOMORROW.isoformat())
    await add(lead, "gde-over", valid_to=NEXT_MONTH.isoformat())
    await add(other, name_en="Another centre")
    path = await world.approved(merger("agder", "sor-vest"))
    await world.work(TOMORROW)
    assert (await world.shown(path))["state"] == "done"
    days = {name: (unit["valid_from"], unit["valid_to"]) for name, unit in (await shown(lead)).items()}
    today, tomorrow, month = TODAY.isoformat(), TOMORROW.isoformat(), NEXT_MONTH.isoformat()
    assert days == {
        "agder/gde-sentrum": (today, tomorrow), "agder/gde-soon-over": (today, tomorrow),
        "agder/gde-over": (today, tomorrow), "sor-vest/gde-sentrum": (today, tomorrow),
        "sor/gde-sentrum": (tomorrow, None), "sor/gde-over": (tomorrow, month), "sor/gde-later": (month, None),
    }  # fmt: skip
    assert (await shown(lead))["sor/gde-sentrum"]["name_en"] == "Centre"


async def test_in_a_split_they_end_with_their_district_and_the_parts_say_their_own(empty_service, lead):
    world = World(service=empty_service)
    await add(lead)
    await add(lead, "gde-later", begins=NEXT_MONTH)
    body = merger(
        "agder", kind="split", new_units=[named("sor"), named("indre")], rest="sor",
        parts=[{"unit": "sor"}, {"unit": "indre", "municipalities": ["4219"]}],
    )  # fmt: skip
    await world.approved(body)
    await world.work(TOMORROW)
    assert [*await shown(lead)] == ["agder/gde-sentrum"]
    assert await shown(lead, on=TOMORROW) == {}
    with world.on(TOMORROW):
        assert (await add(empty_service.person("lead-agder", unit="sor"), begins=TOMORROW)).status_code == 201
        refused = await add(lead, "gde-new", begins=TOMORROW)
    assert refused.json()["code"] == "unit-not-there"
