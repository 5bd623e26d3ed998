"""Measure 5 over HTTP and Kafka: closing without evaluation lowers indicator 10, and crossing a target alerts once.

Also when the worker that judges is killed in between and another takes over, and when two of them run.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from forkant_devstack.native.children import start, stop
from forkant_devstack.native.ports import free_ports
from forkant_devstack.process import ProcessSpec
from forkant_devstack.testing.platform import Platform, answers_ready
from forkant_devstack.testing.walk import open_case
from forkant_kit.testing import until

pytestmark = pytest.mark.kafka
READ = """
SELECT partition, next_offset, end_offset, observed_at FROM consumer_offset WHERE topic = 'forkant.steering.v1' ORDER BY 1
"""
CROSSINGS = "SELECT aggregate_version, data FROM event_archive WHERE unit = $1 ORDER BY aggregate_version"


async def close(platform: Platform, unit: str, count: int, *, evaluated: bool) -> None:
    async def one() -> None:
        walk = await open_case(platform, unit)
        await walk.plan()
        await walk.act()
        await walk.close(evaluated=evaluated)

    await asyncio.gather(*[one() for _ in range(count)])


async def figure(platform: Platform, unit: str) -> Any:
    answer = await platform.call("indicator", "GET", f"/v1/districts/{unit}/metrics", persona=f"lead-{unit}")
    assert answer.status_code == 200, answer.text
    return next(item for item in answer.json()["indicators"] if item["number"] == 10)


async def shows(platform: Platform, unit: str, value: float, band: str) -> None:
    async def so() -> bool:
        found = await figure(platform, unit)
        return (found["value"]["value"], found["target"]["band"]) == (value, band)

    await until(so, what=f"indicator 10 of {unit} at {value}")


async def set_target(platform: Platform, unit: str, **given: Any) -> str:
    body = {"unit": unit, "indicator": 10, "goal": 0.8, "near": 0.6, "reason": "Evaluering viser hva som virker."}
    body |= {"valid_from": datetime.now(ZoneInfo("Europe/Oslo")).date().isoformat(), **given}
    made = await platform.call("indicator", "POST", "/v1/targets", persona=f"lead-{unit}", body=body)
    assert made.status_code == 201, made.text
    path = f"{made.headers['location']}/versions/1/approval"
    etag = made.headers["etag"]
    done = await platform.call("indicator", "POST", path, persona="pod-analyst", body={}, etag=etag)
    assert done.status_code == 200, done.text
    return str(made.json()["id"])


async def alerts(platform: Platform, persona: str, unit: str) -> list[Any]:
    answer = await platform.call("notification", "GET", "/v1/inbox?kind=threshold_crossed", persona=persona)
    assert answer.status_code == 200, answer.text
    return [item for item in answer.json()["items"] if unit in (item["unit"], item["about_unit"])]


async def judged(platform: Platform) -> None:
    """Wait until the worker has judged everything that the figures show."""

    async def so() -> bool:
        rows = await platform.fetch(
            "indicator",
            "SELECT (SELECT max(sequence) FROM metric_change) = sequence AS so FROM watch_round",
        )
        return bool(rows[0]["so"])

    await until(so, what="the figures being judged")


async def told(platform: Platform, unit: str) -> list[tuple[int, str, str]]:
    rows = await platform.fetch("indicator", CROSSINGS, unit)
    return [(row["aggregate_version"], row["data"]["from_band"], row["data"]["to_band"]) for row in map(_read, rows)]


def _read(row: Any) -> Any:
    data = row["data"]
    return {"aggregate_version": row["aggregate_version"], "data": json.loads(data) if isinstance(data, str) else data}


async def within_time(platform: Platform, unit: str, alerted: Callable[[], Awaitable[bool]]) -> None:
    """Wait for the alert; without one, say how far its event came."""
    try:
        await until(alerted, what="the alert")
    except AssertionError as error:
        [waiting] = await platform.fetch("indicator", "SELECT count(*) AS events FROM outbox")
        parked = await platform.fetch("notification", "SELECT topic, reason FROM parked_event WHERE status = 'parked'")
        read = await platform.fetch("notification", READ)
        course = f"told {await told(platform, unit)}, {waiting['events']} in the outbox, parked {parked}, read {read}"
        raise AssertionError(f"{error}; {course}") from None


@pytest_asyncio.fixture
async def second_worker(platform: Platform) -> AsyncIterator[None]:
    """Run another worker of the indicator service beside the first."""
    spec = platform._spec("indicator-worker", None)
    [port] = free_ports(1)
    another = ProcessSpec(
        name="indicator-worker-2",
        argv=spec.argv,
        env={**spec.env, "FORKANT_WORKER_PORT": str(port)},
        ready=answers_ready(f"http://127.0.0.1:{port}/health/ready"),
    )
    child = await start(another, log=platform.folder / "indicator-worker-2.log")
    yield
    await stop(child)


async def test_closing_without_evaluation_lowers_indicator_10_and_crossing_its_target_alerts_once(platform: Platform):
    unit = "troms"
    target = await set_target(platform, unit)
    await close(platform, unit, 6, evaluated=True)
    await shows(platform, unit, 1.0, "met")
    await judged(platform)
    await close(platform, unit, 5, evaluated=False)
    await shows(platform, unit, round(6 / 11, 4), "missed")

    async def alerted() -> bool:
        return bool(await alerts(platform, f"lead-{unit}", unit)) and bool(await alerts(platform, "pod-analyst", unit))

    await within_time(platform, unit, alerted)
    await close(platform, unit, 1, evaluated=False)
    await shows(platform, unit, 0.5, "missed")
    await judged(platform)
    for persona in (f"lead-{unit}", "pod-analyst"):
        [alert] = await alerts(platform, persona, unit)
        assert (alert["subject"], alert["subject_id"]) == ("target", target)
    assert await told(platform, unit) == [(1, "met", "missed")]


async def test_a_worker_that_is_killed_and_a_second_one_alert_once(platform: Platform, second_worker: None):
    unit = "phs"
    await set_target(platform, unit)
    await close(platform, unit, 6, evaluated=True)
    await shows(platform, unit, 1.0, "met")
    await judged(platform)
    for closing in range(5):
        await close(platform, unit, 1, evaluated=False)
        if closing in {1, 4}:
            # Whether it had projected, judged or published by then is left to chance, and must not matter.
            await platform.kill("indicator-worker")
            await platform.start("indicator-worker")
    await shows(platform, unit, round(6 / 11, 4), "missed")
    await judged(platform)

    async def alerted() -> bool:
        return bool(await alerts(platform, f"lead-{unit}", unit))

    await within_time(platform, unit, alerted)
    assert await told(platform, unit) == [(1, "met", "missed")]
    assert len(await alerts(platform, f"lead-{unit}", unit)) == 1
    assert len(await alerts(platform, "pod-analyst", unit)) == 1
