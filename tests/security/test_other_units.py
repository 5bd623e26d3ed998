"""What belongs to another unit: not read, not changed, not listed, not counted, and not told to exist."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from forkant_contracts.codes import Role
from forkant_devstack.testing.operations import Operation, operations
from forkant_devstack.testing.plain_http import plain_client

REPOSITORY = Path(__file__).parents[2]
OPERATIONS = [item for service in ("case", "notification", "indicator") for item in operations(REPOSITORY, service)]
# What all units share belongs to none; who may change it has tests of its own.
BY_ID = [item for item in OPERATIONS if item.named("path") and item.service != "indicator" and not item.national]
# Breaking the glass opens a case of another unit; what that takes and what it opens has tests of its own.
STAYS_SHUT = [item for item in BY_ID if not item.path.endswith("/break-glass")]
BELOW = [item for item in BY_ID if len(item.named("path")) > 1]
LISTS = [
    item
    for item in OPERATIONS
    if item.method == "GET"
    and not item.named("path")
    and item.service != "indicator"
    and not item.national
    # A stream has no end; what it shows of another unit has a test of its own.
    and not item.path.endswith("/stream")
]
CHANGES = [item for item in OPERATIONS if item.body is not None]
OTHER_ROLES = [role.value for role in Role if role not in {Role.PREVENTION_LEAD, Role.PRIVACY_OFFICER, Role.UNKNOWN}]
NOT_OURS = '"v999999"'


def same(answer: httpx.Response) -> tuple[int, str, str]:
    """Return all that a caller could tell two answers apart by."""
    document = {**answer.json(), "trace_id": ""}
    headers = {name: value for name, value in answer.headers.items() if name not in {"content-length", "date"}}
    return answer.status_code, json.dumps(document), json.dumps(headers)


def unknown(operation: Operation) -> str:
    return operation.at(**{name: uuid4() for name in operation.named("path")})


@pytest.mark.parametrize("operation", STAYS_SHUT, ids=str)
async def test_no_operation_finds_what_another_unit_has_or_tells_that_it_exists(wall, oslo, operation):
    stranger, before = wall.mighty("troms"), await wall.state(operation.service)
    theirs = await stranger.ask(operation, operation.at(**oslo.ids), etag=oslo.etag)
    missing = await stranger.ask(operation, unknown(operation), etag=oslo.etag)
    assert (theirs.status_code, theirs.json()["code"]) == (404, "not-found")
    assert same(theirs) == same(missing)
    assert await wall.state(operation.service) == before


@pytest.mark.parametrize("operation", BY_ID, ids=str)
async def test_whom_it_belongs_to_finds_it_by_the_same_operation(wall, oslo, operation):
    """Without this the test above would pass on an address that nobody finds anything at."""
    unit = "vest" if operation.path.endswith(("/accept", "/reject")) else "oslo"
    # A link leads to another case, which must be there too.
    named = {"body": {**oslo.link}} if str(operation) == "case POST /v1/cases/{case_id}/links" else {}
    answer = await wall.mighty(unit).ask(operation, operation.at(**oslo.ids), etag=NOT_OURS, **named)
    if "If-Match" in operation.named("header"):
        assert (answer.status_code, answer.json()["code"]) == (412, "stale-version")
    else:
        assert answer.status_code in {200, 202, 409}, answer.text


@pytest.mark.parametrize("operation", [item for item in BY_ID if "case_id" in item.named("path")], ids=str)
async def test_an_officer_finds_no_restricted_case_of_their_own_unit(wall, restricted, operation):
    officer, before = wall.person("officer-oslo", roles=OTHER_ROLES), await wall.state()
    theirs = await officer.ask(operation, operation.at(**restricted.ids), etag=restricted.etag)
    missing = await officer.ask(operation, unknown(operation), etag=restricted.etag)
    assert theirs.status_code in {403, 404}
    assert same(theirs) == same(missing)
    assert await wall.state() == before


@pytest.mark.parametrize("operation", BELOW, ids=str)
async def test_a_part_of_another_case_is_not_reached_through_ones_own(wall, oslo, troms, second_case, operation):
    attempts = [
        (wall.mighty("troms"), {**oslo.ids, "case_id": troms.ids["case_id"]}, troms.etag),
        (wall.mighty("oslo"), {**oslo.ids, "case_id": second_case.ids["case_id"]}, second_case.etag),
    ]
    before = await wall.state()
    for person, ids, etag in attempts:
        answer = await person.ask(operation, operation.at(**ids), etag=etag)
        made_up = {name: uuid4() for name in operation.named("path") if name != "case_id"}
        missing = await person.ask(operation, operation.at(**{**ids, **made_up}), etag=etag)
        assert answer.json()["code"] in {"not-found", "illegal-transition", "legal-hold"}
        assert same(answer) == same(missing)
    assert await wall.state() == before


def next_of(answer: httpx.Response) -> str | None:
    """Return the cursor of the next page; a list that is handed out whole has none."""
    if answer.headers["content-type"] != "application/json":
        return None
    page = answer.json()
    return page.get("next") if page.get("more", True) else None


@pytest.mark.parametrize("operation", LISTS, ids=str)
async def test_no_list_filter_or_sort_shows_what_another_unit_has(wall, oslo, operation):
    # Somebody who never named an id of Oslo, which the audit trail of their unit would show.
    stranger = wall.mighty("innlandet")
    tries: list[dict[str, str]] = [{}, {"unit": "oslo"}, {"sort": "unit"}, {"owner": "officer-oslo"}, {"q": "slagsm"}]
    tries += [{name: oslo.ids["endpoint_id" if name == "endpoint_id" else "case_id"]} for name in operation.named("query")
              if name in {"endpoint_id", "subject_id", "object_id"}]  # fmt: skip
    for query in tries:
        answer = await stranger.send(operation.service, "GET", f"{operation.path}?{httpx.QueryParams(query)}")
        if "object_id" in query and operation.service == "case":
            # The notification service does not know whose a case is, and tells of the stranger's own people.
            assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
            continue
        if set(query) - set(operation.named("query")):
            assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
            continue
        assert answer.status_code == 200, answer.text
        shown = answer.text
        while following := next_of(answer):
            answer = await stranger.send(
                operation.service, "GET", f"{operation.path}?{httpx.QueryParams({**query, 'cursor': following})}"
            )
            shown += answer.text
        for name, found in oslo.ids.items():
            # An example is published to every unit, and told in its inbox.
            assert name == "example_id" or found not in shown, f"{name} of Oslo in {operation} {query}"


async def test_no_count_holds_what_another_unit_has(wall, oslo, troms):
    rows = await wall.platform.fetch("case", "SELECT count(*) AS n FROM preventive_case WHERE unit = 'troms'")
    for query in ("", "?theme=violence"):
        answer = await wall.mighty("troms").done("case", "GET", f"/v1/cases/count{query}")
        assert answer.json() == {"count": rows[0]["n"]}


@pytest.mark.parametrize("operation", [item for item in LISTS if "cursor" in item.named("query")], ids=str)
async def test_a_cursor_of_another_unit_opens_nothing(wall, oslo, troms, second_case, operation):
    mine = (await wall.mighty("oslo").done(operation.service, "GET", f"{operation.path}?limit=1")).json()["next"]
    if mine is None:
        pytest.skip("the list has one page only")
    answer = await wall.mighty("troms").send(
        operation.service, "GET", f"{operation.path}?{httpx.QueryParams(limit=1, cursor=mine)}"
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-cursor")


@pytest.mark.parametrize("operation", CHANGES, ids=str)
@pytest.mark.parametrize("field", ["unit", "owner", "level", "restricted_to", "roles", "id", "version", "__proto__"])
async def test_no_field_beside_those_described_is_written(wall, troms, operation, field):
    if field in operation.body["properties"]:
        pytest.skip("the field is one of those described")
    body, before = {**wall.body_of(operation), field: "oslo"}, await wall.state(operation.service)
    answer = await wall.able(operation, "troms").ask(operation, operation.at(**troms.ids), etag=troms.etag, body=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert {"place": "body.?", "kind": "extra_forbidden", "rule": "Extra inputs are not permitted"} in (
        answer.json()["errors"]
    )
    assert await wall.state(operation.service) == before


CLAIMED = {
    "x-role": "prevention_lead", "x-roles": "privacy_officer", "x-user": "lead-oslo", "x-unit": "oslo",
    "x-forwarded-user": "lead-oslo", "x-remote-user": "lead-oslo", "x-original-url": "/health/live",
    "x-rewrite-url": "/health/live", "x-forwarded-for": "127.0.0.1", "x-forwarded-host": "127.0.0.1",
    "x-real-ip": "127.0.0.1", "cookie": "role=prevention_lead; unit=oslo",
}  # fmt: skip


async def test_no_header_gives_a_role_a_unit_or_a_person(wall, oslo, troms):
    case, before = oslo.ids["case_id"], await wall.state()
    read = await wall.person("officer-troms").send("case", "GET", f"/v1/cases/{case}", **CLAIMED)
    assert (read.status_code, read.json()["code"]) == (404, "not-found")
    body = {"restricted": True, "reason": "disputed"}
    path = f"/v1/cases/{case}/restriction"
    written = await wall.person("officer-oslo").send("case", "POST", path, body, etag=oslo.etag, **CLAIMED)
    assert (written.status_code, written.json()["code"]) == (403, "forbidden")
    for service in ("case", "indicator", "notification"):
        answer = await wall.raw(service, b"GET /v1/cases HTTP/1.1\r\nHost: x\r\nX-User: lead-oslo\r\n\r\n")
        assert answer[0] == 401
    assert await wall.state() == before


@pytest.mark.parametrize("header", ["x-http-method-override", "x-http-method", "x-method-override"])
async def test_no_header_changes_the_method(wall, oslo, header):
    case, before = oslo.ids["case_id"], await wall.state()
    headers = {header: "POST"}
    lead = wall.person("lead-oslo")
    read = await lead.send("case", "GET", f"/v1/cases/{case}", etag=oslo.etag, **headers)
    assert (read.status_code, read.json()["id"]) == (200, case)
    refused = await lead.send("case", "POST", f"/v1/cases/{case}", {}, etag=oslo.etag, **{header: "DELETE"})
    assert (refused.status_code, refused.json()["code"]) == (405, "method-not-allowed")
    assert await wall.state() == before


DETOURS = [
    "/v1/cases/{case}/", "/V1/cases/{case}", "/v1/CASES/{case}", "//v1/cases/{case}", "/v1//cases/{case}",
    "/v1/cases//{case}", "/v1%2Fcases%2F{case}", "/v1/cases%2F{case}", "/v1/cases/{case};a=b", "/v1/cases/{case}%20",
    "/v1/./cases/{case}", "/v1/x/../cases/{case}", "/docs/../v1/cases/{case}", "/docs/..%2Fv1/cases/{case}",
    "/docs/%2e%2e/v1/cases/{case}", "/health/live/../../v1/cases/{case}", "/dashboard/../v1/cases/{case}",
    "http://127.0.0.1/v1/cases/{case}", "/v1\\cases\\{case}", "/v1/cases/{case}?x=/health/live",
    "/v1/cases/{case}#/health/live", "/%76%31/cases/{case}", "/v1/cases/{case}.json", "/v1/cases/{case}%00",
]  # fmt: skip


@pytest.mark.parametrize("detour", DETOURS)
async def test_no_way_of_writing_an_address_goes_around_the_wall(wall, oslo, detour):
    case = oslo.ids["case_id"]
    path = detour.format(case=case)
    bearer = wall.person("officer-troms").headers["Authorization"]
    without, _ = await wall.raw("case", f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert without in {400, 401, 404}
    stranger, text = await wall.raw(
        "case", f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {bearer}\r\n\r\n".encode()
    )
    assert stranger in {400, 401, 404, 422}
    assert "slagsm" not in text
    assert "\r\nlocation:" not in text.lower()


async def test_the_figures_of_another_unit_hide_small_numbers_by_every_way(wall, finnmark_case):
    stranger, own = wall.person("lead-troms"), wall.person("lead-finnmark")
    for person, hidden in ((own, False), (stranger, True)):
        # What others are shown is a moment behind what is counted: from before the case there is none to hide.
        streamed = await first_of_stream(wall, person, "finnmark", but=0)
        assert (streamed["counts"]["opened"]["value"] is None) is hidden
        metrics = (await person.done("indicator", "GET", "/v1/districts/finnmark/metrics")).json()
        assert (metrics["counts"]["opened"]["value"] is None) is hidden
        for number in (2, 3, 4, 5, 7, 10, 11, 12, 14, 17) if hidden else ():
            values = (await person.done("indicator", "GET", f"/v1/indicators/{number}/values")).json()
            [row] = [row for row in values["rows"] if row["unit"] == "finnmark"]
            assert '"value": 1' not in json.dumps(row)


async def first_of_stream(wall, person, unit, *, but) -> Any:
    async with (
        plain_client(base_url=wall.platform.nodes["indicator"].url, timeout=30) as client,
        client.stream("GET", f"/v1/stream?units={unit}", headers=person.headers) as response,
    ):
        assert response.status_code == 200
        async for line in response.aiter_lines():
            told = json.loads(line.removeprefix("data:")) if line.startswith("data:") else None
            if told is not None and "counts" in told and told["counts"]["opened"]["value"] != but:
                return told
    raise AssertionError("the stream ended without figures")
