"""What is somebody's own, an inbox, an endpoint, a stream: not another's, though they share the unit, and not for ever."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from forkant_devstack.issuer.personas import CLI_CLIENT
from forkant_devstack.testing.operations import operations
from forkant_devstack.testing.plain_http import plain_client
from forkant_kit.testing import until

from .conftest import PERSON_CASE, STEPS, Person
from .test_other_units import same
from .test_tokens import DOORS

REPOSITORY = Path(__file__).parents[2]
NOTIFICATION = operations(REPOSITORY, "notification")
OF_ONE_PERSON = [item for item in NOTIFICATION if {"subscription_id", "letter_id"} & set(item.named("path"))]
INBOX = [item for item in NOTIFICATION if "entry_id" in item.named("path")]
ENDPOINTS = [item for item in NOTIFICATION if {"endpoint_id", "delivery_id"} & set(item.named("path"))]
HOOK = "http://127.0.0.1:9/hook"
WITHIN_S = 5.0
"""How soon a revocation counts."""


@pytest.mark.parametrize("operation", INBOX, ids=str)
async def test_an_entry_for_the_leads_is_not_there_for_an_officer_of_their_unit(wall, oslo, operation):
    officer, lead = wall.person("officer-oslo"), wall.person("lead-oslo", sub="lead9-oslo")
    before = await wall.state("notification")
    theirs = await officer.ask(operation, operation.at(**oslo.ids))
    missing = await officer.ask(operation, operation.at(entry_id=uuid4()))
    assert (theirs.status_code, theirs.json()["code"]) == (404, "not-found")
    assert same(theirs) == same(missing)
    assert await wall.state("notification") == before
    assert (await lead.ask(operation, operation.at(**oslo.ids))).status_code == 200


@pytest.mark.parametrize("operation", INBOX, ids=str)
@pytest.mark.parametrize("who", ["no member", "a member below the level"])
async def test_an_entry_about_a_case_is_not_there_for_a_colleague_who_may_not_see_the_case(wall, operation, who):
    officer, lead = wall.person("officer-oslo"), wall.person("lead-oslo")
    opened = await officer.done("case", "POST", "/v1/cases", PERSON_CASE)
    path, etag = f"/v1/cases/{opened.json()['id']}", opened.headers["etag"]
    for by, method, tail, body in (
        *((officer, "PUT", tail, body) for tail, body in STEPS.items()),
        (lead, "POST", "plan/approval", {}),
        *([(officer, "POST", "members", {"subject": "officer9-oslo"})] if who != "no member" else []),
        (lead, "PUT", "level", {"level": 2}),
    ):
        etag = (await by.done("case", method, f"{path}/{tail}", body, etag=etag)).headers["etag"]
    colleague = wall.person("officer-oslo", sub="officer9-oslo", clearance=1 if who != "no member" else 3)
    entry_id = await _told(officer, opened.json()["id"])
    theirs = await colleague.ask(operation, operation.at(entry_id=entry_id))
    missing = await colleague.ask(operation, operation.at(entry_id=uuid4()))
    assert (theirs.status_code, theirs.json()["code"]) == (404, "not-found")
    assert same(theirs) == same(missing)
    assert opened.json()["id"] not in (await colleague.done("notification", "GET", "/v1/inbox?limit=100")).text
    assert (await officer.ask(operation, operation.at(entry_id=entry_id))).status_code == 200


async def _told(person: Person, case_id: str) -> str:
    found: list[str] = []

    async def told() -> bool:
        items = (await person.done("notification", "GET", "/v1/inbox?limit=100")).json()["items"]
        found.extend(item["id"] for item in items if item["subject_id"] == case_id)
        return bool(found)

    await until(told, what="the officer told of the plan")
    return found[0]


@pytest.mark.parametrize("operation", OF_ONE_PERSON, ids=str)
async def test_a_subscription_or_letter_is_not_there_for_a_colleague_of_the_same_role(wall, oslo, operation):
    colleague, before = wall.person("lead-oslo", sub="lead9-oslo"), await wall.state("notification")
    theirs = await colleague.ask(operation, operation.at(**oslo.ids))
    missing = await colleague.ask(operation, operation.at(**{name: uuid4() for name in operation.named("path")}))
    assert (theirs.status_code, theirs.json()["code"]) == (404, "not-found")
    assert same(theirs) == same(missing)
    assert await wall.state("notification") == before


async def test_what_one_person_has_read_and_acknowledged_says_nothing_of_another(wall, oslo):
    path = f"/v1/inbox/{oslo.ids['entry_id']}"
    reads, waits = (wall.person("lead-oslo", sub=f"lead{number}-oslo") for number in (7, 8))
    for act in ("read", "acknowledge"):
        await reads.done("notification", "POST", f"{path}/{act}", {})
    own, other = [(await person.done("notification", "GET", path)).json() for person in (reads, waits)]
    assert own["read_at"]
    assert own["acknowledged_at"]
    assert (other["read_at"], other["acknowledged_at"]) == (None, None)
    unread = (await waits.done("notification", "GET", "/v1/inbox?unread=true&limit=100")).json()["items"]
    assert oslo.ids["entry_id"] in {item["id"] for item in unread}


@pytest.mark.parametrize("operation", ENDPOINTS, ids=str)
async def test_a_service_of_the_unit_finds_no_endpoint_or_delivery_of_its_people(wall, oslo, operation):
    service, before = wall.person("downstream-demo", unit="oslo"), await wall.state("notification")
    theirs = await service.ask(operation, operation.at(**oslo.ids))
    missing = await service.ask(operation, operation.at(**{name: uuid4() for name in operation.named("path")}))
    assert (theirs.status_code, theirs.json()["code"]) == (404, "not-found")
    assert same(theirs) == same(missing)
    assert await wall.state("notification") == before


async def test_no_endpoint_asks_for_what_happens_in_another_unit_or_is_told_of_it(wall):
    lead = wall.person("lead-troms")
    made = await lead.done("notification", "POST", "/v1/endpoints", {"url": HOOK})
    path = f"/v1/endpoints/{made.json()['id']}"
    for method, at, etag in (("POST", "/v1/endpoints", None), ("PATCH", path, made.headers["etag"])):
        body = {"units": ["troms", "oslo"]} | ({"url": HOOK} if method == "POST" else {})
        answer = await lead.send("notification", method, at, body, etag=etag)
        assert (answer.status_code, answer.json()["code"]) == (422, "unit-not-allowed")
    cases = {}
    for unit in ("oslo", "troms"):
        cases[unit] = (await wall.person(f"officer-{unit}").done("case", "POST", "/v1/cases", PERSON_CASE)).json()["id"]

    async def both_routed() -> bool:
        rows = await wall.platform.fetch(
            "notification", "SELECT FROM aggregate_version WHERE aggregate_id = ANY($1)", [*cases.values()]
        )
        return len(rows) == len(cases)

    await until(both_routed, what="both cases reaching the notification service")
    # An opening tells two things, the case and its first task: any of them is one too many for another unit.
    query = "SELECT DISTINCT subject_id FROM delivery WHERE endpoint_id = $1"
    told = await wall.platform.fetch("notification", query, made.json()["id"])
    assert [str(row["subject_id"]) for row in told] == [cases["troms"]]
    await lead.done("notification", "DELETE", path, etag=made.headers["etag"])


STREAMS = {"indicator": "/v1/stream?units=oslo", "notification": "/v1/inbox/stream"}


async def events(
    wall, service: str, headers: dict[str, str], begun: asyncio.Event | None = None
) -> list[tuple[str, Any]]:
    """Return all events of a stream that ends by itself; ``begun`` is set at the first."""
    found, name = [], ""
    async with (
        asyncio.timeout(60),
        plain_client(base_url=wall.platform.nodes[service].url, timeout=60) as client,
        client.stream("GET", STREAMS[service], headers=headers) as response,
    ):
        assert response.status_code == 200
        async for line in response.aiter_lines():
            field, _, value = line.partition(": ")
            name = value if field == "event" else name
            if field == "data":
                found.append((name, json.loads(value)))
                if begun is not None:
                    begun.set()
    return found


async def revoke(wall, headers: dict[str, str]) -> None:
    """End a token at the issuer, as its client does when somebody signs out."""
    form = {"token": headers["Authorization"].removeprefix("Bearer "), "client_id": CLI_CLIENT}
    async with plain_client(timeout=30) as client:
        assert (await client.post(f"{wall.issuer.url}/revoke", data=form)).status_code == 200


async def ask(wall, service: str, headers: dict[str, str]) -> tuple[int, str | None]:
    """Return status and reason of one request."""
    async with plain_client(base_url=wall.platform.nodes[service].url, timeout=30) as client:
        answer = await client.get(DOORS[service], headers=headers)
    return answer.status_code, answer.json().get("reason")


@pytest.mark.parametrize(("service", "shown"), [("indicator", "metrics"), ("notification", "present")])
async def test_no_stream_goes_on_after_its_token_ended(wall, service, shown):
    soon = int((datetime.now(UTC) + timedelta(seconds=2)).timestamp())
    told = await events(wall, service, dict(wall.person("lead-oslo", exp=soon).headers))
    assert told[-1] == ("end", {"reason": "token-expired"})
    assert shown in {name for name, _ in told}


@pytest.mark.parametrize("service", sorted(STREAMS))
async def test_no_stream_goes_on_after_its_token_was_revoked(wall, service):
    headers, begun = dict(wall.person("lead-oslo").headers), asyncio.Event()
    reading = asyncio.create_task(events(wall, service, headers, begun))
    await asyncio.wait_for(begun.wait(), 30)
    await revoke(wall, headers)
    told = await asyncio.wait_for(reading, WITHIN_S)
    assert told[-1] == ("end", {"reason": "token-revoked"})
    assert await ask(wall, service, headers) == (401, "revoked")
    async with plain_client(base_url=wall.platform.nodes[service].url, timeout=30) as client:
        assert (await client.get(STREAMS[service], headers=headers)).status_code == 401


@pytest.mark.parametrize("service", sorted(DOORS))
async def test_no_request_passes_five_seconds_after_its_token_was_revoked(wall, service):
    headers, others = (dict(wall.person("lead-oslo").headers) for _ in range(2))
    assert await ask(wall, service, headers) == (200, None)
    await revoke(wall, headers)
    async with asyncio.timeout(WITHIN_S):
        while await ask(wall, service, headers) != (401, "revoked"):
            pass
    assert await ask(wall, service, others) == (200, None)


@pytest.mark.parametrize("service", sorted(STREAMS))
async def test_no_stream_is_opened_without_a_token_by_one_that_ended_or_by_who_has_no_part_in_it(wall, service):
    ended = int((datetime.now(UTC) - timedelta(minutes=1)).timestamp())
    for headers, status in (
        ({}, 401),
        (wall.person("lead-oslo", exp=ended).headers, 401),
        (wall.person("import-demo").headers, 403),
        (wall.person("lead-oslo", roles=["made-up"]).headers, 403),
    ):
        async with plain_client(base_url=wall.platform.nodes[service].url, timeout=30) as client:
            answer = await client.get(STREAMS[service], headers=headers)
        assert answer.status_code == status
        assert "data:" not in answer.text


async def present_of(wall, person: Person) -> set[str]:
    """Return the ids that the live inbox of somebody begins with."""
    async with (
        plain_client(base_url=wall.platform.nodes["notification"].url, timeout=30) as client,
        client.stream("GET", STREAMS["notification"], headers=person.headers) as response,
    ):
        assert response.status_code == 200
        async for line in response.aiter_lines():
            if line.startswith("data: "):
                return {*json.loads(line.removeprefix("data: "))["ids"]}
    raise AssertionError("the stream ended before it began")


async def test_the_live_inbox_begins_with_what_the_inbox_holds_and_nothing_of_another_unit_or_role(wall, oslo):
    listed, live = {}, {}
    people = {"own": wall.person("lead-oslo"), "role": wall.person("officer-oslo"), "unit": wall.mighty("innlandet")}
    for name, person in people.items():
        page = (await person.done("notification", "GET", "/v1/inbox?limit=100")).json()["items"]
        listed[name] = {item["id"] for item in page}
        live[name] = await present_of(wall, person)
        assert listed[name] <= live[name], name
    assert listed["own"]
    assert not live["unit"] & live["own"]
    assert oslo.ids["entry_id"] not in live["role"] | live["unit"]


async def test_no_place_of_another_person_is_taken_by_the_live_inbox(wall):
    async with (
        plain_client(base_url=wall.platform.nodes["notification"].url, timeout=30) as client,
        client.stream("GET", STREAMS["notification"], headers=wall.person("lead-oslo").headers) as response,
    ):
        place = await anext(line async for line in response.aiter_lines() if line.startswith("id: "))
    for person in (wall.person("lead-oslo", sub="lead9-oslo"), wall.person("lead-oslo", unit="troms")):
        headers = {**person.headers, "Last-Event-ID": place.removeprefix("id: ")}
        async with plain_client(base_url=wall.platform.nodes["notification"].url, timeout=30) as client:
            answer = await client.get(STREAMS["notification"], headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid-cursor")
