import json
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from forkant_devstack.testing.assessments import completed_assessment

NOW = datetime.now(UTC)
DUE = (NOW.date() + timedelta(days=40)).isoformat()
PERSON_CASE = {
    "case_type": "person",
    "theme": "drugs",
    "age_band": "15_17",
    "subject_category": "at_risk",
    "purpose_code": "prevent_crime",
    "legal_basis": "police_act",
    "title": "A case",
}


async def raw(person, path, content, **headers):
    sent = {**person.headers, "Content-Type": "application/json", "Idempotency-Key": str(uuid4()), **headers}
    return await person.client.post(path, content=content, headers=sent)


def body(**fields) -> bytes:
    return json.dumps({**PERSON_CASE, **fields}).encode()


BAD_BODIES = [
    ("two mebibytes", body(title="x" * 2 * 1024 * 1024), 413, "body-too-large"),
    ("a NUL", body(title="a\0b"), 400, "invalid-json"),
    ("a lone surrogate", body(title="\ud800"), 400, "invalid-json"),
    ("NaN", body().replace(b'"A case"', b"NaN"), 400, "invalid-json"),
    ("a key twice", body().replace(b'{"case_type"', b'{"title": "one", "case_type"'), 400, "invalid-json"),
    ("half a body", body()[:-5], 400, "invalid-json"),
    ("not UTF-8", b'{"title": "\xff"}', 400, "invalid-json"),
    ("nested without end", b'{"title": ' + b"[" * 500 + b"]" * 500 + b"}", 400, "invalid-json"),
    ("a list", b"[]", 422, "invalid-request"),
    ("nothing", b"", 422, "invalid-request"),
    ("an unknown field", body(colour="blue"), 422, "invalid-request"),
    ("a unit of one's own choice", body(unit="troms"), 422, "invalid-request"),
    ("an unlisted code", body(theme="gossip"), 422, "invalid-request"),
    ("the code that only readers have", body(theme="unknown"), 422, "invalid-request"),
    ("a control character", body(title="a\u0007b"), 422, "invalid-request"),
    ("a line break in a title", body(title="a\nb"), 422, "invalid-request"),
    ("a text that reads backwards", body(title="a\u202eb"), 422, "invalid-request"),
    ("an empty title", body(title="   "), 422, "invalid-request"),
    ("a title that is too long", body(title="x" * 201), 422, "invalid-request"),
    ("a number for a moment", body(occurred_at=1700000000), 422, "invalid-request"),
    ("a moment without an offset", body(occurred_at="2026-01-01T00:00:00"), 422, "invalid-request"),
    ("a word for a flag", body(special_category="yes"), 422, "invalid-request"),
    ("an unknown municipality", body(municipality_number="9999"), 422, "unknown-municipality"),
    ("a municipality that is no number", body(municipality_number="oslo"), 422, "invalid-request"),
    ("a person without an age band", body(age_band="not_applicable"), 422, "person-not-described"),
    ("special data without a reason", body(special_category=True), 422, "necessity-reason-required"),
    # A day, since the table is made before the first test, and a session of tests may last.
    ("a moment ahead", body(occurred_at=(NOW + timedelta(days=1)).isoformat()), 422, "occurred-at-out-of-range"),
    ("six years back", body(occurred_at=(NOW - timedelta(days=2200)).isoformat()), 422, "occurred-at-out-of-range"),
    ("the first moment there is", body(occurred_at="0001-01-01T00:00:00+14:00"), 422, "occurred-at-out-of-range"),
    ("the last moment there is", body(occurred_at="9999-12-31T23:59:59-14:00"), 422, "occurred-at-out-of-range"),
]


@pytest.mark.parametrize(
    ("content", "status", "code"), [row[1:] for row in BAD_BODIES], ids=[row[0] for row in BAD_BODIES]
)
async def test_bad_input_gets_its_problem_document_and_leaves_no_row(service, officer, content, status, code):
    before = await service.row_counts()
    answer = await raw(officer, "/v1/cases", content)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert await service.row_counts() == before


async def test_a_problem_document_never_repeats_what_was_sent(officer):
    canary = "Kari-Canary-7731"
    for content in (body(colour=canary), body(theme=canary), body(title=canary * 20), body(municipality_number=canary)):
        answer = await raw(officer, "/v1/cases", content)
        assert answer.status_code == 422
        assert canary not in answer.text


async def test_text_is_kept_in_normal_form_and_lines_stay(officer):
    case = await officer.open(title=" Fæ\u030alles ", description="One\r\ntwo\n")
    shown = await case.read()
    assert (shown["title"], shown["description"]) == ("F\u00e6\u030alles", "One\ntwo")
    composed = await officer.open(title="A\u030als")
    assert (await composed.read())["title"] == "\u00c5ls"


BAD_TOKENS = [
    ("expired", {"exp": int(time.time()) - 3600}),
    ("for somebody else", {"aud": "another"}),
    ("from somebody else", {"iss": "https://issuer.invalid"}),
    ("without a unit", {"unit": None}),
    ("not an access token", {"typ": "JWT"}),
]


@pytest.mark.parametrize("claims", [row[1] for row in BAD_TOKENS], ids=[row[0] for row in BAD_TOKENS])
async def test_a_token_that_is_not_right_is_refused(service, claims):
    person = service.person("officer-oslo", **claims)
    answer = await person.get("/v1/cases")
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid-token")


async def test_a_forged_token_is_refused_before_the_body_is_read(service):
    headers = {"Authorization": f"Bearer {service.issuer.forged_token('officer-oslo')}"}
    answer = await service.client.post("/v1/cases", content=b"x" * 3_000_000, headers=headers)
    assert answer.status_code == 401


async def test_nobody_is_let_in_without_a_token(service):
    for path in ("/v1/cases", "/v1/concerns", "/v1/changes", "/v1/catalogue", "/v1/transfers"):
        assert (await service.client.get(path)).status_code == 401


@pytest.mark.parametrize("unit", ["pod", "atlantis", "oslo/gde-sentrum"])
async def test_a_caller_of_a_unit_without_cases_is_refused(service, unit):
    person = service.person("officer-oslo", unit=unit)
    answer = await person.send("POST", "/v1/cases", PERSON_CASE)
    assert (answer.status_code, answer.json()["code"]) == (403, "unit-holds-no-cases")


async def test_a_transfer_to_an_unknown_unit_or_to_one_s_own_is_refused(officer):
    case = await officer.open()
    for unit, code in (("atlantis", "unknown-unit"), ("pod", "unknown-unit"), ("oslo", "same-unit")):
        answer = await case.attempt("POST", "transfers", {"to_unit": unit})
        assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize("back", [timedelta(hours=2), timedelta(days=3000)])
async def test_nothing_happens_to_a_case_before_its_opening(service, officer, back):
    opened = NOW - timedelta(hours=1)
    case = await officer.open(occurred_at=opened.isoformat())
    answer = await case.attempt("PUT", "assessment", completed_assessment(occurred_at=(NOW - back).isoformat()))
    assert (answer.status_code, answer.json()["code"]) == (422, "occurred-at-out-of-range")
    assert datetime.fromisoformat(answer.json()["earliest"]) == opened
    assert await service.events(case.id) == ["case.opened"]


async def test_events_carry_when_it_happened_and_when_it_was_recorded(service, officer):
    opened = NOW - timedelta(days=30)
    case = await officer.open(occurred_at=opened.isoformat())
    assessed = (NOW - timedelta(days=20)).isoformat()
    await case.do("PUT", "assessment", completed_assessment(occurred_at=assessed))
    rows = await service.fetch(
        "SELECT occurred_at, recorded_at FROM event_archive WHERE aggregate_id = $1 AND type LIKE 'no.forkant.case.%'"
        " ORDER BY aggregate_version",
        case.id,
    )
    assert [row["occurred_at"] for row in rows] == [opened, *[datetime.fromisoformat(assessed)] * 2]
    assert all(row["recorded_at"] >= NOW - timedelta(minutes=5) for row in rows)


@pytest.mark.parametrize("due_on", ["1999-01-01", "2999-01-01"])
async def test_a_due_day_out_of_range_is_refused(officer, due_on):
    case = await officer.open()
    await case.planned()
    answer = await case.attempt("POST", "measures", {"kind": "home_visit", "due_on": due_on})
    assert (answer.status_code, answer.json()["code"]) == (422, "due-on-out-of-range")


@pytest.mark.parametrize(
    ("method", "tail", "sent"),
    [
        ("PUT", "assessment", {"risk_factors": ["laziness"]}),
        ("PUT", "plan", {"goals": []}),
        ("PUT", "plan", {"goals": [{"text": "x"}] * 21}),
        ("PUT", "evaluation", {"completed": True}),
        ("POST", "measures", {"kind": "home_visit", "due_on": "tomorrow"}),
        ("POST", "measures", {"kind": "home_visit", "due_on": DUE, "method_version": "1"}),
        ("POST", "close", {}),
        ("POST", "close", {"reason": "bored"}),
        ("POST", "transfers", {"to_unit": "Troms; DROP TABLE"}),
        ("POST", "restriction", {"restricted": "true", "reason": "disputed"}),
    ],
    ids=str,
)
async def test_a_command_with_a_wrong_field_is_refused(officer, lead, method, tail, sent):
    case = await officer.open()
    answer = await case.attempt(method, tail, sent, by=lead)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")


async def test_paths_and_queries_that_make_no_sense_are_refused(officer):
    assert (await officer.get("/v1/cases/not-a-uuid")).status_code == 422
    assert (await officer.get("/v1/cases", limit=0)).status_code == 422
    assert (await officer.get("/v1/cases", state="asleep")).status_code == 422
    assert (await officer.get("/v1/cases", cursor="made-up")).json()["code"] == "invalid-cursor"
    assert (await officer.get("/v1/nowhere")).status_code == 404
    assert (await officer.send("PATCH", "/v1/cases")).status_code == 405


async def test_a_concern_with_bad_input_is_refused(officer, concern):
    for change, code in (
        ({"source": "gossip"}, "invalid-request"),
        ({"municipality_number": "9999"}, "unknown-municipality"),
    ):
        answer = await officer.send("POST", "/v1/concerns", {**concern, **change})
        assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_moment_may_be_a_minute_ahead_and_no_more(officer):
    now = datetime.now(UTC)
    early = await raw(officer, "/v1/cases", body(occurred_at=(now + timedelta(minutes=3)).isoformat()))
    assert (early.status_code, early.json()["code"]) == (422, "occurred-at-out-of-range")
    fine = await raw(officer, "/v1/cases", body(occurred_at=(now + timedelta(seconds=20)).isoformat()))
    assert fine.status_code == 201
