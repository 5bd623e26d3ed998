"""Two cases are merged over HTTP: of the two, one counts, and the people of the unit are told, within seconds."""

from typing import Any

import httpx
import pytest
from forkant_devstack.testing.walk import A_CASE
from forkant_kit.testing import until

pytestmark = pytest.mark.kafka
UNIT = "more-og-romsdal"


async def test_of_two_cases_that_were_merged_one_counts(platform):
    async def ask(service: str, method: str, path: str, **more: Any) -> httpx.Response:
        answer = await platform.call(service, method, path, **{"persona": f"lead-{UNIT}", **more})
        assert answer.is_success, answer.text
        return answer

    async def opened() -> int:
        found = await ask("indicator", "GET", f"/v1/districts/{UNIT}/metrics?period=rolling_12")
        return int(found.json()["counts"]["opened"]["value"])

    async def counts(expected: int) -> bool:
        return await opened() == expected

    before = await opened()
    cases = [await ask("case", "POST", "/v1/cases", persona=f"officer-{UNIT}", body=A_CASE) for _ in range(2)]
    (case, etag), (into, into_etag) = [(each.json()["id"], each.headers["etag"]) for each in cases]
    await until(lambda: counts(before + 2), what="two cases counting")
    await ask(
        "case", "POST", f"/v1/cases/{case}/merge", body={"into": into, "into_etag": into_etag}, etag=etag,
    )  # fmt: skip
    await until(lambda: counts(before + 1), what="one of them counting")

    async def told() -> bool:
        entries = (await ask("notification", "GET", "/v1/inbox")).json()["items"]
        kinds = {entry["kind"] for entry in entries if entry["subject_id"] == case}
        return kinds == {"case_merged"}

    await until(told, what="the lead being told, and of nothing else about it")
