"""The API over HTTP, with real tokens and a real database."""

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from forkant_contracts.codes import RestrictionReason
from forkant_contracts.events.case import CaseRestricted
from forkant_contracts.units import CASE_UNITS
from sqlalchemy import text

DAY = timedelta(days=1)
RESTRICTED = CaseRestricted(restricted=True, reason=RestrictionReason.DISPUTED)
PROBLEM = "urn:forkant:problem:"


@pytest.fixture
def opened(project, new_case):
    """Open so many cases in each unit, now."""

    async def add(**by_unit):
        for unit, count in by_unit.items():
            cases = [new_case(unit=unit.replace("_", "-"), at=datetime.now(UTC) - DAY) for _ in range(count)]
            await project(*[case.opened() for case in cases])

    return add


def code(response):
    assert response.headers["content-type"] == "application/problem+json"
    return response.status_code, response.json()["type"].removeprefix(PROBLEM)


async def test_a_unit_shows_its_counts_and_indicators(client, as_persona, project, new_case, new_concern):
    at = datetime.now(UTC) - 2 * DAY
    cases = [new_case(at=at) for _ in range(6)]
    for case in cases:
        case.opened()
        case.measure_started(after=timedelta(minutes=1))
        case.closed(after=timedelta(minutes=1))
        await project(*case.events)
    concern = new_concern(at=at)
    concern.received()
    concern.decided(after=timedelta(hours=7))
    await project(*concern.events)

    answer = await client.get("/v1/districts/oslo/metrics", headers=as_persona("officer-oslo"))
    assert answer.status_code == 200
    body = answer.json()
    assert (body["unit"], body["period"]["kind"]) == ("oslo", "rolling_12")
    assert {key: figure["value"] for key, figure in body["counts"].items()} == {
        "open": 0,
        "opened": 6,
        "closed": 6,
        "concerns_received": 1,
    }
    by_number = {item["number"]: item for item in body["indicators"]}
    assert by_number[2]["median"] == {"value": 7, "suppressed": False}
    assert by_number[4]["extra"]["not_started"] == {"value": 0, "suppressed": False}
    assert by_number[10]["value"] == {"value": 1.0, "suppressed": False}
    assert by_number[10]["name"]["nb"] == "Avsluttet med evaluering"
    assert body["watermark"] is None
    assert body["seconds_behind"] is None


async def test_another_unit_sees_no_small_counts_and_the_directorate_sees_all(client, as_persona, opened):
    await opened(finnmark=3, oslo=40, ost=30, vest=20, agder=10)

    async def count_of(unit, persona):
        answer = await client.get(f"/v1/districts/{unit}/metrics", headers=as_persona(persona))
        return answer.json()["counts"]["opened"]

    assert await count_of("finnmark", "officer-oslo") == {"value": None, "suppressed": True}
    assert await count_of("agder", "officer-oslo") == {"value": None, "suppressed": True}
    assert await count_of("oslo", "officer-troms") == {"value": 40, "suppressed": False}
    assert await count_of("national", "officer-oslo") == {"value": 103, "suppressed": False}
    assert await count_of("finnmark", "officer-finnmark") == {"value": 3, "suppressed": False}
    assert await count_of("finnmark", "pod-analyst") == {"value": 3, "suppressed": False}
    assert await count_of("finnmark", "pod-admin") == {"value": None, "suppressed": True}


async def test_the_values_of_an_indicator_hide_what_the_units_hide(client, as_persona, opened):
    await opened(finnmark=3, oslo=40, ost=30, vest=20, agder=10)
    for persona in ("officer-oslo", "pod-analyst"):
        rows = (await client.get("/v1/indicators/4/values", headers=as_persona(persona))).json()["rows"]
        assert [row["unit"] for row in rows] == [*CASE_UNITS, "national"]
        for row in rows:
            one = await client.get(f"/v1/districts/{row['unit']}/metrics", headers=as_persona(persona))
            assert row["indicator"] in one.json()["indicators"]


async def test_a_unit_that_this_release_does_not_know_is_shown_and_counted_in_the_total(
    client, as_persona, project, new_case
):
    at = datetime.now(UTC) - DAY
    moved, stayed = [new_case(unit="agder", at=at) for _ in range(2)]
    moved.opened()
    moved.transferred("sor", after=timedelta(hours=1))
    stayed.opened()
    stayed.closed(after=timedelta(hours=1))
    stayed.add(RESTRICTED, unit="sor", after=timedelta(hours=2))
    fresh = new_case(unit="sor", at=at)
    fresh.opened()
    await project(*moved.events, *stayed.events, *fresh.events)

    async def counts(of, persona="pod-analyst", **claims):
        answer = await client.get(f"/v1/districts/{of}/metrics", headers=as_persona(persona, **claims))
        return {name: figure["value"] for name, figure in answer.json()["counts"].items()}

    assert (await counts("sor"))["opened"] == (await counts("sor", "lead-oslo", unit="sor"))["opened"] == 2
    assert await counts("agder") == {"open": 0, "opened": 1, "closed": 1, "concerns_received": 0}
    assert (await counts("national"))["opened"] == 3
    rows = (await client.get("/v1/indicators/4/values", headers=as_persona("pod-analyst"))).json()["rows"]
    assert [row["unit"] for row in rows] == [*CASE_UNITS, "sor", "national"]
    hidden = await counts("sor", "lead-oslo")
    assert hidden["opened"] is None, "few, and not their own"


async def test_a_month_can_be_asked_for(client, as_persona, project, new_case):
    case = new_case()
    await project(case.opened())
    headers = as_persona("officer-oslo")
    body = (await client.get("/v1/districts/oslo/metrics?period=2026-03", headers=headers)).json()
    assert body["period"] == {
        "kind": "month",
        "from": "2026-03-01",
        "to": "2026-03-31",
        "counted_until": "2026-03-31",
    }
    assert body["counts"]["opened"]["value"] == 1
    body = (await client.get("/v1/districts/oslo/metrics?period=2026-02", headers=headers)).json()
    assert {figure["value"] for figure in body["counts"].values()} == {0}


async def test_quarters_and_years_are_the_sums_of_their_months(client, as_persona, project, new_case):
    for month, count in ((1, 2), (2, 1), (3, 4), (4, 3), (12, 1)):
        for _ in range(count):
            case = new_case(at=datetime(2025, month, 15, 12, tzinfo=UTC))
            case.opened()
            if month == 4:
                case.closed(after=DAY)
            await project(*case.events)

    async def counts(period, by="pod-analyst", unit="oslo"):
        answer = await client.get(f"/v1/districts/{unit}/metrics", params={"period": period}, headers=as_persona(by))
        assert answer.json()["period"]["kind"] in {"quarter", "year", "year_to_date", "month"}
        return {key: figure["value"] for key, figure in answer.json()["counts"].items()}

    assert (await counts("2025-Q1"))["opened"] == 7
    assert (await counts("2025-Q1"))["open"] == 7
    assert (await counts("2025-Q2"))["closed"] == 3
    assert (await counts("2025"))["opened"] == (await counts("2025", unit="national"))["opened"] == 11
    assert (await counts("2025", by="lead-oslo"))["open"] == 8
    assert (await counts("year_to_date"))["opened"] == 0
    assert (await counts("year_to_date"))["open"] == 8


@pytest.mark.parametrize("period", ["2025-Q1", "2025", "year_to_date"])
async def test_further_periods_of_others_are_not_shown(client, as_persona, period):
    for path in ("/v1/districts/troms/metrics", "/v1/districts/national/metrics", "/v1/indicators/10/values"):
        answer = await client.get(path, params={"period": period}, headers=as_persona("lead-oslo"))
        assert code(answer) == (403, "period-not-shown")
        assert (await client.get(path, params={"period": period}, headers=as_persona("pod-analyst"))).status_code == 200


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/districts/atlantis/metrics", (404, "unknown-unit")),
        ("/v1/districts/OSLO/metrics", (404, "unknown-unit")),
        ("/v1/districts/oslo/metrics?period=yesterday", (400, "invalid-period")),
        ("/v1/districts/oslo/metrics?period=2026-13", (400, "invalid-period")),
        ("/v1/indicators/99/values", (404, "unknown-indicator")),
        ("/v1/indicators/0/values", (422, "invalid-request")),
        ("/v1/indicators/x/values", (422, "invalid-request")),
        ("/v1/indicators/2/values?period=", (400, "invalid-period")),
        ("/v1/stream?units=oslo,atlantis", (404, "unknown-unit")),
        ("/v1/stream?units=", (404, "unknown-unit")),
        ("/v1/nothing", (404, "not-found")),
    ],
)
async def test_what_does_not_exist_is_a_problem(client, as_persona, path, expected):
    assert code(await client.get(path, headers=as_persona("officer-oslo"))) == expected


async def test_an_address_with_a_nul_is_refused(client, as_persona):
    found = code(await client.get("/v1/districts/oslo%00/metrics", headers=as_persona("officer-oslo")))
    assert found in [(404, "unknown-unit"), (400, "invalid-request")]


async def test_figures_need_a_good_token_and_a_role(client, issuer, as_persona):
    path = "/v1/districts/oslo/metrics"
    assert (await client.get(path)).status_code == 401
    for token in (
        issuer.forged_token("officer-oslo"),
        issuer.token("officer-oslo", aud="other"),
        issuer.token("officer-oslo", exp=1),
        issuer.token("officer-oslo", typ="JWT"),
    ):
        assert (await client.get(path, headers={"Authorization": f"Bearer {token}"})).status_code == 401
    for headers in (as_persona("officer-oslo", roles=[]), as_persona("import-demo")):
        assert code(await client.get(path, headers=headers)) == (403, "forbidden")
    for persona in ("auditor", "analyst-oslo", "privacy-oslo", "downstream-demo", "officer-kripos"):
        assert (await client.get(path, headers=as_persona(persona))).status_code == 200


async def test_units_definitions_and_freshness_can_be_read(client, as_persona, engine):
    headers = as_persona("officer-oslo")
    units = (await client.get("/v1/units", headers=headers)).json()["units"]
    assert len(units) == 18
    assert units[0] == {
        "id": "oslo",
        "kind": "district",
        "name": {"nb": "Oslo politidistrikt", "nn": "Oslo politidistrikt", "en": "Oslo Police District"},
        "holds_cases": True,
        "valid_from": None,
        "valid_until": None,
        "predecessors": [],
        "successors": [],
    }
    definitions = (await client.get("/v1/indicators", headers=headers)).json()
    assert [item["number"] for item in definitions["indicators"]] == list(range(1, 22))
    at_end = {item["number"] for item in definitions["indicators"] if item["counted_at_end"]}
    assert at_end == {6, 9, 13, 19, 21}
    by_number = {item["number"]: item for item in definitions["indicators"]}
    assert [(by_number[n]["per"], by_number[n]["rests_on"]) for n in (1, 10)] == [(1000, ["populations"]), (1, [])]
    assert by_number[15]["further"] == {
        "within_12_months": {"nb": "innen 12 måneder", "nn": "innan 12 månader", "en": "within 12 months"}
    }
    assert definitions["counts"][0]["name"] == {"nb": "Åpne saker", "nn": "Opne saker", "en": "Open cases"}

    async with engine.begin() as conn:
        await conn.execute(
            text("INSERT INTO consumer_offset VALUES ('indicator-service', 'forkant.case.v1', 0, 5, 7, now() - interval '1 minute')")
        )  # fmt: skip
    fresh = (await client.get("/v1/freshness", headers=headers)).json()
    assert fresh["lag"] == 2
    assert fresh["seconds_behind"] > 0
    assert fresh["heartbeat_age_seconds"] < 10
    assert fresh["partitions"][0]["topic"] == "forkant.case.v1"


@asynccontextmanager
async def streaming(client, headers, query=""):
    async with client.stream("GET", f"/v1/stream{query}", headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = response.aiter_lines()

        async def next_event(wanted):
            async with asyncio.timeout(10):
                found = {}
                async for line in lines:
                    if line == "" and found.get("event") == wanted:
                        return {**found, "data": json.loads(found["data"])}
                    if line == "":
                        found = {}
                        continue
                    name, _, value = line.partition(": ")
                    found[name] = value
            raise AssertionError(f"the stream ended before {wanted}")

        yield next_event


async def test_the_stream_tells_of_changes_and_resumes_where_it_was(client, as_persona, opened):
    headers = as_persona("officer-oslo")
    async with streaming(client, headers, "?units=oslo") as next_event:
        assert (await next_event("metrics"))["data"]["counts"]["open"]["value"] == 0
        assert "seconds_behind" in (await next_event("freshness"))["data"]
        await opened(oslo=2)
        changed = await next_event("metrics")
        assert changed["data"]["counts"]["open"]["value"] == 2
    same = (await client.get("/v1/districts/oslo/metrics", headers=headers)).json()
    for key in ("unit", "period", "counts", "indicators"):
        assert changed["data"][key] == same[key]

    await opened(oslo=1)
    async with streaming(client, headers | {"Last-Event-ID": changed["id"]}, "?units=oslo,troms") as next_event:
        event = await next_event("metrics")
        assert (event["data"]["unit"], event["data"]["counts"]["open"]["value"]) == ("oslo", 3)


async def test_the_stream_hides_what_the_figures_hide(client, as_persona, opened):
    await opened(finnmark=2, oslo=30, ost=20, vest=10)
    async with streaming(client, as_persona("officer-oslo"), "?units=finnmark") as next_event:
        assert (await next_event("metrics"))["data"]["counts"]["open"] == {"value": None, "suppressed": True}


async def test_the_stream_ends_when_the_token_does(client, issuer):
    soon = int((datetime.now(UTC) + timedelta(seconds=2)).timestamp())
    headers = issuer.headers("officer-oslo", exp=soon)
    async with streaming(client, headers, "?units=oslo") as next_event:
        assert (await next_event("end"))["data"] == {"reason": "token-expired"}


async def test_the_stream_ends_within_five_seconds_of_the_tokens_revocation(client, issuer):
    token = issuer.token("officer-oslo")
    headers = {"Authorization": f"Bearer {token}"}
    async with streaming(client, headers, "?units=oslo") as next_event:
        await next_event("metrics")
        issuer.revoke(token)
        async with asyncio.timeout(5):
            assert (await next_event("end"))["data"] == {"reason": "token-revoked"}
    assert code(await client.get("/v1/stream?units=oslo", headers=headers)) == (401, "invalid-token")


async def test_the_dashboard_is_public_and_loads_nothing_from_elsewhere(client, issuer):
    page = await client.get("/dashboard")
    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert f"connect-src 'self' {issuer.url};" in policy
    assert "unsafe" not in policy
    assert (await client.get("/dashboard?lang=xx")).status_code == 422
    assert code(await client.get("/dashboard/static/../../settings.py")) in [
        (404, "not-found"),
        (401, "unauthenticated"),
    ]
    assert code(await client.get("/dashboard/static/%2e%2e/settings.py")) == (404, "not-found")
    assert code(await client.get("/dashboard/static/nothing.js")) == (404, "not-found")


async def test_health_is_public(client):
    assert (await client.get("/health/live")).status_code == 200
    assert (await client.get("/health/ready")).json()["checks"] == {
        "database": "ok",
        "row-security": "ok",
        "schema": "ok",
    }
