"""Whoever reads figures leaves an entry before the answer; what can't be recorded is not shown."""

import json
import re
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest
import structlog
from fastapi.routing import iter_route_contexts
from forkant_contracts.units import CASE_UNITS
from forkant_kit.audit.export import documents
from forkant_kit.audit.heads import HeadKey, read_seed
from forkant_kit.audit.record import Trail
from forkant_kit.audit.sealer import build_sealer
from forkant_kit.audit.settings import DEV_SIGNING_KEY
from forkant_kit.audit.standalone import lines, verify
from forkant_kit.settings import Environment
from indicator_service import worker
from indicator_service.settings import IndicatorWorkerSettings
from pydantic import SecretStr
from sqlalchemy import text

NO_ID = "00000000-0000-7000-8000-000000000000"
IMPORTS = "/v1/aggregate-imports"
IMPORTED = {
    "params": {"kind": "hours", "source": "register", "source_date": "2026-10-05", "method": "count"},
    "content": b"unit,period,prevention_hours,total_hours\noslo,2026-03,10,100\n",
    "besides": {"Content-Type": "text/csv"},
}
EXAMPLES = {
    "unit": "oslo",
    "number": "10",
    "path": "none",
    "import_id": "none",
    "target_id": NO_ID,
    "priority_id": NO_ID,
    "plan_id": NO_ID,
    "pilot_id": NO_ID,
    "trial_id": NO_ID,
}
"""A value for each parameter of an address; whoever adds a route with another adds it here."""
READS = [
    "/v1/districts/oslo/metrics", "/v1/indicators/10/values", "/v1/indicators/10/series", "/v1/indicators/10/breakdown",
    "/v1/indicators/10/cases",
    "/v1/stream", "/v1/audit",
]  # fmt: skip


@pytest.fixture(autouse=True)
def plain_logs():
    """Log without the frames' locals that structlog prints by default, which take seconds."""
    structlog.configure(processors=[structlog.processors.KeyValueRenderer()])
    yield
    structlog.reset_defaults()


@asynccontextmanager
async def asked(client, method, path, headers=None, *, besides=None, **sent):
    """Ask without waiting for the end, which a stream has not."""
    given = {"Idempotency-Key": str(uuid4()), **(headers or {}), **(besides or {})}
    async with client.stream(method, path, headers=given, **sent) as answer:
        yield answer


def who_and_what(method, path):
    """Return who may make a call that an auditor may not, or what it sends."""
    if method == "POST" and path == IMPORTS:
        other = IMPORTED["content"].replace(b"oslo", b"troms")
        return "import-demo", {**IMPORTED, "content": other}
    if path in {"/v1/exports/series", "/v1/exports/breakdown"}:
        return "pod-analyst", {"params": {"indicator": 10}}
    if path.endswith("/changes"):
        return "pod-analyst", {"params": {"unit": "oslo", "since": "2026-01-01T00:00:00Z"}}
    if path.endswith("/cases"):
        return "pod-analyst", {"params": {"unit": "oslo"}}
    if path.startswith(IMPORTS) and path.endswith("/withdrawal"):
        return "pod-analyst", {"json": {"reason": "wrong_figures"}, "besides": {"If-Match": '"v1"'}}
    return ("pod-analyst", {}) if path.startswith(IMPORTS) and path.endswith("/rows") else ("auditor", {})


async def entries_of(engine):
    async with engine.connect() as conn:
        rows = await conn.execute(text("SELECT action, outcome, refusal FROM audit_entry ORDER BY seq"))
        return [tuple(row) for row in rows]


def calls_of(api):
    """Return every call that the application answers, as (method, address)."""
    found = set()
    for route in iter_route_contexts(api.routes):
        address = re.sub(r"{(\w+)(:\w+)?}", lambda name: EXAMPLES[name[1]], route.path or "")
        found |= {(method, address) for method in (route.methods or ())}
    return sorted(found)


def expected_of(method, path):
    """Return how whoever may reads is answered: who reads no more than that steers nothing, and nothing has the id."""
    steers = path.startswith(("/v1/targets", "/v1/priorities", "/v1/plans", "/v1/pilots", "/v1/trials"))
    if steers and method in {"POST", "PUT"}:
        return [403]
    if path.endswith("/changes"):
        # Nothing has happened yet.
        return [422]
    return [404] if NO_ID in path else range(200, 300)


async def walk(api, client, engine, as_persona):
    """Make every call that needs a token, allowed and refused; return what entries each left."""
    left = {}
    async with asked(client, "POST", IMPORTS, as_persona("import-demo"), **IMPORTED) as made:
        EXAMPLES["import_id"] = json.loads(await made.aread())["id"]
    for method, path in calls_of(api):
        async with asked(client, method, path) as answer:
            if answer.status_code != 401:
                continue
        nobody = as_persona("officer-oslo", roles=["unknown"])
        who, sent = who_and_what(method, path)
        for headers, expected in ((as_persona(who), expected_of(method, path)), (nobody, [403])):
            before = len(await entries_of(engine))
            async with asked(client, method, path, headers, **sent) as answer:
                assert answer.status_code in expected, (method, path, answer.status_code)
                left[method, path, answer.status_code] = (await entries_of(engine))[before:]
    return left


async def test_every_route_leaves_one_entry_for_each_answer_but_those_that_show_no_figures(
    api, client, engine, as_persona
):
    left = await walk(api, client, engine, as_persona)
    assert {path for _, path, status in left if status < 300} >= {*READS, IMPORTS, f"{IMPORTS}/{EXAMPLES['import_id']}"}
    without = {path for (_, path, _), entries in left.items() if not entries}
    assert without == {"/v1/units", "/v1/indicators", "/v1/freshness", "/v1/targets", "/v1/priorities",
                       "/v1/plans", "/v1/plans/coverage", "/v1/pilots", "/v1/trials"}  # fmt: skip
    assert all(len(entries) == 1 for (_, path, status), entries in left.items() if path not in without or status > 299)
    outcomes = {
        min(status, 200) if status < 300 else status: {entry[1:] for entry in entries}
        for (_, _, status), entries in left.items()
        if entries
    }
    assert outcomes == {
        200: {("done", None)},
        403: {("refused", "forbidden")},
        404: {("not_found", "not-found")},
        422: {("refused", "not-kept")},
    }


async def test_the_walk_finds_every_route_that_forgets_its_entry(api, client, engine, as_persona, monkeypatch):
    async def forget(trail, _conn, _entry):
        trail.recorded = True

    monkeypatch.setattr(Trail, "record", forget)
    left = await walk(api, client, engine, as_persona)
    assert {path for (_, path, status), entries in left.items() if status == 200 and not entries} >= set(READS)


async def lines_of(client, headers, **params):
    answer = await client.get("/v1/audit", headers=headers, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"][::-1]


async def test_an_entry_says_who_asked_why_and_for_which_unit_indicator_and_period(client, as_persona):
    officer, auditor = as_persona("officer-oslo"), as_persona("auditor")
    await client.get("/v1/districts/troms/metrics?period=2026-03", headers=officer)
    await client.get("/v1/indicators/10/values", headers=officer)
    async with asked(client, "GET", "/v1/stream?units=oslo,national", officer) as answer:
        assert answer.status_code == 200
    one, values, stream = await lines_of(client, auditor, subject="officer-oslo")
    who = ("subject", "unit", "roles", "action", "outcome", "purpose")
    for line in (one, values, stream):
        assert [line[name] for name in who] == [
            "officer-oslo", "oslo", ["case_officer"], "figures.read", "done", "prevent_crime",
        ]  # fmt: skip
        assert line["trace_id"] is not None
        assert line["request_id"] is not None
    assert one["objects"] == ["unit:troms", "period:2026-03"]
    everywhere = [f"unit:{unit}" for unit in (*CASE_UNITS, "national")]
    assert values["objects"] == [*everywhere, "indicator:10", "period:rolling_12"]
    assert stream["objects"] == ["unit:oslo", "unit:national", "period:rolling_12"]


async def test_a_refusal_names_what_was_asked_for_and_nothing_that_a_caller_made_up(client, as_persona):
    await client.get("/v1/districts/troms/metrics?period=2026-03", headers=as_persona("import-demo"))
    officer = as_persona("officer-oslo")
    await client.get("/v1/districts/someones-name/metrics", headers=officer)
    await client.get("/v1/districts/oslo/metrics?period=since-he-left", headers=officer)
    await client.get("/v1/stream?units=oslo,someones-name", headers=officer)
    await client.get("/v1/audit", headers=officer)
    found = await lines_of(client, as_persona("auditor"))
    assert [(line["action"], line["outcome"], line["refusal"], line["objects"]) for line in found] == [
        ("figures.read", "refused", "forbidden", ["unit:troms", "period:2026-03"]),
        ("figures.read", "not_found", "unknown-unit", ["period:rolling_12"]),
        ("figures.read", "refused", "invalid-period", ["unit:oslo"]),
        ("figures.read", "not_found", "unknown-unit", ["unit:oslo", "period:rolling_12"]),
        ("audit.read", "refused", "forbidden", []),
    ]


async def test_a_stream_leaves_one_entry_however_much_it_sends(client, as_persona, engine, project, new_case):
    async with asked(client, "GET", "/v1/stream?units=oslo", as_persona("officer-oslo")) as answer:
        found = answer.aiter_lines()
        for expected in ('"open":{"value":0', '"open":{"value":1', '"open":{"value":2'):
            while expected not in await anext(found):
                continue
            await project(new_case(at=datetime.now(UTC)).opened())
    assert await entries_of(engine) == [("figures.read", "done", None)]


async def test_those_of_a_unit_see_who_saw_its_figures_and_what_its_people_saw(client, as_persona):
    officer, stranger, privacy = (as_persona(name) for name in ("officer-oslo", "officer-troms", "privacy-oslo"))
    await client.get("/v1/districts/troms/metrics", headers=officer)
    await client.get("/v1/districts/oslo/metrics", headers=stranger)
    await client.get("/v1/districts/troms/metrics", headers=stranger)

    async def seen(**params):
        return [(each["subject"], each["objects"][0]) for each in await lines_of(client, privacy, **params)]

    assert await seen(object="unit:oslo") == [("officer-troms", "unit:oslo")]
    assert await seen(object="unit:troms") == [("officer-oslo", "unit:troms")]
    assert await seen(subject="officer-troms") == []
    everybody = await lines_of(client, as_persona("auditor"), object="unit:troms")
    assert [each["subject"] for each in everybody] == ["officer-oslo", "officer-troms", "privacy-oslo"]


async def test_the_trail_comes_in_pages_whose_cursors_are_bound_to_the_question(client, as_persona):
    auditor = as_persona("auditor")
    for _ in range(3):
        await client.get("/v1/districts/oslo/metrics", headers=as_persona("officer-oslo"))
    asking = {"subject": "officer-oslo", "limit": 2}
    first = await client.get("/v1/audit", headers=auditor, params=asking)
    cursor = first.json()["next"]
    assert f"cursor={cursor}" in first.headers["link"]
    second = (await client.get("/v1/audit", headers=auditor, params=asking | {"cursor": cursor})).json()
    assert (len(first.json()["items"]), len(second["items"]), second["next"]) == (2, 1, None)
    other = await client.get("/v1/audit", headers=auditor, params={"cursor": cursor})
    assert (other.status_code, other.json()["code"]) == (400, "invalid-cursor")
    unknown = await client.get("/v1/audit", headers=auditor, params={"object": "unit:atlantis"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown-object")


@pytest.mark.parametrize("path", [*READS, "/v1/districts/atlantis/metrics"])
@pytest.mark.parametrize(
    "fault",
    [
        "ALTER TABLE audit_entry ADD CONSTRAINT broken CHECK (false) NOT VALID",
        "REVOKE INSERT ON audit_entry FROM {app}",
    ],
)
async def test_what_cannot_be_recorded_is_not_shown(client, database, as_persona, path, fault):
    owner = await asyncpg.connect(database.owner_url)
    await owner.execute(fault.format(app=urlsplit(database.app_url).username))
    await owner.close()
    answer = await client.get(path, headers=as_persona("auditor"))
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert "value" not in answer.text


async def test_a_trail_that_cannot_be_read_is_a_problem_that_tells_what_to_do(client, database, as_persona):
    owner = await asyncpg.connect(database.owner_url)
    await owner.execute(f"REVOKE SELECT ON audit_entry FROM {urlsplit(database.app_url).username}")
    await owner.close()
    answer = await client.get("/v1/audit", headers=as_persona("auditor"))
    assert (answer.status_code, answer.json()["code"]) == (503, "audit-unavailable")
    assert (answer.headers["content-type"], answer.headers["retry-after"]) == ("application/problem+json", "5")


@pytest.mark.parametrize("act", ["UPDATE audit_entry SET subject = 'x'", "DELETE FROM audit_entry"])
async def test_the_application_cannot_change_what_stands(client, database, as_persona, act):
    await client.get("/v1/districts/oslo/metrics", headers=as_persona("officer-oslo"))
    app = await asyncpg.connect(database.app_url)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(act)
    finally:
        await app.close()


async def test_the_worker_seals_what_the_api_records_and_publishes_a_head_that_verifies(
    client, database, engine, as_persona, tmp_path
):
    for unit in ("oslo", "troms"):
        await client.get(f"/v1/districts/{unit}/metrics", headers=as_persona("officer-oslo"))
    settings = IndicatorWorkerSettings(
        env=Environment.TEST,
        database_url=SecretStr(database.worker_url),
        oidc_issuer="http://issuer",
        audit_head_file=tmp_path / "heads.jsonl",
    )
    await build_sealer(settings, engine).round(publish=True)
    for chore in worker.chores(settings, engine).values():
        await chore()
    key = HeadKey(read_seed(DEV_SIGNING_KEY))
    trail = [document async for document in documents(database.worker_url)]
    result = verify(trail, lines(tmp_path / "heads.jsonl"), {key.id: key.public})
    assert (result.findings, result.entries, result.published) == ([], 2, 2)
    trail[1]["entry"]["subject"] = "somebody-else"
    [finding] = verify(trail, lines(tmp_path / "heads.jsonl"), {key.id: key.public}).findings
    assert (finding.kind, finding.position) == ("changed", 1)
