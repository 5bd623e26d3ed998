"""Searches that people keep: own to a person, shared by a lead, sealed, and run with the reach of who runs them."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from case_service.domain.searches import MOST_SEARCHES
from case_service.store.searches import let_go
from forkant_kit.db import create_engine, transaction
from forkant_kit.rls.stance import Stance
from forkant_kit.testing import until

CANARY = "Kanari-4471"
BODY = {
    "name": f"{CANARY} saker",
    "words": f"{CANARY} skole",
    "filter": {"state": ["registered"], "age_band": ["15_17"]},
}


def refused(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.fixture
def colleague(service):
    return service.person("officer2-oslo")


async def kept(person, **more):
    answer = await person.send("POST", "/v1/searches", {**BODY, **more})
    assert answer.status_code == 201, answer.text
    return answer.headers["location"], answer.headers["etag"]


async def ids_of(person, path) -> list[str]:
    answer = await person.get(f"{path}/cases")
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["items"]]


async def test_a_search_is_kept_as_it_was_written(officer):
    path, etag = await kept(officer)
    answer = await officer.get(path)
    shown = answer.json()
    assert answer.headers["etag"] == etag == '"v1"'
    assert (shown["name"], shown["words"], shown["shared"]) == (BODY["name"], BODY["words"], False)
    assert {name: shown["filter"][name] for name in BODY["filter"]} == BODY["filter"]
    assert path.endswith(shown["id"])
    assert shown["id"] in [one["id"] for one in (await officer.get("/v1/searches")).json()["items"]]


async def test_nothing_of_it_is_in_clear_anywhere(service, officer):
    await kept(officer)
    for table in ("saved_search", "audit_entry", "idempotency_key", "outbox", "event_archive"):
        found = await service.fetch(f"SELECT t::text AS row FROM {table} AS t")
        assert not [row for row in found if CANARY in row["row"]], table
    rows = await service.fetch("SELECT name, words FROM saved_search")
    assert not [row for row in rows if CANARY.encode() in row["name"] + (row["words"] or b"")]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": ""}, "invalid-request"),
        ({"words": "og"}, "nothing-to-search-for"),
        ({"words": " ".join(f"ord{n}" for n in range(13))}, "too-many-words"),
        ({"filter": {"state": ["gossip"]}}, "invalid-request"),
        ({"filter": {"title": "x"}}, "invalid-request"),
        ({"filter": {"opened_from": "yesterday"}}, "invalid-request"),
        ({"shared": "yes"}, "invalid-request"),
        ({"owner": "lead-oslo"}, "invalid-request"),
    ],
)
async def test_what_would_find_nothing_that_a_list_takes_is_not_kept(service, officer, body, code):
    before = await service.row_counts()
    assert refused(await officer.send("POST", "/v1/searches", {**BODY, **body})) == (422, code)
    assert await service.row_counts() == before


async def test_it_is_there_for_who_keeps_it_alone(officer, colleague, lead, privacy, stranger):
    path, etag = await kept(officer)
    for other in (colleague, lead, privacy, stranger):
        for answer in (
            await other.get(path),
            await other.get(f"{path}/cases"),
            await other.send("PUT", path, BODY, etag=etag),
            await other.send("DELETE", path, etag=etag),
        ):
            assert refused(answer) == (404, "not-found")
        assert path not in [f"/v1/searches/{one['id']}" for one in (await other.get("/v1/searches")).json()["items"]]
    assert (await officer.get(path)).status_code == 200


async def test_a_lead_alone_shares_one_and_only_with_the_unit(officer, lead, stranger):
    assert refused(await officer.send("POST", "/v1/searches", {**BODY, "shared": True})) == (
        403,
        "sharing-is-for-leads",
    )
    own, etag = await kept(officer)
    answer = await officer.send("PUT", own, {**BODY, "shared": True}, etag=etag)
    assert refused(answer) == (403, "sharing-is-for-leads")
    path, etag = await kept(lead, shared=True)
    assert (await officer.get(path)).json()["owner"] == "lead-oslo"
    assert refused(await stranger.get(path)) == (404, "not-found")
    for method in ("PUT", "DELETE"):
        answer = await officer.send(method, path, BODY, etag=etag)
        assert refused(answer) == (403, "search-of-somebody-else")
    assert (await lead.send("PUT", path, {**BODY, "shared": False}, etag=etag)).status_code == 200
    assert refused(await officer.get(path)) == (404, "not-found")


async def test_running_one_shows_what_who_runs_it_may_see_then(officer, colleague, lead):
    title = "Fellesmerke-88"
    case = await officer.open(title=title)
    other = await colleague.open(title=title)
    await officer.open(title="Something else")
    adult = await officer.open(title=title, age_band="25_plus")
    path, _ = await kept(lead, words=title, shared=True)
    assert await ids_of(lead, path) == [other.id, case.id]
    assert await ids_of(officer, path) == [case.id]
    assert await ids_of(colleague, path) == [other.id]
    await case.do("POST", "restriction", {"restricted": True, "reason": "disputed"}, by=lead)
    assert await ids_of(officer, path) == []
    assert await ids_of(lead, path) == [other.id, case.id]
    without, _ = await kept(officer, words=title, filter={})
    assert await ids_of(officer, without) == [adult.id]


async def test_pages_of_what_it_finds_go_on_and_hold_to_it(officer):
    title = "Sidemerke-31"
    opened = [(await officer.open(title=title)).id for _ in range(3)]
    path, _ = await kept(officer, words=title)
    first = (await officer.get(f"{path}/cases", limit=2, fields="state")).json()
    second = (await officer.get(f"{path}/cases", limit=2, cursor=first["next"])).json()
    assert [one["id"] for one in first["items"] + second["items"]] == opened[::-1]
    assert {*first["items"][0]} == {"id", "version", "state"}
    another, _ = await kept(officer, words=title)
    assert refused(await officer.get(f"{another}/cases", cursor=first["next"])) == (400, "invalid-cursor")


async def test_a_change_needs_the_last_etag_and_moves_its_last_day_on(service, officer):
    path, etag = await kept(officer)
    assert refused(await officer.send("PUT", path, BODY)) == (428, "if-match-required")
    await service.fetch("UPDATE saved_search SET expires_on = current_date + 3 WHERE id = $1", path[-36:])
    changed = await officer.send("PUT", path, {"name": "Another"}, etag=etag)
    assert changed.headers["etag"] == '"v2"'
    assert changed.json()["expires_on"] > (datetime.now(UTC) + timedelta(days=360)).date().isoformat()
    assert refused(await officer.send("PUT", path, BODY, etag=etag)) == (412, "stale-version")
    assert refused(await officer.send("DELETE", path, etag=etag)) == (412, "stale-version")
    shown = (await officer.get(path)).json()
    assert (shown["name"], shown["words"], shown["filter"]["state"]) == ("Another", None, [])


async def keys_left(service, path: str) -> list:
    return await service.fetch("SELECT 1 FROM data_key WHERE owner_id = $1 AND sealed IS NOT NULL", path[-36:])


async def test_one_that_is_removed_is_gone_with_its_key(service, officer):
    path, etag = await kept(officer)
    assert await keys_left(service, path)
    assert (await officer.send("DELETE", path, etag=etag)).status_code == 204
    assert refused(await officer.get(path)) == (404, "not-found")
    assert not await keys_left(service, path)


async def test_a_privacy_officer_erases_what_somebody_of_the_unit_keeps_and_sees_none_of_it(service, privacy, lead):
    leaving, stays = (
        service.person("officer2-oslo", sub="officer7-oslo"),
        service.person("officer2-oslo", sub="officer8-oslo"),
    )
    gone, left = [(await kept(leaving))[0] for _ in range(2)], (await kept(stays))[0]
    elsewhere = service.person("privacy-troms")
    body = {"subject": "officer7-oslo"}
    assert (await elsewhere.send("POST", "/v1/searches/erasures", body)).json() == {"count": 0}
    assert refused(await lead.send("POST", "/v1/searches/erasures", body)) == (403, "forbidden")
    answer = await privacy.send("POST", "/v1/searches/erasures", body)
    assert (answer.status_code, answer.json()) == (200, {"count": 2})
    for path in gone:
        assert (await leaving.get(path)).status_code == 404
        assert not await keys_left(service, path)
    assert (await stays.get(left)).status_code == 200


async def test_nobody_keeps_more_than_they_may_however_they_try_at_once(service):
    person = service.person("officer2-oslo", sub="officer9-oslo")
    for _ in range(MOST_SEARCHES - 1):
        await kept(person)
    other = await asyncpg.connect(service.owner_url)
    transaction_of_other = other.transaction()
    await transaction_of_other.start()
    await other.execute("SELECT pg_advisory_xact_lock(hashtextextended('oslo|officer9-oslo', 0))")
    answers = [asyncio.create_task(person.send("POST", "/v1/searches", BODY)) for _ in range(2)]

    async def both_wait() -> bool:
        query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid"
        return await other.fetchval(f"{query} FROM pg_database WHERE datname = current_database())") == len(answers)

    await until(both_wait, what="the second waiting for the first")
    await transaction_of_other.rollback()
    await other.close()
    assert sorted([(await answer).status_code for answer in answers]) == [201, 409]
    assert refused(await person.send("POST", "/v1/searches", BODY)) == (409, "search-limit")


async def test_one_whose_last_day_is_past_is_not_there_and_the_worker_lets_it_go(service, officer):
    path, fresh = (await kept(officer))[0], (await kept(officer))[0]
    await service.fetch("UPDATE saved_search SET expires_on = current_date - 2 WHERE id = $1", path[-36:])
    assert refused(await officer.get(path)) == (404, "not-found")
    engine = create_engine(service.worker_url, application_name="test", pool_size=1)
    async with transaction(engine, Stance({})) as conn:
        assert await let_go(conn, day=datetime.now(UTC).date(), limit=10) == 1
    await engine.dispose()
    assert await service.fetch("SELECT 1 FROM saved_search WHERE id = $1", path[-36:]) == []
    assert not await keys_left(service, path)
    assert (await officer.get(fresh)).status_code == 200


async def test_who_saved_read_and_ran_it_is_in_the_audit_trail_and_its_words_are_not(service, officer):
    case = await officer.open(title="Sporbar-17")
    path, _ = await kept(officer, words="Sporbar-17")
    await officer.get(path)
    await officer.get(f"{path}/cases")
    rows = await service.fetch("SELECT action, object_ids FROM audit_entry ORDER BY seq DESC LIMIT 3")
    told = [(row["action"], [str(one) for one in row["object_ids"]]) for row in rows]
    assert told == [
        ("case.run_search", [case.id, path[-36:]]), ("search.read", [path[-36:]]), ("search.save", [path[-36:]]),
    ]  # fmt: skip
    assert "Sporbar-17" not in json.dumps([str(row) for row in await service.fetch("SELECT * FROM audit_entry")])


async def test_the_wall_of_the_database_holds_below_it(service, officer):
    path, _ = await kept(officer)
    for who, seen in (("officer-oslo", 1), ("lead-oslo", 0)):
        engine = create_engine(service.app_url, application_name="test", pool_size=1)
        stance = Stance({"unit": "oslo", "subject": who, "changes": "on"})
        async with transaction(engine, stance) as conn:
            for query in (
                "SELECT count(*) FROM saved_search WHERE id = '{}'",
                "SELECT count(*) FROM data_key WHERE owner_id = '{}'",
            ):
                found = await conn.exec_driver_sql(query.format(path[-36:]))
                assert found.scalar_one() == seen
        await engine.dispose()
