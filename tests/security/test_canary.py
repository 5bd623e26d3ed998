"""Marked personal data through every text of every operation of the case service, and then nowhere in clear.

The texts are found in the API description, so that a new field is written too; an operation with a text that the walk
below does not take fails the test by its name.
"""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from forkant_contracts import TOPICS
from forkant_devstack.testing.operations import Operation, operations, texts
from forkant_devstack.testing.plain_http import plain_client
from forkant_kit.db import utc_now
from forkant_kit.testing import until

from .canary import CANARY, found_in, in_answer, in_logs, in_metrics, in_spans, in_tables, on_topics

pytestmark = pytest.mark.kafka
REPOSITORY = Path(__file__).parents[2]
OPERATIONS = {(item.method, item.path): item for item in operations(REPOSITORY, "case")}
WITH_TEXTS = {
    (method, path, place)
    for (method, path), item in OPERATIONS.items()
    # What is written about methods, and published, is for everybody to read, and about nobody; so are names of units.
    if item.body is not None and not item.national and "operational-units" not in item.tags
    for place in texts(item.body)
}
DUE = (utc_now() + timedelta(days=14)).date().isoformat()
CASE = "/v1/cases/{case_id}"
SPECIAL = {"special_category": True}
WALK: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("officer", "POST", "/v1/concerns", {}),
    ("officer", "POST", "/v1/concerns/{concern_id}/decision", {"case": SPECIAL}),
    ("officer", "POST", "/v1/searches", {}),
    ("officer", "PUT", "/v1/searches/{search_id}", {}),
    ("officer", "POST", "/v1/cases", SPECIAL),
    ("officer", "POST", "/v1/cases/search", {}),
    ("officer", "POST", f"{CASE}/referral", {}),
    ("officer", "POST", "/v1/cases", SPECIAL),
    ("officer", "POST", f"{CASE}/rejection", {}),
    ("officer", "POST", "/v1/cases", SPECIAL),
    ("officer", "POST", f"{CASE}/merge", {}),
    ("officer", "POST", "/v1/cases", SPECIAL),
    ("officer", "PUT", f"{CASE}/assessment", {}),
    ("officer", "PUT", f"{CASE}/plan", {}),
    ("lead", "POST", f"{CASE}/plan/approval", {"occurred_at": None}),
    ("officer", "POST", f"{CASE}/measures", {"due_on": DUE}),
    ("officer", "POST", f"{CASE}/measures/{{measure_id}}/start", {"occurred_at": None}),
    ("officer", "POST", f"{CASE}/measures/{{measure_id}}/complete", {"occurred_at": None}),
    ("officer", "POST", f"{CASE}/partners", {}),
    ("officer", "POST", f"{CASE}/information", SPECIAL),
    ("officer", "POST", f"{CASE}/information/{{information_id}}/clarification", {}),
    ("officer", "POST", f"{CASE}/disclosures", {}),
    ("officer", "POST", f"{CASE}/transfers", {}),
    ("officer", "POST", f"{CASE}/follow-ups", {"due_on": DUE}),
    ("officer", "POST", f"{CASE}/follow-ups/{{follow_up_id}}/held", {}),
    ("officer", "PUT", f"{CASE}/evaluation", {}),
    ("officer", "POST", f"{CASE}/hold", {}),
    ("officer", "POST", f"{CASE}/resume", {"occurred_at": None}),
    ("officer", "POST", f"{CASE}/close", {"reason": "moved"}),
    ("officer", "POST", f"{CASE}/reopen", {}),
    ("officer", "POST", "/v1/best-practices", {}),
    ("officer", "POST", "/v1/best-practice-drafts/{draft_id}/rewriting", {}),
)


def filled(operation: Operation) -> tuple[Any, set[tuple[str, str, tuple[str, ...]]]]:
    """Return a body with the canary in each of its texts, and which texts these are."""
    body, places = operation.example(), set(texts(operation.body or {}))
    for place in places:
        # Not the same everywhere: an example that has its words from the case is refused.
        write(body, place, f"{CANARY} {operation.tags[0]} {'.'.join(place)}")
    return body, {(operation.method, operation.path, place) for place in places}


def write(body: Any, place: tuple[str, ...], text: str) -> None:
    name, rest = place[0], place[1:]
    if not rest:
        body[name] = text
        return
    if rest[0] == "[]":
        listed = body.setdefault(name, [{}])
        if len(rest) == 1:
            body[name] = [text]
            return
        write(listed[0], rest[1:], text)
        return
    write(body.setdefault(name, {}), rest, text)


def merged(body: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {**body, **{n: merged(body[n], v) if isinstance(v, dict) else v for n, v in changes.items()}}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def written(wall) -> set[tuple[str, str, tuple[str, ...]]]:
    """Walk through cases with the canary in every text, and wait until everybody has heard of them."""
    ids: dict[str, str] = {}
    etag, done, before = "", set(), dict[str, Any]()
    for who, method, template, changes in WALK:
        body, places = filled(OPERATIONS[method, template])
        if template == "/v1/cases":
            before = {"into": ids.get("case_id"), "into_etag": etag}
        elif template.endswith("/merge"):
            body |= before
        body |= {"case_id": ids["case_id"]} if "case_id" in body else {}
        answer = await wall.person(f"{who}-agder").done(
            "case", method, template.format_map(ids), merged(body, changes), etag=etag, **NOISE
        )
        receipt, etag = answer.json(), answer.headers.get("etag", etag)
        assert not in_answer(answer)
        if template == "/v1/concerns":
            ids["concern_id"] = receipt["id"]
        elif "best-practice" in template:
            ids["draft_id"] = receipt["id"]
        elif template == "/v1/searches":
            ids["search_id"] = receipt["id"]
        elif "concern" not in template and "search" not in template:
            ids["case_id"] = receipt["id"]
            for name, tail in (
                ("measure_id", "/measures"),
                ("follow_up_id", "/follow-ups"),
                ("information_id", "/information"),
            ):
                if template.endswith(tail):
                    ids[name] = receipt["item_id"]
        done |= places
    await heard(wall, ids["case_id"])
    return done


NOISE = {"User_Agent": CANARY, "X_Request_Id": CANARY, "tracestate": f"a={CANARY}", "baggage": f"name={CANARY}"}


async def heard(wall, case_id: str) -> None:
    async def everywhere() -> bool:
        query = "SELECT max(aggregate_version) AS n FROM event_archive WHERE aggregate_id = $1"
        [last] = await wall.platform.fetch("case", query, case_id)
        query = "SELECT version AS n FROM aggregate_version WHERE aggregate_id = $1"
        known = [await wall.platform.fetch(name, query, case_id) for name in ("indicator", "notification")]
        # Several groups of one service may read.
        return all(rows and all(row == last for row in rows) for rows in known)

    await until(everywhere, what="the last event reaching both readers")


def test_no_text_of_any_operation_is_left_out_here():
    taken = {(method, path) for _, method, path, _ in WALK}
    assert {(method, path) for method, path, _ in WITH_TEXTS} <= taken


async def test_every_text_of_every_operation_was_written(written):
    assert written == WITH_TEXTS


@pytest.mark.parametrize("service", ["case", "indicator", "notification"])
async def test_nothing_personal_stands_in_clear_in_a_database(wall, written, service):
    assert await in_tables(wall.platform.nodes[service].database.worker_url) == set()


async def test_nothing_personal_is_on_the_bus(wall, written):
    marked, seen = await on_topics(
        wall.platform.kafka.bootstrap, {name: topic.partitions for name, topic in TOPICS.items()}
    )
    assert marked == []
    assert seen >= len(WALK)


async def test_nothing_personal_is_in_lists_feeds_or_histories(wall, written):
    lead = wall.person("lead-agder")
    for operation in OPERATIONS.values():
        if operation.method == "GET" and not operation.named("path"):
            answer = await lead.send("case", "GET", operation.path)
            assert not in_answer(answer), operation


def refusals() -> Iterable[tuple[Operation, Any]]:
    for operation in OPERATIONS.values():
        if operation.body is None:
            continue
        body = operation.example()
        for name in operation.body["properties"]:
            yield operation, {**body, name: {"a": CANARY}}
            if name not in {place[0] for place in texts(operation.body)}:
                yield operation, {**body, name: CANARY}
                yield operation, {**body, name: [CANARY]}
        yield operation, {**body, CANARY: CANARY}
        yield operation, [CANARY]
        yield operation, CANARY


async def test_nothing_personal_is_in_the_answer_to_what_was_refused(wall, oslo):
    lead = wall.mighty("oslo")
    async with plain_client(base_url=wall.platform.nodes["case"].url, timeout=30) as client:
        for operation, body in refusals():
            headers = {**lead.headers, "If-Match": '"v999999"', "Idempotency-Key": str(uuid4())}
            # What all units share is nobody's belonging, and a made-up one is refused as well.
            ids = {name: str(uuid4()) for name in operation.named("path")} | oslo.ids
            answer = await client.request(operation.method, operation.at(**ids), json=body, headers=headers)
            assert answer.is_client_error, (operation, body, answer.text)
            assert not in_answer(answer), operation
        for path in (f"/v1/cases/{CANARY}", f"/{CANARY}", f"/v1/cases?theme={CANARY}", f"/v1/cases?{CANARY}={CANARY}&limit=x",
                     f"/v1/cases?cursor={CANARY}", f"/v1/changes?changed_since={CANARY}"):  # fmt: skip
            answer = await client.get(path, headers=lead.headers)
            assert answer.is_client_error
            assert not in_answer(answer)


async def test_nothing_personal_is_logged_traced_or_measured(wall, collector, written):
    trace_id = uuid4().hex
    await wall.person("lead-oslo").done("case", "GET", "/v1/cases", traceparent=f"00-{trace_id}-00f067aa0ba902b7-01")

    async def exported() -> bool:
        return bool(collector.of_trace(trace_id))

    await until(exported, what="the last span being exported")
    assert in_logs(wall.platform.folder) == set()
    assert in_spans(collector.spans) == []
    assert [line for line in collector.lines if found_in(line.event, line.attributes)] == []
    assert found_in(*collector.metrics.values()) == set()
    assert collector.lines
    ports = [port for node in wall.platform.nodes.values() for port in (node.http_port, node.worker_port)]
    assert await in_metrics(ports) == set()
