"""Handing out lists of cases: what a list would show, from one moment, written down first, and whole or seen to be not."""

import asyncio
import csv
import io
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from case_service.api import exports
from case_service.api.export_forms import NAMES
from pyarrow import parquet

MANY = 2_500
FILL = """
INSERT INTO preventive_case (
    id, unit, version, revision, state, case_type, theme, age_band, subject_category, purpose_code, legal_basis, arena,
    special_category, title, opened_by, case_owner, opened_at, recorded_at, updated_at, clarification_deadline, level,
    lowest_level, retention_until, retention_rule, retention_rules_version)
SELECT uuidv7(), 'oslo', 1, 1, 'registered', 'place', 'fraud', 'not_applicable', 'not_applicable', 'prevent_crime',
    'police_act', 'physical', false, sha256('A case'), 'somebody', 'somebody', now(), now(), now(), current_date, 1, 1,
    current_date + 1, 'open', 1
FROM generate_series(1, $1::int)
"""
EXPORT = "/v1/cases/export"


async def listed(person: Any, **filters: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await person.get("/v1/cases", limit=100, **filters, **cursor)).json()
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = {"cursor": page["next"]}


async def exported(person: Any, **asked: Any) -> list[dict[str, Any]]:
    answer = await person.get(EXPORT, format="ndjson", **asked)
    assert answer.status_code == 200, answer.text
    rows = [json.loads(line) for line in answer.content.splitlines()]
    assert answer.headers["forkant-rows"] == str(len(rows))
    return rows


@pytest.fixture
async def cases(service, lead, officer, stranger):
    """A few cases that not everybody may see."""
    await officer.open(theme="fraud", title="=HYPERLINK(1)")
    await lead.open(level=3)
    await lead.open(level=2)
    await stranger.open()
    restricted = await lead.open()
    await restricted.do("POST", "restriction", {"restricted": True, "reason": "disputed"})
    merged, into = await lead.open(), await lead.open()
    await merged.do("POST", "merge", {"into": into.id, "into_etag": into.etag})


FILTERS: dict[str, dict[str, Any]] = {
    "none": {}, "a theme": {"theme": "fraud"}, "two levels": {"level": [2, 3]}, "a state": {"state": "closed"},
    "days": {"opened_from": "2020-01-01T00:00:00Z", "clarification_deadline_before": "2090-01-01"},
}  # fmt: skip


@pytest.mark.parametrize("narrowed", FILTERS)
@pytest.mark.parametrize("who", ["officer-oslo", "officer2-oslo", "lead-oslo", "privacy-oslo", "lead-troms"])
async def test_an_export_holds_what_the_list_shows_in_its_order(service, cases, who, narrowed):
    person = service.person(who)
    shown, found = await listed(person, **FILTERS[narrowed]), await exported(person, **FILTERS[narrowed])
    assert [each["id"] for each in found] == [each["id"] for each in shown]
    for line, row in zip(shown, found, strict=True):
        assert {name: row[name] for name in line if name in {"unit", "state", "level", "theme", "version"}} == {
            name: line[name] for name in line if name in {"unit", "state", "level", "theme", "version"}
        }


@pytest.mark.parametrize("persona", ["pod-admin", "auditor", "analyst-oslo", "import-demo"])
async def test_who_may_read_no_case_exports_none(service, persona):
    assert (await service.person(persona).get(EXPORT)).status_code == 403


async def test_each_form_says_the_same_and_none_holds_a_text(service, cases, lead):
    rows = await exported(lead)
    table = await lead.get(EXPORT, format="csv")
    lines = list(csv.DictReader(io.StringIO(table.text)))
    file = await lead.get(EXPORT, format="parquet")
    read = parquet.read_table(io.BytesIO(file.content)).to_pylist()
    assert [each["id"] for each in rows] == [each["id"] for each in lines] == [each["id"] for each in read]
    assert [str(each["level"]) for each in rows] == [each["level"] for each in lines]
    assert [each["restricted"] for each in rows] == [each["restricted"] == "true" for each in lines]
    assert [each["restricted"] for each in rows] == [each["restricted"] for each in read]
    for name in ("opened_at", "closed_at", "clarification_deadline", "retention_until"):
        assert [each[name] or "" for each in rows] == [each[name] for each in lines]
    assert [each["retention_until"] for each in rows] == [each["retention_until"].isoformat() for each in read]
    assert read[0]["opened_at"].utcoffset() is not None
    assert tuple(read[0]) == tuple(rows[0]) == tuple(lines[0]) == NAMES
    for answer in (table, file):
        assert b"HYPERLINK" not in answer.content
        assert b"A case" not in answer.content
    assert not {"title", "subject", "description", "opened_by", "case_owner"} & set(NAMES)


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("", "text/csv"),
        ("*/*", "text/csv"),
        ("application/x-ndjson", "application/x-ndjson"),
        ("text/csv;q=0.2, application/vnd.apache.parquet", "application/vnd.apache.parquet"),
        ("text/html, application/x-ndjson;q=0.5", "application/x-ndjson"),
    ],
)
async def test_the_form_is_the_first_that_the_client_accepts(lead, accept, media):
    answer = await lead.client.get(EXPORT, headers={**lead.headers, "Accept": accept})
    assert answer.headers["content-type"].partition(";")[0] == media


@pytest.mark.parametrize("accept", ["text/html", "text/csv;q=0", "text/csv;q=x", "application/json"])
async def test_a_form_that_there_is_not_is_refused(lead, accept):
    answer = await lead.client.get(EXPORT, headers={**lead.headers, "Accept": accept})
    assert (answer.status_code, answer.json()["code"]) == (406, "form-not-offered")
    assert (await lead.get(EXPORT, format="xml")).status_code == 422


async def test_nothing_gives_an_empty_list_in_each_form(service):
    person = service.person("lead-finnmark")
    assert (await person.get(EXPORT, format="csv")).text.split() == [",".join(NAMES)]
    assert (await person.get(EXPORT, format="ndjson")).content == b""
    file = await person.get(EXPORT, format="parquet")
    assert parquet.read_table(io.BytesIO(file.content)).num_rows == 0


async def test_it_is_written_down_who_got_which_cases_narrowed_to_what(empty_service):
    service, lead = empty_service, empty_service.person("lead-oslo")
    await service.fetch(FILL, MANY)
    rows = await exported(lead, theme="fraud")
    assert len(rows) == MANY
    [kept] = await service.fetch("SELECT * FROM case_export")
    assert (kept["subject"], kept["unit"], kept["form"], kept["cases"]) == ("lead-oslo", "oslo", "ndjson", MANY)
    assert json.loads(kept["narrowed"]) == {"theme": ["fraud"]}
    entries = await service.fetch("SELECT * FROM audit_entry WHERE action = 'case.export' ORDER BY seq")
    assert {each["subject"] for each in entries} == {"lead-oslo"}
    assert {each["object_ids"][0] for each in entries} == {kept["id"]}
    shown = [str(found) for each in entries for found in each["object_ids"][1:]]
    assert shown == [each["id"] for each in rows]


async def ask(service: Any, person: Any, on_part: Callable[[int], Awaitable[None]]) -> list[dict[str, Any]]:
    """Ask for an export as a server would, with something done after each part; return what was sent."""
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": EXPORT, "raw_path": EXPORT.encode(), "query_string": b"format=ndjson", "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in person.headers.items()],
        "client": ("127.0.0.1", 1), "server": ("case.test", 80),
    }  # fmt: skip
    sent: list[dict[str, Any]] = []

    coming = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> dict[str, Any]:
        if coming:
            return coming.pop()
        await never.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)
        await on_part(sum(each["type"] == "http.response.body" for each in sent))

    never = asyncio.Event()
    try:
        await service.app(scope, receive, send)
    except Exception as error:  # noqa: BLE001 - what a server sees of an answer that breaks off
        sent.append({"type": "broken", "error": error})
    return sent


async def test_it_holds_what_there_was_at_its_moment(empty_service):
    service, lead = empty_service, empty_service.person("lead-oslo")
    await service.fetch(FILL, MANY)

    async def open_more(part: int) -> None:
        if part == 1:
            await service.fetch(FILL, 10)

    sent = await ask(service, lead, open_more)
    assert b"".join(each.get("body", b"") for each in sent).count(b"\n") == MANY
    assert sent[-1]["more_body"] is False


async def test_the_number_in_its_head_is_of_the_same_moment(empty_service, monkeypatch):
    service, lead = empty_service, empty_service.person("lead-oslo")
    await service.fetch(FILL, MANY)
    count = exports.listing.count_cases

    async def counted(*given: Any) -> int:
        found = await count(*given)
        await service.fetch(FILL, 10)
        return found

    monkeypatch.setattr(exports.listing, "count_cases", counted)
    assert len(await exported(lead)) == MANY


async def test_one_that_breaks_off_is_seen_to_and_holds_nothing_any_more(empty_service):
    service, lead = empty_service, empty_service.person("lead-oslo")
    await service.fetch(FILL, MANY)

    async def cut(part: int) -> None:
        if part == 1:
            await service.fetch(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE state = 'idle in transaction' AND datname = current_database()",
                as_app=True,
            )

    for _ in range(12):
        sent = await ask(service, lead, cut)
        headers = dict(sent[0]["headers"])
        assert (sent[0]["status"], headers[b"forkant-rows"]) == (200, str(MANY).encode())
        assert b"".join(each.get("body", b"") for each in sent).count(b"\n") < MANY
        assert not any(each.get("more_body") is False for each in sent)
    assert len(await exported(lead)) == MANY


async def test_a_token_that_is_revoked_ends_it(empty_service, monkeypatch):
    service, lead = empty_service, empty_service.person("lead-oslo")
    await service.fetch(FILL, MANY)
    rights: list[Any] = []

    def right_of(request: Any) -> Any:
        rights.append(found(request))
        return rights[-1]

    found = exports.right_of
    monkeypatch.setattr(exports, "right_of", right_of)

    async def end(part: int) -> None:
        if part == 1:
            rights[0]._end("token-revoked")

    sent = await ask(service, lead, end)
    assert b"".join(each.get("body", b"") for each in sent).count(b"\n") < MANY
    assert not any(each.get("more_body") is False for each in sent)


async def test_no_more_than_a_few_are_written_at_once(service, lead):
    places = service.app.state.tools.exchange.exports
    await places.acquire()
    await places.acquire()
    try:
        answer = await lead.get(EXPORT)
        assert (answer.status_code, answer.json()["code"]) == (429, "exports-busy")
    finally:
        places.release()
        places.release()
    assert (await lead.get(EXPORT)).status_code == 200
