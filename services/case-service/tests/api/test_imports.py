"""Taking cases over from another system: every check of opening holds for every row, and all rows are taken or none."""

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

PERSON = {
    "case_type": "person", "theme": "drugs", "age_band": "15_17", "subject_category": "at_risk",
    "purpose_code": "prevent_crime", "legal_basis": "police_act", "municipality_number": "0301", "title": "A case",
}  # fmt: skip
OPENED = (datetime.now(UTC) - timedelta(days=200)).isoformat()
ROW = {**PERSON, "opened_at": OPENED}
NDJSON = "application/x-ndjson"
RETIRE = """
INSERT INTO code_retirement VALUES ('theme', 'traffic', (now() - interval '300 days')::date, 'somebody', now())
ON CONFLICT DO NOTHING
"""


def row(**fields: Any) -> dict[str, Any]:
    """A row that is right, with a reference of its own; a field that is given as None is left out."""
    given = {**ROW, "source_reference": f"2025/{uuid4()}", **fields}
    return {name: value for name, value in given.items() if value is not None}


def lines(*rows: Any) -> bytes:
    return b"\n".join(each if isinstance(each, bytes) else json.dumps(each).encode() for each in rows)


async def take(person, content: bytes, *, media: str = NDJSON, key: str | None = None, **query: Any) -> httpx.Response:
    headers = {**person.headers, "Content-Type": media, "Idempotency-Key": key or str(uuid4())}
    asked = {"source": "old-system", **query}
    return await person.client.post("/v1/imports", content=content, params=asked, headers=headers)


async def test_a_row_becomes_a_case_with_its_time_and_everything_that_opening_gives(service, lead):
    before = await service.row_counts()
    opened = await lead.open(occurred_at=OPENED)
    by_opening = await service.row_counts()
    answer = await take(lead, lines(row()))
    assert (answer.status_code, answer.json()["opened"], answer.json()["rows"]) == (201, 1, 1)
    by_import = await service.row_counts()
    grown = {name: by_opening[name] - before[name] for name in before}
    assert {name: by_import[name] - by_opening[name] for name in before} == {**grown, "imported_case": 1}
    [case_id] = answer.json()["cases"]
    told, other = (await lead.get(f"/v1/cases/{case_id}")).json(), await opened.read()
    assert told["title"] == "A case"
    own = {"id", "recorded_at", "updated_at"}
    assert {k: v for k, v in told.items() if k not in own} == {k: v for k, v in other.items() if k not in own}
    assert await service.events(case_id, tasks=True) == await service.events(opened.id, tasks=True)
    found = await lead.send("POST", "/v1/cases/search", {"words": "case"})
    assert case_id in [each["id"] for each in found.json()["items"]]
    rows = await service.fetch(
        "SELECT action, subject, version FROM audit_entry WHERE object_ids[1] = $1 AND outcome = 'done'"
        " AND action NOT LIKE 'case.read%' AND action NOT LIKE 'case.search%'", case_id,
    )  # fmt: skip
    assert [tuple(each) for each in rows] == [("case.import", "lead-oslo", 2)]


async def test_whoever_is_named_as_its_owner_sees_the_case(service, lead, officer):
    answer = await take(lead, lines(row(case_owner="officer-oslo"), row()))
    owned, other = answer.json()["cases"]
    assert (await officer.get(f"/v1/cases/{owned}")).json()["case_owner"] == "officer-oslo"
    assert (await officer.get(f"/v1/cases/{other}")).status_code == 404
    # The case goes on from there as any case does.
    etag = (await officer.get(f"/v1/cases/{owned}")).headers["etag"]
    saved = await officer.send("PUT", f"/v1/cases/{owned}/assessment", {"risk_factors": ["truancy"]}, etag=etag)
    assert saved.status_code == 200


WRONG: dict[str, tuple[Any, str, str]] = {
    "not JSON": (b"{", "", "invalid-json"),
    "nothing": (b"", "", "invalid-json"),
    "a number": (b"1", "", "model-type"),
    "a list": (b"[]", "", "model-type"),
    "NaN": (b'{"title": NaN}', "", "invalid-json"),
    "a NUL": (json.dumps(row(title="a\0b")).encode(), "", "invalid-json"),
    "a bare NUL": (b"\0", "", "invalid-json"),
    "a lone surrogate": (json.dumps(row(title="\ud800")).encode(), "", "invalid-json"),
    "half a character": ('{"title": "å"}'.encode()[:-3] + b'"}', "", "invalid-json"),
    "a key twice": (b'{"title": "a", "title": "b"}', "", "invalid-json"),
    "nested without end": (b"[" * 50_000, "", "invalid-json"),
    "a huge row": (row(title="a" * 70_000), "", "row-too-large"),
    "a title too long": (row(title="a" * 201), "/title", "string-too-long"),
    "no title": (row(title=None), "/title", "missing"),
    "a title of numbers": (row(title=17), "/title", "string-type"),
    "a title of nothing": (row(title="   "), "/title", "string-too-short"),
    "a control character": (row(title="a\x1bb"), "/title", "control-character"),
    "a code that is none": (row(theme="murder"), "/theme", "unlisted-code"),
    "the code unknown": (row(theme="unknown"), "/theme", "unlisted-code"),
    "a field that is none": (row(name="Kari"), "/?", "extra-forbidden"),
    "no reference": (row(source_reference=None), "/source_reference", "missing"),
    "a name as reference": (row(source_reference="Kari Nordmann"), "/source_reference", "string-pattern-mismatch"),
    "no moment": (row(opened_at=None), "/opened_at", "missing"),
    "a moment as number": (row(opened_at=1_700_000_000), "/opened_at", "not-in-words"),
    "a moment without zone": (row(opened_at="2026-01-01T12:00:00"), "/opened_at", "timezone-aware"),
    "a moment to come": (row(opened_at="2090-01-01T00:00:00Z"), "/opened_at", "occurred-at-out-of-range"),
    "a moment out of the calendar": (row(opened_at="0001-01-01T00:00:00+14:00"), "/opened_at", "moment-out-of-range"),
    "a moment too long ago": (row(opened_at="2001-01-01T00:00:00Z"), "/opened_at", "occurred-at-out-of-range"),
    "a municipality that is none": (row(municipality_number="9999"), "/municipality_number", "unknown-municipality"),
    "a unit that is none": (row(unit="atlantis"), "/unit", "unknown-unit"),
    "another unit": (row(unit="troms"), "/unit", "case-of-another-unit"),
    "an operational unit": (row(unit="oslo/gde-sentrum"), "/unit", "unknown-unit"),
    "a person not described": (row(age_band=None), "/subject_category", "person-not-described"),
    "special data without a reason": (row(special_category=True), "/necessity_reason", "necessity-reason-required"),
    "a level beyond all": (row(level=4), "/level", "enum"),
    "a retired code": (row(theme="traffic"), "/theme", "code-retired"),
}


@pytest.mark.parametrize("kind", WRONG)
async def test_one_wrong_row_among_right_ones_is_named_and_nothing_changes(service, lead, kind: str):
    wrong, place, code = WRONG[kind]
    if code == "code-retired":
        await service.fetch(RETIRE)
    content = lines(row(), wrong, row())
    before = await service.row_digests()
    answer = await take(lead, content)
    assert (answer.status_code, answer.json()["code"]) == (422, "import-refused"), answer.text
    assert answer.json()["errors"] == [{"row": 2, "place": place, "code": code}]
    assert (answer.json()["rows"], answer.json()["rows_wrong"], answer.json()["errors_total"]) == (3, 1, 1)
    assert (await take(lead, content, dry_run=True)).json()["errors"] == answer.json()["errors"]
    assert await service.row_digests() == before


async def test_a_level_above_the_clearance_is_refused(service):
    lead = service.person("lead-oslo", clearance=1)
    answer = await take(lead, lines(row(level=2)))
    assert answer.json()["errors"] == [{"row": 1, "place": "/level", "code": "above-clearance"}]


async def test_everything_that_is_wrong_is_told_at_once(lead):
    answer = await take(lead, lines(row(theme="x", title=""), b"{", row(unit="troms", level=1, age_band=None)))
    assert [(each["row"], each["place"], each["code"]) for each in answer.json()["errors"]] == [
        (1, "/theme", "unlisted-code"),
        (1, "/title", "string-too-short"),
        (2, "", "invalid-json"),
        (3, "/subject_category", "person-not-described"),
        (3, "/unit", "case-of-another-unit"),
    ]


async def test_errors_are_told_up_to_a_limit_and_counted_beyond(lead):
    answer = await take(lead, b"{\n" * 1500)
    assert (len(answer.json()["errors"]), answer.json()["errors_total"]) == (1000, 1500)


async def test_a_dry_run_says_what_an_import_would_and_changes_nothing(service, lead):
    before = await service.row_digests()
    answer = await take(lead, lines(row(), row()), dry_run=True)
    assert (answer.status_code, answer.json()) == (200, {"rows": 2, "opened": 0, "dry_run": True, "cases": []})
    after = await service.row_digests()
    assert {name for name in before if before[name] != after[name]} == {"idempotency_key"}


async def test_a_reference_comes_once_from_a_source_to_a_unit(service, lead, stranger):
    content = lines(row(source_reference="A/1"), row(source_reference="A/2"))
    assert (await take(lead, content)).status_code == 201
    before = await service.row_digests()
    again = await take(lead, lines(row(source_reference="A/3"), row(source_reference="A/2")))
    assert again.json()["errors"] == [{"row": 2, "place": "/source_reference", "code": "already-imported"}]
    assert await service.row_digests() == before
    assert (await take(lead, content, source="other-system")).status_code == 201
    assert (await take(stranger, content)).status_code == 201


async def test_a_reference_that_stands_twice_in_one_file_is_refused(lead):
    answer = await take(lead, lines(row(source_reference="B/1"), row(source_reference="B/1")))
    assert answer.json()["errors"] == [{"row": 2, "place": "/source_reference", "code": "repeated-reference"}]


async def test_an_erased_case_does_not_come_back(service, lead, privacy):
    content = lines(row(source_reference="E/1"))
    [case_id] = (await take(lead, content)).json()["cases"]
    etag = (await lead.get(f"/v1/cases/{case_id}")).headers["etag"]
    decided = await lead.send("PUT", f"/v1/cases/{case_id}/archive-decision", {"outcome": "destroy"}, etag=etag)
    erased = await privacy.send(
        "POST", f"/v1/cases/{case_id}/erasure", {"basis": "unfounded"}, etag=decided.headers["etag"]
    )
    assert erased.status_code == 200, erased.text
    assert (await take(lead, content)).json()["errors"][0]["code"] == "already-imported"


async def test_the_same_key_repeats_the_answer_and_imports_nothing_more(service, lead):
    content = lines(row())
    first = await take(lead, content, key="import-1")
    before = await service.row_counts()
    again = await take(lead, content, key="import-1")
    assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")
    assert await service.row_counts() == before
    assert (await take(lead, lines(row()), key="import-1")).json()["code"] == "idempotency-key-reused"


async def test_an_importer_of_the_directorate_names_the_unit_of_each_row(service, lead):
    importer = service.person("import-demo")
    answer = await take(importer, lines(*(row(unit=unit) for unit in ("troms", "oslo", "troms"))))
    assert answer.status_code == 201, answer.text
    rows = await service.fetch("SELECT id::text, unit FROM preventive_case WHERE id = ANY($1)", answer.json()["cases"])
    assert [dict(map(tuple, rows))[each] for each in answer.json()["cases"]] == ["troms", "oslo", "troms"]
    assert (await lead.get(f"/v1/cases/{answer.json()['cases'][1]}")).status_code == 200
    assert (await lead.get(f"/v1/cases/{answer.json()['cases'][0]}")).status_code == 404
    none = await take(importer, lines(row(), row(unit="pod")))
    assert [(each["place"], each["code"]) for each in none.json()["errors"]] == [
        ("/unit", "unit-required"), ("/unit", "unknown-unit"),
    ]  # fmt: skip
    assert (await importer.get(f"/v1/cases/{answer.json()['cases'][0]}")).status_code == 403


@pytest.mark.parametrize("persona", ["officer-oslo", "privacy-oslo", "pod-admin", "pod-analyst", "auditor"])
async def test_others_import_nothing(service, persona: str):
    assert (await take(service.person(persona), lines(row()))).json()["code"] == "forbidden"


async def test_an_importer_of_a_unit_imports_into_that_unit_alone(service):
    importer = service.person("import-demo", unit="oslo")
    assert (await take(importer, lines(row()))).status_code == 201
    answer = await take(importer, lines(row(unit="troms")))
    assert answer.json()["errors"][0]["code"] == "case-of-another-unit"


async def test_rows_come_as_csv_too(service, lead):
    header = "case_type,theme,age_band,subject_category,purpose_code,legal_basis,title,opened_at,source_reference,level"
    good = f'person,drugs,15_17,at_risk,prevent_crime,police_act,"Uro, og mer\n=1+1",{OPENED},C/1,2'
    flat = good.replace("\n", " ")
    answer = await take(lead, f"\ufeff{header}\r\n{flat}\r\n".encode(), media="text/csv; charset=utf-8")
    assert answer.status_code == 201, answer.text
    told = (await lead.get(f"/v1/cases/{answer.json()['cases'][0]}")).json()
    assert (told["title"], told["level"]) == ("Uro, og mer =1+1", 2)
    for content, error in (
        (f"{header}\n{good.replace('C/1', 'C/2')}", {"row": 1, "place": "/title", "code": "control-character"}),
        (f"{header}\n{flat},more", {"row": 1, "place": "", "code": "invalid-csv"}),
        (f"{header},name\n", {"row": 0, "place": "", "code": "invalid-csv"}),
        (f"{header},level\n", {"row": 0, "place": "", "code": "invalid-csv"}),
        (f'{header}\n"open', {"row": 1, "place": "", "code": "invalid-csv"}),
    ):
        answer = await take(lead, content.encode(), media="text/csv")
        assert answer.json()["errors"] == [error], answer.text
    answer = await take(lead, f"{header}\n{flat}".encode("latin-1").replace(b"Uro", b"\xe5"), media="text/csv")
    assert answer.json()["errors"] == [{"row": 1, "place": "", "code": "invalid-csv"}]


async def test_nothing_and_too_much_are_refused(service, lead):
    assert (await take(lead, b"")).json()["code"] == "nothing-to-import"
    assert (await take(lead, b"title\n", media="text/csv")).json()["code"] == "nothing-to-import"
    too_many = await take(lead, b"{}\n" * 10_001)
    assert (too_many.status_code, too_many.json()["code"], too_many.json()["most"]) == (413, "too-many-rows", "10000")
    huge = await take(lead, b" " * (32 * 1024 * 1024 + 1))
    assert (huge.status_code, huge.json()["code"]) == (413, "body-too-large")


@pytest.mark.parametrize("media", ["application/json", "text/plain", "application/pdf", ""])
async def test_another_form_is_refused(lead, media: str):
    answer = await take(lead, lines(row()), media=media)
    assert (answer.status_code, answer.json()["code"]) == (415, "media-type-not-allowed")


async def test_a_body_that_breaks_off_changes_nothing(service, lead):
    before = await service.row_digests()
    request = lead.client.build_request(
        "POST",
        "/v1/imports?source=old-system",
        headers={**lead.headers, "Content-Type": NDJSON, "Idempotency-Key": "k"},
    )
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/v1/imports", "raw_path": b"/v1/imports", "query_string": b"source=old-system", "root_path": "",
        "headers": [(b"transfer-encoding", b"chunked"), *((k.lower(), v) for k, v in request.headers.raw
                    if k.lower() != b"content-length")],
        "client": ("127.0.0.1", 1), "server": ("case.test", 80),
    }  # fmt: skip
    coming = iter([{"type": "http.request", "body": lines(row(), row()), "more_body": True}])
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return next(coming, {"type": "http.disconnect"})

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await service.app(scope, receive, send)
    assert sent[0]["status"] == 400
    assert b"body-incomplete" in sent[1]["body"]
    assert await service.row_digests() == before


async def test_a_code_that_was_retired_later_is_taken(service, lead):
    await service.fetch(RETIRE)
    before = (datetime.now(UTC) - timedelta(days=400)).isoformat()
    assert (await take(lead, lines(row(theme="traffic", opened_at=before)))).status_code == 201


@pytest.mark.parametrize("media", [NDJSON, "text/csv"])
async def test_whatever_bytes_come_the_answer_is_a_report_and_nothing_changes(service, lead, media):
    rng, before = random.Random(5), await service.row_digests()
    table = b"title,theme,opened_at,level\r\n" + b'"Uro, og mer",drugs,2026-01-01T00:00:00Z,1\r\n' * 3
    for _ in range(80):
        content = bytearray(
            lines(row(level=None), row(title="b\u00e5\U0001f600"), {"title": 1}) if media == NDJSON else table
        )
        for _ in range(rng.randint(1, 12)):
            place = rng.randrange(len(content))
            content[place : place + rng.choice((0, 1, 1, 4))] = rng.choice(
                (
                    b"",
                    b"\0",
                    b'"',
                    b"\n",
                    b"\r",
                    b"\xff",
                    b"\xc3",
                    b",",
                    b"{",
                    b"}",
                    b"\\ud800",
                    b"\\",
                    b"1e999",
                    b"[" * 40,
                )
            )
        answer = await take(lead, bytes(content), media=media)
        assert (answer.status_code, answer.json()["code"]) == (422, "import-refused"), bytes(content)
    assert await service.row_digests() == before


async def test_no_input_comes_back(lead):
    secret = "Kanarifugl"
    wrong = [row(title=secret * 40), row(theme=secret), row(**{secret: 1}), row(unit=secret), f'{{"{secret}'.encode()]
    assert secret not in (await take(lead, lines(*wrong))).text


async def test_what_changed_since_the_check_is_refused_by_the_database(service, lead, monkeypatch):
    """The walls below the checks: rows that nobody checked are refused all the same, and nothing of them stays."""
    content = lines(row(source_reference="W/1"))
    assert (await take(lead, content)).status_code == 201

    async def nothing(*_args: Any, **_named: Any) -> frozenset[bytes]:
        return frozenset()

    monkeypatch.setattr("case_service.store.imports.before", nothing)
    before = await service.row_digests()
    answer = await take(lead, lines(row(), row(source_reference="W/1")))
    assert (answer.status_code, answer.json()["code"]) == (409, "already-imported")
    await service.fetch(RETIRE)
    monkeypatch.setattr("case_service.commands.importing.retired_codes", lambda *_, **__: [])
    answer = await take(lead, lines(row(), row(theme="traffic")))
    assert answer.json()["code"] == "code-retired"
    assert await service.row_digests() == before


async def test_a_thousand_cases_take_as_many_statements_as_five_hundred_twice(service, lead):
    rows = [row(title=f"Sak nummer {number}") for number in range(1200)]
    answer = await take(lead, lines(*rows))
    assert (answer.status_code, answer.json()["opened"]) == (201, 1200)
    [(count, versions)] = await service.fetch(
        "SELECT count(*), count(DISTINCT (aggregate_id, aggregate_version)) FROM event_archive WHERE aggregate_id = ANY($1)",
        answer.json()["cases"],
    )
    assert count == versions == 2400
