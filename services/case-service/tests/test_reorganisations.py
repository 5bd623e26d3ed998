"""A reorganisation takes effect on its day, once; open cases go with their unit and what has ended stays where it was."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest
from forkant_devstack.verify.changes import check_changes
from forkant_devstack.verify.recount import Period, recount

from .reorganising import TODAY, TOMORROW, World, merger, named

ARENDAL, EVJE = "4203", "4219"


@pytest.fixture
def world(empty_service):
    return World(service=empty_service)


@pytest.fixture
def agder(empty_service):
    return empty_service.person("officer-agder")


async def closed(officer, **fields):
    case = await officer.open(municipality_number=ARENDAL, **fields)
    await case.do("POST", "close", {"reason": "unfounded"})
    return case


async def units_of(service, case) -> list[tuple[str, str]]:
    rows = await service.fetch(
        "SELECT type, unit FROM event_archive WHERE aggregate_id = $1 AND type LIKE 'no.forkant.case.%'"
        " ORDER BY aggregate_version",
        case.id,
    )
    return [(row["type"].removeprefix("no.forkant.case.").removesuffix(".v1"), row["unit"]) for row in rows]


async def ids(person, path: str = "/v1/cases") -> set[str]:
    answer = await person.get(path, limit=100)
    assert answer.status_code == 200, answer.text
    return {item["id"] for item in answer.json()["items"]}


async def test_open_cases_go_with_their_unit_each_by_an_event_and_ended_ones_stay_with_it(world, agder):
    service = world.service
    going, ended = await agder.open(municipality_number=ARENDAL, title="Open"), await closed(agder, title="Ended")
    path = await world.approved(merger("agder", "sor-vest"))
    await world.work(TOMORROW)
    assert (await world.shown(path))["state"] == "done"
    assert await units_of(service, going) == [("opened", "agder"), ("transferred", "sor")]
    assert await units_of(service, ended) == [("opened", "agder"), ("closed", "agder")]
    [moved] = await service.fetch(
        "SELECT data, aggregate_version FROM event_archive WHERE aggregate_id = $1 AND type LIKE '%transferred%'",
        going.id,
    )
    assert '"reorganisation"' in moved["data"]
    with world.on(TOMORROW):
        lead, officer = service.person("lead-agder", unit="sor"), service.person("officer-agder", unit="sor")
        assert await ids(lead) == {going.id, ended.id}
        assert await ids(officer) == {going.id, ended.id}, "members stay members"
        shown = {item["id"]: item for item in (await lead.get("/v1/cases")).json()["items"]}
        assert (shown[going.id]["unit"], shown[going.id]["successor"]) == ("sor", None)
        assert (shown[ended.id]["unit"], shown[ended.id]["successor"]) == ("agder", "sor")
        assert shown[going.id]["version"] == moved["aggregate_version"]
        for case in (going, ended):
            assert (await officer.get(case.path)).json()["unit"] == shown[case.id]["unit"]
        assert await ids(service.person("lead-agder")) == set()
        assert (await service.person("officer-agder").get(going.path)).status_code == 404
        assert (await service.person("lead-oslo").get(ended.path)).status_code == 404


async def test_history_is_not_rewritten_and_a_case_as_of_before_is_with_the_unit_of_then(world, agder):
    case = await agder.open(municipality_number=ARENDAL)
    before = (await agder.get(case.path)).json()["recorded_at"]
    await world.approved(merger("agder", "sor-vest"))
    await world.work(TOMORROW)
    with world.on(TOMORROW):
        officer = world.service.person("officer-agder", unit="sor")
        then = await officer.get(f"{case.path}/as-of", at=before)
        now = await officer.get(f"{case.path}/as-of")
        told = (await officer.get(f"{case.path}/timeline")).json()["items"]
    assert (then.json()["unit"], now.json()["unit"]) == ("agder", "sor")
    [line] = [item for item in told if item["code"] == "case.transferred"]
    assert "Agder politidistrikt" in line["sentence"]


async def test_units_and_municipalities_change_on_the_day_and_are_told_of(world):
    path = await world.approved(merger("agder", "sor-vest"))
    await world.work(TOMORROW)
    old, new = [await world.shown("/v1/units", on=day.isoformat()) for day in (TODAY, TOMORROW)]
    names = [{unit["id"] for unit in each["items"]} for each in (old, new)]
    assert (names[0] - names[1], names[1] - names[0]) == ({"agder", "sor-vest"}, {"sor"})
    [sor] = [unit for unit in new["items"] if unit["id"] == "sor"]
    assert (sor["kind"], sor["name_nn"], sor["valid_from"]) == ("district", "sor nn", TOMORROW.isoformat())
    history = (await world.shown(f"/v1/municipalities/{ARENDAL}"))["units"]
    assert [(each["unit"], each["valid_to"]) for each in history] == [("agder", TOMORROW.isoformat()), ("sor", None)]
    rows = await world.service.fetch(
        "SELECT unit, aggregate_version AS version, data->>'changed_unit' AS changed, data->>'change' AS change,"
        " jsonb_array_length(data->'municipalities') AS n FROM event_archive"
        " WHERE type = 'no.forkant.unit.changed.v1' ORDER BY changed"
    )
    assert [tuple(row)[:4] for row in rows] == [
        ("pod", 1, "agder", "ended"), ("pod", 1, "sor", "established"), ("pod", 1, "sor-vest", "ended"),
    ]  # fmt: skip
    assert rows[1]["n"] == rows[0]["n"] + rows[2]["n"]
    assert path


async def test_in_a_split_each_case_goes_where_its_municipality_goes_and_the_rest_to_one(world, agder):
    body = merger(
        "agder", kind="split", new_units=[named("sor"), named("indre")], rest="sor",
        parts=[{"unit": "sor"}, {"unit": "indre", "municipalities": [EVJE]}],
    )  # fmt: skip
    inland, coast = await agder.open(municipality_number=EVJE), await agder.open(municipality_number=ARENDAL)
    nowhere = await agder.open(municipality_number=None)
    await world.approved(body)
    await world.work(TOMORROW)
    for case, unit in ((inland, "indre"), (coast, "sor"), (nowhere, "sor")):
        assert (await units_of(world.service, case))[-1] == ("transferred", unit)


async def test_a_municipality_that_moves_takes_its_open_cases_and_the_unit_goes_on(world, agder):
    body = merger(
        "agder", kind="move_municipalities", new_units=[], parts=[{"unit": "vest", "municipalities": [ARENDAL]}]
    )
    going, ended, other = (
        await agder.open(municipality_number=ARENDAL), await closed(agder), await agder.open(municipality_number=EVJE),
    )  # fmt: skip
    await world.approved(body)
    await world.work(TOMORROW)
    assert await units_of(world.service, going) == [("opened", "agder"), ("transferred", "vest")]
    with world.on(TOMORROW):
        assert await ids(world.service.person("lead-agder")) == {ended.id, other.id}
        assert await ids(world.service.person("lead-vest")) == {going.id}
        await agder.open(municipality_number=EVJE)


async def test_it_happens_once_however_often_and_by_how_many_workers_and_catches_up_when_none_ran(world, agder):
    cases = [await agder.open(municipality_number=ARENDAL) for _ in range(5)]
    path = await world.approved(merger("agder", "sor-vest"))
    late = TOMORROW + timedelta(days=3)
    await asyncio.gather(*(world.work(late) for _ in range(3)))
    await world.work(late)
    await world.work(late + timedelta(days=9))
    for case in cases:
        assert await units_of(world.service, case) == [("opened", "agder"), ("transferred", "sor")]
    shown = await world.shown(path)
    assert (shown["state"], shown["effective_on"]) == ("done", TOMORROW.isoformat())
    [unit] = [u for u in (await world.shown("/v1/units", every=True))["items"] if u["id"] == "sor"]
    assert unit["valid_from"] == TOMORROW.isoformat(), "not the day of the worker"
    [count] = await world.service.fetch("SELECT count(*) FROM event_archive WHERE type = 'no.forkant.unit.changed.v1'")
    assert count[0] == 3


async def test_a_worker_that_dies_on_the_way_leaves_what_the_next_one_goes_on_with(world, agder, monkeypatch):
    cases = [await agder.open(municipality_number=ARENDAL) for _ in range(4)]
    path = await world.approved(merger("agder", "sor-vest"))
    monkeypatch.setattr("case_service.commands.reorganising.AT_A_TIME", 2)
    from case_service.commands import reorganising

    calls, real = [], reorganising.tasks.write

    async def die(*args):
        calls.append(args)
        if len(calls) == 3:
            raise RuntimeError("killed")
        await real(*args)

    monkeypatch.setattr(reorganising.tasks, "write", die)
    with pytest.raises(RuntimeError, match="killed"):
        await world.work(TOMORROW)
    moved = [case for case in cases if ("transferred", "sor") in await units_of(world.service, case)]
    assert (len(moved), (await world.shown(path))["state"]) == (2, "under_way")
    await world.work(TOMORROW)
    for case in cases:
        assert await units_of(world.service, case) == [("opened", "agder"), ("transferred", "sor")]


async def test_a_unit_that_ended_takes_nothing_new_and_one_that_begins_does(world, agder, concern):
    await world.approved(merger("agder", "sor-vest"))
    await world.work(TOMORROW)
    with world.on(TOMORROW):
        for path, body in (("/v1/cases", {**CASE, "municipality_number": ARENDAL}), ("/v1/concerns", concern)):
            refused = await agder.send("POST", path, body)
            assert (refused.status_code, refused.json()["code"]) == (409, "unit-not-there")
        officer = world.service.person("officer-agder", unit="sor")
        case = await officer.open(municipality_number=ARENDAL)
        assert (await case.read())["unit"] == "sor"
        other = await world.service.person("officer-oslo").open()
        to_ended = await other.attempt("POST", "transfers", {"to_unit": "agder"})
        assert (to_ended.status_code, to_ended.json()["code"]) == (422, "unknown-unit")
        await other.do("POST", "transfers", {"to_unit": "sor"})


async def test_a_token_of_a_unit_that_nobody_established_opens_nothing(world):
    refused = await world.service.person("lead-agder", unit="sor").get("/v1/cases")
    assert (refused.status_code, refused.json()["code"]) == (403, "unit-holds-no-cases")


async def test_a_recount_has_open_cases_with_the_successor_and_what_was_where_it_was(world, agder, concern):
    await agder.open(municipality_number=ARENDAL)
    await closed(agder)
    await agder.send("POST", "/v1/concerns", concern)
    await world.approved(merger("agder", "sor-vest"))
    await world.work(TOMORROW)
    period = Period(name="now", first=TODAY.replace(day=1), until=TOMORROW, current=True)
    connection = await asyncpg.connect(world.service.owner_url, server_settings={"forkant.system": "on"})
    try:
        found = await recount(connection, period=period, units=("agder", "sor"))
    finally:
        await connection.close()
    counted = {
        unit: [found[unit][f"counts.{name}"] for name in ("open", "opened", "closed", "concerns_received")]
        for unit in ("agder", "sor", "national")
    }
    assert counted == {"agder": [0, 1, 1, 1], "sor": [1, 1, 0, 0], "national": [1, 2, 1, 1]}


async def test_an_ended_case_that_is_taken_up_again_goes_to_who_answers_for_it(world, agder):
    case = await closed(agder)
    await world.approved(merger("agder", "sor-vest"))
    await world.work(TOMORROW)
    with world.on(TOMORROW):
        officer = world.service.person("officer-agder", unit="sor")
        case.by, case.etag = officer, (await officer.get(case.path)).headers["etag"]
        await case.do("POST", "reopen", {"reason": "new_concern"})
        assert ((await case.read())["unit"], (await case.read())["successor"]) == ("sor", None)
    assert (await units_of(world.service, case))[2:] == [("transferred", "sor"), ("reopened", "sor")]


async def test_offers_are_taken_back_from_and_to_a_unit_that_ends(world, agder):
    ours = await agder.open(municipality_number=ARENDAL)
    await ours.do("POST", "transfers", {"to_unit": "oslo"})
    theirs = await world.service.person("officer-oslo").open()
    await theirs.do("POST", "transfers", {"to_unit": "agder"})
    await world.approved(merger("agder", "sor-vest"))
    await world.work(TOMORROW)
    assert (await units_of(world.service, ours))[1:] == [("transferred", "sor")]
    assert (await units_of(world.service, theirs))[1:] == []
    [states] = await world.service.fetch("SELECT array_agg(DISTINCT state) FROM transfer")
    assert states[0] == ["revoked"]
    [left] = await world.service.fetch("SELECT count(*) FROM task WHERE kind = 'answer_transfer' AND state = 'open'")
    assert left[0] == 0
    assert (await theirs.read())["allowed"]


async def test_tasks_members_and_access_for_a_time_go_with_the_case_and_substitutes_end_with_the_unit(world, agder):
    service = world.service
    case = await agder.open(municipality_number=ARENDAL)
    until = (TOMORROW + timedelta(days=30)).isoformat() + "T12:00:00Z"
    given = {"subject": "officer-oslo", "reason": "joint_work", "valid_to": until}
    access = await case.attempt("POST", "access", given)
    assert access.is_success, access.text
    lead = service.person("lead-agder")
    away = {"absent": "officer-agder", "substitute": "officer2-agder", "valid_from": f"{TODAY.isoformat()}T00:00:00Z",
            "valid_to": until}  # fmt: skip
    made = await lead.send("POST", "/v1/substitutions", away)
    assert made.status_code == 201, made.text
    await world.approved(merger("agder", "sor-vest"))
    await world.work(TOMORROW)
    with world.on(TOMORROW):
        officer = service.person("officer-agder", unit="sor")
        mine = (await officer.get("/v1/tasks")).json()["items"]
        assert {item["case_id"] for item in mine} == {case.id}
        assert (await service.person("officer-oslo").get(case.path)).status_code == 200
        assert (await service.person("officer2-agder", unit="sor").get(case.path)).status_code == 404
    assert {row["unit"] for row in await service.fetch("SELECT unit FROM task")} == {"sor"}


async def test_concerns_are_answered_for_by_the_successor_and_count_where_they_were_received(world, agder, concern):
    received = await agder.send("POST", "/v1/concerns", concern)
    await world.approved(merger("agder", "sor-vest"))
    await world.work(TOMORROW)
    with world.on(TOMORROW):
        officer = world.service.person("officer-agder", unit="sor")
        shown = (await officer.get(received.headers["location"])).json()
        assert (shown["unit"], shown["successor"]) == ("agder", "sor")
        [line] = (await officer.get("/v1/concerns")).json()["items"]
        assert (line["unit"], line["successor"]) == ("agder", "sor")
        decided = await officer.send(
            "POST",
            f"{received.headers['location']}/decision",
            {"outcome": "dismissed"},
            etag=received.headers["etag"],
        )
        assert decided.status_code == 200, decided.text
        assert (await agder.get(received.headers["location"])).status_code == 404


async def test_a_case_that_moved_is_still_found_by_its_words(world, agder):
    case = await agder.open(municipality_number=ARENDAL, title="Slåsskamp ved kiosken")
    await world.approved(merger("agder", "sor-vest"))
    await world.work(TOMORROW)
    with world.on(TOMORROW):
        for persona in ("officer-agder", "lead-agder"):
            found = await world.service.person(persona, unit="sor").send(
                "POST", "/v1/cases/search", {"words": "slåsskamp kiosken"}
            )
            assert [item["id"] for item in found.json()["items"]] == [case.id], persona
        case.by = world.service.person("officer-agder", unit="sor")
        case.etag = (await case.by.get(case.path)).headers["etag"]
        await case.do("PUT", "assessment", {"summary": "Knuste ruter"})
        both = await case.by.send("POST", "/v1/cases/search", {"words": "kiosken ruter"})
        assert [item["id"] for item in both.json()["items"]] == [case.id], "words of both units"


async def test_saved_searches_go_with_a_merger(world, agder):
    kept = {"name": "Kiosken", "words": "kiosken", "shared": False}
    made = await agder.send("POST", "/v1/searches", kept)
    assert made.status_code == 201, made.text
    case = await agder.open(municipality_number=ARENDAL, title="Uro ved kiosken")
    await world.approved(merger("agder", "sor-vest"))
    await world.work(TOMORROW)
    with world.on(TOMORROW):
        officer = world.service.person("officer-agder", unit="sor")
        found = await officer.get(f"{made.headers['location']}/cases")
        assert [item["id"] for item in found.json()["items"]] == [case.id]


async def test_whoever_could_see_it_is_told_in_the_feed_that_it_left_and_the_successor_that_it_came(world, agder):
    case = await agder.open(municipality_number=ARENDAL)
    lead = world.service.person("lead-agder")
    cursor = (await lead.get("/v1/changes")).json()["next"]
    await world.approved(merger("agder", "sor-vest"))
    await world.work(TOMORROW)
    with world.on(TOMORROW):
        [gone] = (await lead.get("/v1/changes", cursor=cursor)).json()["items"]
        [came] = (await world.service.person("lead-agder", unit="sor").get("/v1/changes")).json()["items"]
    assert (gone["id"], gone["change"], gone["reason"]) == (case.id, "gone", "transferred")
    assert (came["id"], came["change"]) == (case.id, "upsert")


async def test_the_tables_agree_with_the_events_and_each_move_is_in_the_audit_trail(world, agder, concern):
    going, ended = await agder.open(municipality_number=ARENDAL), await closed(agder)
    await agder.send("POST", "/v1/concerns", concern)
    await world.approved(merger("agder", "sor-vest"))
    await world.work(TOMORROW)
    checks = await check_changes(world.service.worker_url)
    assert [check.name for check in checks if not check.ok] == []
    rows = await world.service.fetch(
        "SELECT action, unit, object_ids FROM audit_entry WHERE subject = 'case-service' ORDER BY seq"
    )
    acts = [(row["action"], row["unit"]) for row in rows]
    assert acts.count(("case.reorganise", "sor")) == 2
    assert ("reorganisation.take_effect", "pod") in acts
    assert ("concern.reorganise", "sor") in acts
    assert {str(each) for row in rows for each in row["object_ids"]} >= {going.id, ended.id}


CASE = {
    "case_type": "place", "theme": "violence", "purpose_code": "public_safety", "legal_basis": "police_act",
    "title": "A title",
}  # fmt: skip
