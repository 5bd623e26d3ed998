"""Cases open and close over HTTP: behind the figure stand those that one may see, and why it changed is told by events."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from forkant_devstack.testing.walk import A_CASE
from forkant_kit.testing import until

pytestmark = pytest.mark.kafka
UNIT = "up"


async def test_what_moved_a_figure_is_told_with_the_cases_behind_it(platform):
    async def ask(service: str, method: str, path: str, **more: Any) -> httpx.Response:
        answer = await platform.call(service, method, path, **{"persona": f"lead-{UNIT}", **more})
        assert answer.is_success, answer.text
        return answer

    async def behind() -> set[str]:
        found = await ask("indicator", "GET", f"/v1/indicators/5/cases?unit={UNIT}&limit=500")
        return {item["id"] for item in found.json()["items"]}

    first = (await ask("case", "POST", "/v1/cases", persona=f"officer-{UNIT}", body=A_CASE)).json()["id"]

    async def shown(*cases: str) -> bool:
        return set(cases) <= await behind()

    await until(lambda: shown(first), what="the case standing behind the figure")
    since = (datetime.now(UTC) + timedelta(seconds=1)).isoformat().replace("+00:00", "Z")
    await until(lambda: passed(since), what="a later moment")
    case = (await ask("case", "POST", "/v1/cases", persona=f"officer-{UNIT}", body=A_CASE)).json()["id"]
    await until(lambda: shown(first, case), what="the second one standing there too")

    async def told() -> bool:
        path = f"/v1/indicators/5/changes?unit={UNIT}&since={since}"
        answer = await platform.call("indicator", "GET", path, persona=f"lead-{UNIT}")
        return bool(answer.is_success and answer.json()["events"])

    await until(told, what="the journal telling of it")
    found = (await ask("indicator", "GET", f"/v1/indicators/5/changes?unit={UNIT}&since={since}")).json()
    # Another flow may open cases of the unit meanwhile; its lead sees them all.
    assert found["total"]["denominator"] == sum(event["denominator"] for event in found["events"])
    told_of = [(event["type"], event["denominator"]) for event in found["events"] if event["object_id"] == case]
    assert told_of == [("no.forkant.case.opened.v1", 1)]
    assert first not in {event["object_id"] for event in found["events"]}
    assert found["not_kept"] == 0
    other = await platform.call("indicator", "GET", f"/v1/indicators/5/cases?unit={UNIT}", persona="lead-troms")
    assert other.status_code == 403


async def passed(moment: str) -> bool:
    return datetime.now(UTC) > datetime.fromisoformat(moment)
