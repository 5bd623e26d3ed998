"""Imports over HTTP against a real database: whole or not at all, with their provenance, and never overwritten."""

import asyncio
import hashlib
import json
import random
from uuid import uuid4

import asyncpg
import pytest
from forkant_contracts.units import CASE_UNITS
from indicator_service.imports.examples import every_refusal
from indicator_service.imports.problems import ANSWERS
from indicator_service.imports.refusals import Code
from indicator_service.openapi import describe
from sqlalchemy import text

PATH = "/v1/aggregate-imports"
KEPT = ("aggregate_import", "imported_value", "metric_change", "idempotency_key")


def code(answer):
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.json()["code"]


@pytest.fixture
def kept(engine):
    """Give a function that tells how many rows there are of everything that an import writes."""

    async def count():
        async with engine.connect() as conn:
            return {t: (await conn.execute(text(f"SELECT count(*) FROM {t}"))).scalar_one() for t in KEPT}

    return count


async def test_a_figure_follows_from_what_is_imported_and_cites_the_import(bring, read, hours):
    missing = await read("oslo", 18)
    assert missing["value"] == {"value": None, "suppressed": False}
    assert missing["imported"]["missing"] == [
        {"kind": "hours", "reason": "not_imported", "periods": ["2026-03"], "units": ["oslo"], "complete_on": None}
    ]
    body = hours(oslo="2026-03:10/100")
    answer = await bring(body)
    receipt = answer.json()
    assert answer.headers["location"] == f"{PATH}/{receipt['id']}"
    assert (receipt["rows"], receipt["superseded"], receipt["dry_run"]) == (1, 0, False)
    assert receipt["sha256"] == hashlib.sha256(body).hexdigest()
    found = await read("oslo", 18)
    assert (found["numerator"]["value"], found["denominator"]["value"], found["value"]["value"]) == (10, 100, 0.1)
    assert found["imported"]["imports"] == [receipt["id"]]
    assert found["imported"]["covers"] == {"first_day": "2026-03-01", "last_day": "2026-03-31"}
    assert found["imported"]["missing"] == []


async def test_the_national_figure_waits_for_every_unit(bring, read, hours):
    await bring(hours(oslo="2026-03:10/100"))
    [lack] = (await read("national", 18))["imported"]["missing"]
    assert (lack["kind"], lack["periods"], lack["units"]) == ("hours", ["2026-03"], list(CASE_UNITS[1:]))
    await bring(hours(**dict.fromkeys(CASE_UNITS[1:], "2026-03:20/100")))
    found = await read("national", 18)
    assert (found["numerator"]["value"], found["denominator"]["value"]) == (10 + 16 * 20, 1700)
    assert len(found["imported"]["imports"]) == 2


async def test_json_by_lines_is_taken_too_and_a_rate_counts_the_cases(bring, read, project, new_case):
    await project(*[new_case().opened() for _ in range(9)])
    await bring(b'{"unit": "oslo", "period": "2026", "inhabitants": 9000}\n', media="application/x-ndjson",
                kind="populations")  # fmt: skip
    found = await read("oslo", 1)
    assert (found["value"]["value"], found["numerator"]["value"], found["kind"]) == (1, 9, "rate")


async def test_one_wrong_row_refuses_all_of_them_and_tells_what_is_wrong_without_repeating_it(bring, hours, kept):
    before = await kept()
    body = hours(oslo="2026-03:10/100 2026-05:1/1", atlantis="2026-03:1/1", troms="2026-03:7777/1")
    answer = await bring(body, expect=422)
    assert code(answer) == "import-refused"
    assert answer.json()["errors"] == [
        {"row": 2, "place": "/period", "code": "gap"},
        {"row": 3, "place": "/unit", "code": "unknown-unit"},
        {"row": 4, "place": "/prevention_hours", "code": "part-exceeds-whole"},
    ]
    assert (answer.json()["errors_total"], answer.json()["rows"], answer.json()["rows_wrong"]) == (3, 4, 3)
    assert "7777" not in answer.text
    assert "atlantis" not in answer.text
    assert await kept() == before


async def test_a_dry_run_checks_everything_and_changes_nothing(bring, read, hours, kept):
    before = await kept()
    answer = await bring(hours(oslo="2026-03:10/100"), dry_run=True, expect=200)
    assert (answer.json()["id"], answer.json()["rows"], answer.json()["dry_run"]) == (None, 1, True)
    assert await kept() == {**before, "idempotency_key": before["idempotency_key"] + 1}
    assert code(await bring(hours(oslo="2026-13:10/100"), dry_run=True, expect=422)) == "import-refused"
    assert (await read("oslo", 18))["value"]["value"] is None


async def test_what_the_database_refuses_in_the_middle_leaves_nothing(bring, hours, kept, database):
    owner = await asyncpg.connect(database.owner_url)
    await owner.execute("ALTER TABLE imported_value ADD CONSTRAINT broken CHECK (unit <> 'troms')")
    await owner.close()
    before = await kept()
    answer = await bring(hours(oslo="2026-03:10/100", troms="2026-03:10/100"), expect=500)
    assert code(answer) == "internal-error"
    assert await kept() == before


async def test_the_same_request_is_answered_again_and_the_same_file_is_not_taken_twice(bring, hours, kept):
    body, key = hours(oslo="2026-03:10/100"), str(uuid4())
    first = await bring(body, key=key)
    before = await kept()
    again = await bring(body, key=key)
    assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")
    other = await bring(hours(oslo="2026-03:11/100"), key=key, expect=422)
    assert code(other) == "idempotency-key-reused"
    assert code(await bring(body, key=key, dry_run=True, expect=422)) == "idempotency-key-reused"
    twice = await bring(body, corrects=True, expect=409)
    assert (code(twice), twice.json()["import_id"]) == ("already-imported", first.json()["id"])
    assert await kept() == before


async def test_a_correction_supersedes_and_what_was_published_before_stays_readable(
    *, client, as_persona, bring, read, hours, now
):
    first = (await bring(hours(oslo="2026-03:10/100 2026-04:5/50"))).json()["id"]
    then = await now()
    assert code(await bring(hours(oslo="2026-03:30/100"), expect=422)) == "import-refused"
    answer = await bring(hours(oslo="2026-03:30/100"), corrects=True)
    second = answer.json()["id"]
    assert answer.json()["superseded"] == 1

    async def share(**query):
        found = await read("oslo", 18, **query)
        return found["value"]["value"], found["imported"]["imports"]

    assert await share() == (0.3, [second])
    assert await share(known_at=then) == (0.1, [first])
    assert await share(by="lead-oslo", known_at=then) == (0.1, [first])
    assert await share(period="2026-04") == (0.1, [first])
    headers = as_persona("pod-analyst")
    rows = (await client.get(f"{PATH}/{first}/rows", headers=headers)).json()["rows"]
    assert rows == [
        {"unit": "oslo", "period": "2026-03", "stands": False,
         "figures": {"prevention_hours": 10, "total_hours": 100}},
        {"unit": "oslo", "period": "2026-04", "stands": True, "figures": {"prevention_hours": 5, "total_hours": 50}},
    ]  # fmt: skip
    values = await client.get(
        "/v1/indicators/18/values", params={"period": "2026-03", "known_at": then}, headers=headers
    )
    assert values.json()["rows"][0]["indicator"]["value"]["value"] == 0.1


async def test_what_was_known_before_of_others_is_not_shown_to_who_sees_them_suppressed(client, as_persona, now):
    then = await now()
    for path in ("/v1/districts/troms/metrics", "/v1/districts/national/metrics", "/v1/indicators/18/values"):
        answer = await client.get(path, params={"known_at": then}, headers=as_persona("lead-oslo"))
        assert (answer.status_code, code(answer)) == (403, "history-not-shown")
    for moment in (
        "then",
        "-1",
        "1767225600",
        "2026-01-01T00:00:00",
        "0001-01-01T00:00:00-14:00",
        "9999-12-31T00:00:00Z",
    ):
        answer = await client.get(
            "/v1/districts/oslo/metrics", params={"known_at": moment}, headers=as_persona("lead-oslo")
        )
        assert (answer.status_code, code(answer)) == (422, "invalid-request")


async def test_a_withdrawn_import_gives_way_to_what_it_superseded(
    *, client, as_persona, bring, take_back, read, hours, now
):
    await bring(hours(oslo="2026-03:10/100"))
    second = (await bring(hours(oslo="2026-03:30/100"), corrects=True)).json()["id"]
    then = await now()
    answer = await take_back(second)
    assert (answer.json(), answer.headers["etag"]) == ({"id": second, "version": 2}, '"v2"')
    assert (await read("oslo", 18))["value"]["value"] == 0.1
    assert (await read("oslo", 18, known_at=then))["value"]["value"] == 0.3
    document = (await client.get(f"{PATH}/{second}", headers=as_persona("pod-analyst"))).json()
    assert (document["withdrawal_reason"], document["withdrawn_at"] > then) == ("wrong_figures", True)
    assert code(await take_back(second, etag='"v2"', expect=409)) == "already-withdrawn"
    # The same file may come again: what stood for it is gone.
    await bring(hours(oslo="2026-03:30/100"), corrects=True)


async def test_a_withdrawal_needs_what_was_last_seen_and_a_reason(take_back, bring, hours, read):
    made = (await bring(hours(oslo="2026-03:10/100"))).json()["id"]
    assert code(await take_back(made, etag=None, expect=428)) == "if-match-required"
    assert code(await take_back(made, etag='"v7"', expect=412)) == "stale-version"
    assert code(await take_back(made, reason="no idea", expect=422)) == "invalid-request"
    assert code(await take_back(uuid4(), expect=404)) == "unknown-import"
    assert (await read("oslo", 18))["value"]["value"] == 0.1


async def test_who_may_import_and_who_may_not(*, client, as_persona, bring, take_back, hours, kept):
    body = hours(oslo="2026-03:10/100")
    for persona in ("officer-oslo", "lead-oslo", "analyst-oslo", "pod-admin", "auditor", "downstream-demo"):
        assert code(await bring(body, by=persona, expect=403)) == "forbidden"
    assert (await kept())["aggregate_import"] == 0
    made = (await bring(body, by="pod-analyst")).json()["id"]
    for persona in ("lead-oslo", "auditor", "pod-admin"):
        assert code(await take_back(made, by=persona, expect=403)) == "forbidden"
    # Whoever hands figures over reads none, and none back.
    for path in ("/v1/districts/oslo/metrics", f"{PATH}/{made}/rows"):
        answer = await client.get(path, headers=as_persona("import-demo"))
        assert (answer.status_code, code(answer)) == (403, "forbidden")


async def test_an_importer_of_a_unit_brings_the_figures_of_that_unit_alone(bring, take_back, hours):
    troms = {"unit": "troms"}
    national = (await bring(hours(oslo="2026-03:10/100", troms="2026-03:10/100"))).json()["id"]
    answer = await bring(hours(oslo="2026-04:10/100", troms="2026-04:10/100"), claims=troms, expect=422)
    assert answer.json()["errors"] == [{"row": 1, "place": "/unit", "code": "another-unit"}]
    own = (await bring(hours(troms="2026-04:10/100"), claims=troms)).json()["id"]
    assert code(await take_back(national, by="import-demo", claims=troms, expect=404)) == "unknown-import"
    assert code(await take_back(own, by="import-demo", claims={"unit": "vest"}, expect=404)) == "unknown-import"
    await take_back(own, by="import-demo", claims=troms)


async def test_imports_are_listed_with_their_provenance_and_without_a_figure(client, as_persona, bring, hours):
    ids = [(await bring(hours(oslo=f"2026-0{month}:77777/88888"))).json()["id"] for month in (1, 2, 3)]
    reader = as_persona("officer-troms")
    page = (await client.get(PATH, params={"limit": 2}, headers=reader)).json()
    following = await client.get(PATH, params={"limit": 2, "cursor": page["next"]}, headers=reader)
    assert [item["id"] for item in (*page["items"], *following.json()["items"])] == ids[::-1]
    assert following.json()["next"] is None
    one = await client.get(f"{PATH}/{ids[0]}", headers=reader)
    assert one.headers["etag"] == '"v1"'
    assert one.json() == following.json()["items"][0]
    wanted = {"kind": "hours", "source": "register", "source_date": "2026-10-05", "method": "count", "rows": 1,
              "corrects": False, "unit": "pod", "imported_by": None, "withdrawn_at": None}  # fmt: skip
    assert {name: one.json()[name] for name in wanted} == wanted
    assert "77777" not in json.dumps(page) + one.text
    importer = await client.get(f"{PATH}/{ids[0]}", headers=as_persona("import-demo"))
    assert importer.json()["imported_by"] == "import-demo"
    other = await client.get(PATH, params={"kind": "offences"}, headers=reader)
    assert other.json()["items"] == []
    wrong = await client.get(PATH, params={"kind": "offences", "cursor": page["next"]}, headers=reader)
    assert (wrong.status_code, code(wrong)) == (400, "invalid-cursor")
    missing = await client.get(f"{PATH}/{uuid4()}", headers=reader)
    assert (missing.status_code, code(missing)) == (404, "unknown-import")
    rows = await client.get(f"{PATH}/{uuid4()}/rows", headers=as_persona("pod-analyst"))
    assert (rows.status_code, code(rows)) == (404, "unknown-import")


OFFENCES = "unit,period,subjects_closed,offence_within_6_months,offence_within_12_months"


async def test_few_in_an_import_are_hidden_from_others_like_few_that_are_counted(client, as_persona, bring):
    rows = [f"{unit},2025-03,40,20,30" for unit in CASE_UNITS if unit not in {"finnmark", "troms"}]
    few = ["finnmark,2025-03,40,2,20", "troms,2025-03,40,20,22"]
    await bring("\n".join([OFFENCES, *rows, *few]).encode(), kind="offences")

    async def seen(persona, unit):
        answer = await client.get("/v1/indicators/15/values", params={"period": "2025-03"}, headers=as_persona(persona))
        [found] = [row["indicator"] for row in answer.json()["rows"] if row["unit"] == unit]
        later = found["further"]["within_12_months"]
        return [found["numerator"]["value"], later["numerator"]["value"], found["value"]["suppressed"]]

    assert await seen("pod-analyst", "finnmark") == [2, 20, False]
    # Two offended within six months in Finnmark; in Troms two between the sixth and the twelfth.
    assert await seen("officer-oslo", "finnmark") == [None, None, True]
    assert await seen("officer-oslo", "troms") == [None, None, True]
    assert await seen("officer-finnmark", "finnmark") == [2, 20, False]
    assert await seen("officer-oslo", "oslo") == [20, 30, False]
    hidden = [unit for unit in CASE_UNITS if (await seen("officer-vest", unit))[2]]
    assert len(hidden) > 2, "what the national figure leaves for the hidden ones must be open"


async def test_a_stream_tells_of_an_import_and_of_its_withdrawal(client, as_persona, bring, take_back, hours):
    headers = as_persona("pod-analyst")
    async with client.stream("GET", "/v1/stream?units=oslo", headers=headers) as stream:
        lines = stream.aiter_lines()

        async def wait_for(wanted):
            async with asyncio.timeout(10):
                while wanted not in await anext(lines):
                    continue

        body = b'{"unit": "oslo", "period": "%d", "inhabitants": 9000}'
        year = (await client.get("/v1/districts/oslo/metrics", headers=headers)).json()["period"]["to"][:4]
        await wait_for('"not_imported"')
        made = (await bring(body % int(year), media="application/x-ndjson", kind="populations")).json()["id"]
        await wait_for(made)
        await take_back(made)
        await wait_for('"kind":"populations","reason":"not_imported"')


async def test_of_two_imports_of_the_same_period_at_once_one_is_taken(bring, hours, client, as_persona):
    async def one(number):
        headers = as_persona("import-demo") | {"Content-Type": "text/csv", "Idempotency-Key": str(uuid4())}
        asked = {"kind": "hours", "source": "register", "source_date": "2026-10-05", "method": "count"}
        return await client.post(PATH, content=hours(oslo=f"2026-03:{number}/100"), params=asked, headers=headers)

    answers = await asyncio.gather(*(one(number) for number in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201, *[422] * 7]


@pytest.mark.parametrize("seed", range(3))
async def test_any_course_of_imports_and_withdrawals_reads_as_it_did_then(*, bring, take_back, read, hours, now, seed):
    """Of each moment remembers what stood, and asks for it again at the end."""
    rng = random.Random(seed)
    course, alive, remembered = [], [], []
    for step in range(12):
        if alive and rng.random() < 0.35:
            gone = alive.pop(rng.randrange(len(alive)))
            await take_back(gone)
            course = [each for each in course if each[0] != gone]
        else:
            amount = step + 1
            made = (await bring(hours(oslo=f"2026-03:{amount}/100"), corrects=True)).json()["id"]
            course.append((made, amount))
            alive.append(made)
        expected = (course[-1][1] / 100, [course[-1][0]]) if course else (None, [])
        found = await read("oslo", 18)
        assert (found["value"]["value"], found["imported"]["imports"]) == expected
        remembered.append((await now(), expected))
    for moment, expected in remembered:
        found = await read("oslo", 18, known_at=moment)
        assert (found["value"]["value"], found["imported"]["imports"]) == expected


@pytest.mark.parametrize(
    ("query", "media", "body", "expected"),
    [
        ({}, "application/json", b"[]", (415, "media-type-not-allowed")),
        ({}, "text/csv", b"", (422, "nothing-to-import")),
        ({}, "text/csv", b"unit,period\n" * 5_002, (413, "too-many-rows")),
        ({"source_date": "2099-01-01"}, "text/csv", b"unit,period\noslo,2026-03\n", (422, "source-date-ahead")),
        ({"source_date": "1767225600"}, "text/csv", b"x", (422, "invalid-request")),
        ({"kind": "votes"}, "text/csv", b"x", (422, "invalid-request")),
        ({"source": "Kari Nordmann"}, "text/csv", b"x", (422, "invalid-request")),
        ({"method": ""}, "text/csv", b"x", (422, "invalid-request")),
        ({"note": "x"}, "text/csv", b"x", (422, "invalid-request")),
        ({}, "text/csv", b"a" * 1_048_577, (413, "body-too-large")),
    ],
)
async def test_a_file_that_is_none_of_ours_is_a_problem(*, bring, kept, query, media, body, expected):
    before = await kept()
    answer = await bring(body, media=media, expect=expected[0], **query)
    assert code(answer) == expected[1]
    assert "Kari" not in answer.text
    assert await kept() == before


async def test_an_import_needs_a_key(client, as_persona, hours):
    headers = as_persona("import-demo") | {"Content-Type": "text/csv"}
    asked = {"kind": "hours", "source": "register", "source_date": "2026-10-05", "method": "count"}
    answer = await client.post(PATH, content=hours(oslo="2026-03:1/1"), params=asked, headers=headers)
    assert (answer.status_code, code(answer)) == (400, "idempotency-key-required")


async def test_what_was_done_is_in_the_trail_by_the_imports_id(client, as_persona, bring, take_back, hours):
    made = (await bring(hours(oslo="2026-03:10/100"))).json()["id"]
    await bring(hours(oslo="2026-04:10/100"), dry_run=True, expect=200)
    await bring(hours(oslo="2026-09:10/100"), expect=422)
    await take_back(made)
    await client.get(f"{PATH}/{made}/rows", headers=as_persona("pod-analyst"))
    answer = await client.get("/v1/audit", headers=as_persona("auditor"))
    lines = [line for line in answer.json()["items"][::-1] if line["action"].startswith("imports.")]
    assert [(line["action"], line["outcome"], line["refusal"], line["objects"]) for line in lines] == [
        ("imports.write", "done", None, [made, "unit:oslo"]),
        ("imports.write", "done", None, ["unit:oslo"]),
        ("imports.write", "refused", "import-refused", []),
        ("imports.withdraw", "done", None, [made, "unit:oslo"]),
        ("imports.read_rows", "done", None, [made]),
    ]
    about = await client.get("/v1/audit", params={"object": f"import:{made}"}, headers=as_persona("auditor"))
    assert [line["action"] for line in about.json()["items"] if line["action"].startswith("imports")] == [
        "imports.read_rows", "imports.withdraw", "imports.write",
    ]  # fmt: skip
    own = await client.get("/v1/audit", params={"object": "unit:oslo"}, headers=as_persona("privacy-oslo"))
    assert {line["subject"] for line in own.json()["items"]} == {"import-demo", "pod-analyst"}


def test_every_refusal_has_a_problem_document_and_an_example():
    assert set(ANSWERS) == set(Code)
    assert every_refusal() == set(Code)
    for path, operations in describe()["paths"].items():
        for method, operation in operations.items():
            if path.startswith(PATH):
                shown = [answer["content"] for answer in operation["responses"].values() if "content" in answer]
                assert any("example" in content.get("application/json", {}) for content in shown), (method, path)
