"""Reference data: what holds on which day, what codes are called, and answers that a client keeps until they change."""

from datetime import timedelta

import asyncpg
import pytest
from case_service.domain.catalogue import CODES, LISTS
from case_service.domain.labels import LABELS
from case_service.domain.moments import local_day
from case_service.domain.nynorsk import NYNORSK
from forkant_contracts.units import UNITS
from forkant_kit.db import utc_now

TODAY = local_day(utc_now())
LATER = (TODAY + timedelta(days=40)).isoformat()
ROUTES = ("catalogue", "units", "municipalities", "municipalities/0301", "codes", "methods")
NEW_UNIT = """
INSERT INTO unit (id, kind, parent, name_nb, name_nn, name_en, valid_from, valid_to)
VALUES ($1, $2, $3, 'Navn', 'Namn', 'Name', $4, $5)
"""


async def ids_of(person, path: str = "/v1/units", **params) -> list[str]:
    answer = await person.get(path, **params)
    assert answer.status_code == 200, answer.text
    return [item.get("id") or item.get("number") for item in answer.json()["items"]]


async def test_the_units_are_those_of_the_contracts_with_names_in_three_languages(service, officer):
    shown = {unit["id"]: unit for unit in (await officer.get("/v1/units")).json()["items"]}
    assert {key: (u["kind"], u["name_nb"], u["name_en"], u["population_thousands"]) for key, u in shown.items()} == {
        u.id: (u.kind.value, u.name_nb, u.name_en, u.population_thousands) for u in UNITS.values()
    }
    assert shown["phs"]["name_nn"] == "Politihøgskulen"
    assert {(unit["valid_from"], unit["valid_to"]) for unit in shown.values()} == {("2016-01-01", None)}


async def test_a_unit_is_there_from_its_first_day_to_the_day_before_its_end(empty_service):
    officer, first, end = empty_service.person("officer-oslo"), TODAY - timedelta(days=9), TODAY - timedelta(days=2)
    await empty_service.fetch(NEW_UNIT, "oslo/gde-sentrum", "operational_unit", "oslo", first, end)
    for day, there in (
        (first - timedelta(days=1), False),
        (first, True),
        (end - timedelta(days=1), True),
        (end, False),
    ):
        for path in ("/v1/units", "/v1/catalogue"):
            shown = (await officer.get(path, on=day.isoformat())).json()
            assert ("oslo/gde-sentrum" in {u["id"] for u in shown.get("items") or shown["units"]}) is there, (path, day)
    assert "oslo/gde-sentrum" not in await ids_of(officer)
    assert "oslo/gde-sentrum" in await ids_of(officer, every=True)
    assert await ids_of(officer, on="2015-12-31") == []


async def test_a_municipality_belongs_to_the_district_of_the_day(empty_service):
    officer = empty_service.person("officer-oslo")
    await empty_service.fetch("UPDATE municipality_unit SET valid_to = $1 WHERE number = '3203'", TODAY)
    await empty_service.fetch("INSERT INTO municipality_unit VALUES ('3203', 'sor-ost', $1, NULL, NULL)", TODAY)
    for day, unit in ((TODAY - timedelta(days=1), "oslo"), (TODAY, "sor-ost")):
        found = (await officer.get("/v1/municipalities", on=day.isoformat())).json()["items"]
        assert len(found) == 357
        assert {each["number"]: each["unit"] for each in found}["3203"] == unit
    shown = (await officer.get("/v1/municipalities/3203")).json()
    assert [(each["unit"], each["valid_from"], each["valid_to"]) for each in shown["units"]] == [
        ("oslo", "2024-01-01", TODAY.isoformat()),
        ("sor-ost", TODAY.isoformat(), None),
    ]


async def test_days_before_the_division_that_is_loaded_have_no_municipalities(officer):
    assert await ids_of(officer, "/v1/municipalities", on="2020-06-01") == []
    assert len(await ids_of(officer, "/v1/units", on="2020-06-01")) == 18


async def test_what_does_not_exist_is_said_not_to(officer):
    assert (await officer.get("/v1/municipalities/9999")).status_code == 404
    unknown = await officer.get("/v1/codes", code_list="rumour")
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown-code")


@pytest.mark.parametrize("path", ["catalogue", "units", "municipalities", "codes", "methods"])
@pytest.mark.parametrize("day", ["yesterday", "2020-13-01", "1577836800", ""])
async def test_a_day_is_given_in_words_or_refused(officer, path, day):
    answer = await officer.get(f"/v1/{path}", on=day)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")


async def test_codes_come_with_their_names_where_they_have_one(officer):
    items = (await officer.get("/v1/codes")).json()["items"]
    assert [(item["code_list"], item["code"]) for item in items] == [
        (n, c) for n, codes in CODES.items() for c in codes
    ]
    [violence] = [item for item in items if (item["code_list"], item["code"]) == ("theme", "violence")]
    assert (violence["label_nb"], violence["label_nn"], violence["label_en"]) == ("vold", "vald", "violence")
    themes = (await officer.get("/v1/codes", code_list="theme")).json()["items"]
    assert {item["code_list"] for item in themes} == {"theme"}
    assert all(item["label_nb"] and item["label_nn"] and item["label_en"] for item in themes)


def test_every_word_in_nynorsk_is_of_a_code_that_has_a_name_in_bokmal():
    assert NYNORSK.keys() <= set(LISTS.values()) | LABELS.keys()
    assert all(words.keys() <= LABELS[listed].keys() for listed, words in NYNORSK.items())


async def test_a_code_may_be_chosen_until_the_day_it_is_retired_from(empty_service):
    decider = empty_service.person("pod-analyst")
    retirement = {"code_list": "theme", "code": "fraud", "retired_from": LATER, "reason": "Split in two."}
    assert (await decider.send("POST", "/v1/catalogue/retirements", retirement)).status_code == 200
    found = (await decider.get("/v1/codes", code_list="theme")).json()["items"]
    assert {item["code"]: item["valid_to"] for item in found}["fraud"] == LATER
    for day, there in ((TODAY.isoformat(), True), (LATER, False)):
        chosen = (await decider.get("/v1/codes", code_list="theme", on=day)).json()["items"]
        assert ("fraud" in {item["code"] for item in chosen}) is there


async def test_a_method_version_is_followed_until_the_next_begins_or_it_is_retired(empty_service):
    officer = empty_service.person("officer-oslo")
    await empty_service.fetch("INSERT INTO method VALUES ('youth_contract', 2, 'Navn', 'Name', $1)", TODAY)
    await empty_service.fetch(
        "INSERT INTO method_step VALUES ('youth_contract', 2, 'signed', 1, true, 'Signert', 'Signed')"
    )
    await empty_service.fetch("UPDATE method SET retired_from = $1 WHERE code = 'concern_conversation'", TODAY)
    every = (await officer.get("/v1/methods")).json()["items"]
    until = {(item["code"], item["version"]): item["valid_to"] for item in every}
    assert (until["youth_contract", 1], until["youth_contract", 2]) == (TODAY.isoformat(), None)
    for day, version in ((TODAY - timedelta(days=1), 1), (TODAY, 2)):
        chosen = (await officer.get("/v1/methods", on=day.isoformat())).json()["items"]
        assert [item["version"] for item in chosen if item["code"] == "youth_contract"] == [version]
        assert ("concern_conversation" in {item["code"] for item in chosen}) is (day < TODAY)


@pytest.mark.parametrize("path", ROUTES)
async def test_an_answer_that_is_kept_is_not_sent_again_until_it_says_something_else(empty_service, path):
    officer = empty_service.person("officer-oslo")
    first = await officer.get(f"/v1/{path}")
    assert first.headers["cache-control"] == "private, no-cache"
    tag = first.headers["etag"]

    async def asked(given: str):
        return await empty_service.client.get(f"/v1/{path}", headers={**officer.headers, "If-None-Match": given})

    for given in (tag, f'"other", W/{tag}', "*"):
        kept = await asked(given)
        assert (kept.status_code, kept.content, kept.headers["etag"]) == (304, b"", tag)
    for given in ('"other"', tag.strip('"'), ""):
        assert (await asked(given)).content == first.content
    await empty_service.fetch("UPDATE unit SET name_nb = 'Et annet navn'")
    await empty_service.fetch("UPDATE municipality SET name = 'Et annet navn'")
    await empty_service.fetch("UPDATE method SET name_nb = 'Et annet navn'")
    retired = "INSERT INTO code_retirement VALUES ('theme', 'fraud', '2030-01-01', 'x', now())"
    await empty_service.fetch(retired)
    changed = await asked(tag)
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


@pytest.mark.parametrize("path", ROUTES)
async def test_reference_data_is_for_everybody_with_a_token(service, path):
    for persona in ("auditor", "downstream-demo", "pod-admin", "officer-troms"):
        assert (await service.person(persona).get(f"/v1/{path}")).status_code == 200
    assert (await service.client.get(f"/v1/{path}")).status_code == 401


@pytest.mark.parametrize("url", ["app_url", "worker_url"])
async def test_no_process_writes_units(service, url):
    connection = await asyncpg.connect(getattr(service, url))
    try:
        for attack in ("UPDATE unit SET valid_to = now()", "DELETE FROM unit", "INSERT INTO unit SELECT * FROM unit"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(attack)
    finally:
        await connection.close()
