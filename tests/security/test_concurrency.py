"""Requests at once, again and too late: one change is made once, by one caller, on what that caller has seen."""

import asyncio
from collections import Counter
from pathlib import Path
from uuid import uuid4

import pytest
from forkant_devstack.testing.operations import operations

REPOSITORY = Path(__file__).parents[2]
GUARDED = [
    item
    for service in ("case", "notification")
    for item in operations(REPOSITORY, service)
    if "If-Match" in item.named("header")
]
QUESTIONS = {
    *("/v1/visibility", "/v1/visibility/person", "/v1/cases/search"),
    *("/v1/subscriptions/preview", "/v1/endpoints/preview"),
}
"""What is asked by POST and changes nothing: asked twice, it is answered twice."""
ALL_POSTS = [
    item for service in ("case", "notification") for item in operations(REPOSITORY, service) if item.method == "POST"
]
POSTS = [item for item in ALL_POSTS if item.path not in QUESTIONS]
CASE = {
    "case_type": "place", "theme": "violence", "purpose_code": "prevent_crime", "legal_basis": "police_act",
    "title": "Uro i parken",
}  # fmt: skip


async def opened(wall, unit="oslo"):
    answer = await wall.person(f"officer-{unit}").done("case", "POST", "/v1/cases", CASE)
    return answer.json()["id"], answer.headers["etag"]


@pytest.mark.parametrize("operation", GUARDED, ids=str)
async def test_nothing_changes_without_an_etag_or_with_one_that_is_stale_or_made_up(wall, oslo, operation):
    unit = "vest" if operation.path.endswith(("/accept", "/reject")) else "oslo"
    person, before = wall.able(operation, unit), await wall.state(operation.service)
    path, body = operation.at(**oslo.ids), wall.body_of(operation)
    missing = await person.send(operation.service, operation.method, path, body)
    assert (missing.status_code, missing.json()["code"]) == (428, "if-match-required")
    nothing_chosen = () if operation.path == "/v1/preferences" else ('"v0"',)
    for etag in (
        *nothing_chosen,
        '"v999999999"',
        '"v99999999999999999999"',
        "*",
        'W/"v1"',
        "v1",
        '"v1", "v2"',
        '"v1\' OR 1=1"',
    ):
        stale = await person.send(operation.service, operation.method, path, body, etag=etag)
        assert (stale.status_code, stale.json()["code"]) == (412, "stale-version"), etag
    assert await wall.state(operation.service) == before


@pytest.mark.parametrize("operation", POSTS, ids=str)
async def test_nothing_is_posted_without_an_idempotency_key(wall, oslo, operation):
    unit = "vest" if operation.path.endswith(("/accept", "/reject")) else "oslo"
    person, before = wall.able(operation, unit), await wall.state(operation.service)
    for key in ("", "x" * 201):
        path, body = operation.at(**oslo.ids), wall.body_of(operation)
        answer = await person.send(operation.service, "POST", path, body, etag=oslo.etag, key=key)
        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-required")
    assert await wall.state(operation.service) == before


@pytest.mark.parametrize("operation", [item for item in ALL_POSTS if item.path in QUESTIONS], ids=str)
async def test_what_is_asked_by_post_without_a_key_changes_nothing(wall, oslo, operation):
    before = await wall.state(operation.service)
    for _ in range(2):
        person, body = wall.able(operation), wall.body_of(operation)
        answer = await person.send(operation.service, "POST", operation.path, body, key="")
        assert answer.status_code == 200, answer.text
    assert await wall.state(operation.service) == before


async def test_of_a_hundred_racers_with_one_etag_one_wins(wall):
    case, etag = await opened(wall)
    people = [wall.person(name) for name in ("officer-oslo", "officer2-oslo", "lead-oslo")]
    joined = {"subject": "officer2-oslo"}
    etag = (await people[0].done("case", "POST", f"/v1/cases/{case}/members", joined, etag=etag)).headers["etag"]
    race = [
        people[number % 3].send("case", "POST", f"/v1/cases/{case}/hold", {"reason": "awaiting_partner"}, etag=etag)
        for number in range(100)
    ]
    answers = await asyncio.gather(*race)
    codes = Counter((answer.status_code, answer.json().get("code")) for answer in answers)
    assert codes == {(200, None): 1, (412, "stale-version"): 99}
    rows = await wall.platform.fetch(
        "case", "SELECT aggregate_version FROM event_archive WHERE aggregate_id = $1", case
    )
    assert sorted(row["aggregate_version"] for row in rows) == [1, 2, 3]


async def test_racers_with_one_key_open_one_case(wall):
    officer, key = wall.person("officer-oslo"), str(uuid4())
    answers = await asyncio.gather(*[officer.send("case", "POST", "/v1/cases", CASE, key=key) for _ in range(30)])
    codes = {(answer.status_code, answer.json().get("code")) for answer in answers}
    assert codes <= {(201, None), (409, "idempotency-key-in-use")}
    ids = {answer.json()["id"] for answer in answers if answer.status_code == 201}
    assert len(ids) == 1
    rows = await wall.platform.fetch("case", "SELECT count(*) AS n FROM idempotency_key WHERE key = $1", key)
    assert rows[0]["n"] == 1


async def test_a_key_never_answers_another_body_or_another_caller_or_another_route(wall):
    officer, key = wall.person("officer-oslo"), str(uuid4())
    first = await officer.done("case", "POST", "/v1/cases", CASE, key=key)
    before = await wall.state()
    other_body = await officer.send("case", "POST", "/v1/cases", {**CASE, "title": "Annet"}, key=key)
    assert (other_body.status_code, other_body.json()["code"]) == (422, "idempotency-key-reused")
    assert await wall.state() == before
    for person in (wall.person("officer2-oslo"), wall.person("officer-troms")):
        other = await person.done("case", "POST", "/v1/cases", CASE, key=key)
        assert "idempotency-replayed" not in other.headers
        assert other.json()["id"] != first.json()["id"]
    path = f"/v1/cases/{first.json()['id']}/hold"
    route = await officer.done(
        "case", "POST", path, {"reason": "awaiting_partner"}, etag=first.headers["etag"], key=key
    )
    assert "idempotency-replayed" not in route.headers


async def test_a_stored_answer_is_never_given_to_one_whose_role_ended(wall):
    officer, key = wall.person("officer-oslo"), str(uuid4())
    first = await officer.done("case", "POST", "/v1/cases", CASE, key=key)
    ended = await wall.person("officer-oslo", roles=["analyst"]).send("case", "POST", "/v1/cases", CASE, key=key)
    assert (ended.status_code, ended.json()["code"]) == (403, "forbidden")
    assert first.json()["id"] not in ended.text


async def test_a_refused_transition_names_the_state_and_changes_nothing(wall):
    case, etag = await opened(wall)
    before = await wall.state()
    for tail, body in (("resume", {}), ("reopen", {"reason": "new_concern"}), ("close", {"reason": "evaluated"})):
        answer = await wall.person("lead-oslo").send("case", "POST", f"/v1/cases/{case}/{tail}", body, etag=etag)
        assert answer.status_code == 409
        assert answer.json()["code"] in {"illegal-transition", "evaluation-required"}
    assert await wall.state() == before


async def test_a_secret_is_never_given_again_to_a_repeated_request(wall):
    lead, key = wall.person("lead-oslo"), str(uuid4())
    body = {"url": "http://127.0.0.1:9/once"}
    first = await lead.done("notification", "POST", "/v1/endpoints", body, key=key)
    again = await lead.done("notification", "POST", "/v1/endpoints", body, key=key)
    assert again.json()["id"] == first.json()["id"]
    assert first.json()["secret"] not in again.text
