"""Figures from outside meet what the platform counts: cases per inhabitants, and what is missing until then."""

from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from forkant_devstack.testing.plain_http import plain_client
from forkant_devstack.testing.platform import Platform
from forkant_devstack.testing.walk import open_case
from forkant_kit.db import utc_now
from forkant_kit.testing import until

pytestmark = pytest.mark.kafka
UNIT = "finnmark"


async def indicator(platform: Platform, number: int) -> dict[str, Any]:
    answer = await platform.call("indicator", "GET", f"/v1/districts/{UNIT}/metrics", persona=f"analyst-{UNIT}")
    assert answer.status_code == 200, answer.text
    return next(item for item in answer.json()["indicators"] if item["number"] == number)


async def bring(platform: Platform, kind: str, *lines: str, **query: Any) -> httpx.Response:
    headers = platform.issuer.headers("import-demo") | {"Content-Type": "text/csv", "Idempotency-Key": str(uuid4())}
    today = utc_now().astimezone(ZoneInfo("Europe/Oslo")).date().isoformat()
    asked = {"kind": kind, "source": "register", "source_date": today, "method": "count", **query}
    async with plain_client(base_url=platform.nodes["indicator"].url, timeout=20) as http:
        return await http.post("/v1/aggregate-imports", content="\n".join(lines), params=asked, headers=headers)


async def test_cases_meet_the_population_that_is_imported_and_a_correction_changes_the_rate(platform: Platform):
    year = utc_now().astimezone(ZoneInfo("Europe/Oslo")).year
    before = await indicator(platform, 1)
    assert [each["periods"] for each in before["imported"]["missing"]] == [[str(year)]]
    assert before["value"]["value"] is None
    await open_case(platform, UNIT)

    async def counted() -> bool:
        return bool((await indicator(platform, 1))["numerator"]["value"] == before["numerator"]["value"] + 1)

    await until(counted, what="the case being counted")
    wrong = await bring(platform, "populations", "unit,period,inhabitants", f"{UNIT},{year},-1")
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "negative")
    assert (await indicator(platform, 1))["value"]["value"] is None

    cases = before["numerator"]["value"] + 1
    made = await bring(platform, "populations", "unit,period,inhabitants", f"{UNIT},{year},75000")
    assert made.status_code == 201, made.text
    found = await indicator(platform, 1)
    assert found["value"]["value"] == round(1000 * cases / 75_000, 4)
    assert found["imported"] == {
        "imports": [made.json()["id"]],
        "covers": {"first_day": f"{year}-01-01", "last_day": f"{year}-01-01"},
        "missing": [],
    }
    corrected = await bring(platform, "populations", "unit,period,inhabitants", f"{UNIT},{year},7500", corrects=True)
    assert corrected.status_code == 201, corrected.text
    found = await indicator(platform, 1)
    assert (found["value"]["value"], found["imported"]["imports"]) == (
        round(1000 * cases / 7_500, 4), [corrected.json()["id"]],
    )  # fmt: skip
