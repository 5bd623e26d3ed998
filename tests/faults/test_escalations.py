"""Processes killed while a message goes up the chain or is acknowledged: each level is told once, and none too early."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from forkant_devstack.native.children import start, stop
from forkant_devstack.native.ports import free_ports
from forkant_devstack.testing.platform import Platform
from forkant_devstack.testing.walk import open_case
from forkant_devstack.verify.acknowledgements import check_acknowledgements
from forkant_kit.testing import until
from forkant_kit.working_days import day_in_norway

pytestmark = [pytest.mark.kafka, pytest.mark.faults]
HERE = Path(__file__).parent
KILLED = -9
UNIT = "oslo"
LATE = 5
WORKER, API = "notification-worker", "notification-api"
GLASS = "SELECT entry_id, subject_id FROM demand WHERE kind = 'glass_broken' AND subject_id = ANY($1)"


async def alarmed(platform: Platform, count: int) -> dict[UUID, UUID]:
    """Break the glass of so many cases; return by case the message that somebody must acknowledge."""
    cases = [(await open_case(platform, UNIT)).case_id for _ in range(count)]
    for case in cases:
        path, body = f"/v1/cases/{case}/break-glass", {"reason": "acute_danger"}
        answer = await platform.call("case", "POST", path, persona="officer-troms", body=body)
        assert answer.status_code == 201, answer.text

    async def demanded() -> bool:
        return len(await platform.fetch("notification", GLASS, cases)) == count

    await until(demanded, what="every message that demands to be acknowledged")
    return {row["subject_id"]: row["entry_id"] for row in await platform.fetch("notification", GLASS, cases)}


async def make_late(platform: Platform, entries: list[UUID]) -> None:
    """Let these messages be a fortnight old, so that the next level is due today."""
    today = day_in_norway(datetime.now(UTC))
    old = "UPDATE inbox_entry SET created_at = created_at - interval '14 days' WHERE id = ANY($1)"
    due = "UPDATE demand SET told_on = $2::date - 14, escalates_on = $2::date WHERE entry_id = ANY($1)"
    await platform.fetch("notification", old, entries)
    await platform.fetch("notification", due, entries, today)


async def gone_up(platform: Platform, entries: list[UUID]) -> Counter[UUID]:
    """Return how often each of these messages was told to the next level."""
    query = "SELECT first_entry_id FROM inbox_entry WHERE kind = 'not_acknowledged' AND first_entry_id = ANY($1)"
    return Counter(row["first_entry_id"] for row in await platform.fetch("notification", query, entries))


async def look_once_more(platform: Platform) -> None:
    """Start a worker anew, and wait until it has looked."""
    if WORKER in platform.children:
        await platform.stop(WORKER)
    before = platform.log_of(WORKER).count("messages_escalated")
    await platform.start(WORKER)

    async def looked() -> bool:
        return platform.log_of(WORKER).count("messages_escalated") > before

    await until(looked, what="the worker's look at what nobody acknowledged")


async def test_each_level_is_told_once_and_none_before_its_day_whenever_a_worker_dies(platform: Platform):
    found = list((await alarmed(platform, LATE + 1)).values())
    await platform.stop(WORKER)
    late = found[:LATE]
    await make_late(platform, late)

    await platform.start(WORKER, script=HERE / "escalating_dies_before_commit.py")
    assert await platform.died(WORKER, within_s=120) == KILLED
    assert await gone_up(platform, found) == Counter(), "it was to die before its commit"

    await platform.start(WORKER, script=HERE / "escalating_dies_after_commit.py")
    assert await platform.died(WORKER, within_s=120) == KILLED
    assert (await gone_up(platform, found)).total() == 2, "it was to die after its first commit"

    [port] = free_ports(1)
    spec = platform._spec(WORKER, None)
    beside = replace(spec, name="worker-beside", env={**spec.env, "FORKANT_WORKER_PORT": str(port)}, ready=None)
    other = await start(beside, log=platform.folder / "worker-beside.log")
    try:
        await platform.start(WORKER)

        async def told() -> bool:
            return (await gone_up(platform, found)).total() >= LATE

        await until(told, what="each message at the next level")
    finally:
        await stop(other)
    await look_once_more(platform)

    assert await gone_up(platform, found) == Counter(late)
    checked = await check_acknowledgements(platform.nodes["notification"].database.worker_url)
    assert checked.ok
    assert checked.compared >= 2 * LATE + 1


async def acknowledged(platform: Platform, entry: UUID) -> tuple[int, datetime | None]:
    """Return how many people acknowledged a message, and when it counted as acknowledged."""
    query = """
        SELECT (SELECT count(*) FROM inbox_mark AS m WHERE m.entry_id = d.entry_id AND m.acknowledged_at IS NOT NULL),
               d.acknowledged_at
        FROM demand AS d WHERE d.entry_id = $1
    """
    [row] = await platform.fetch("notification", query, entry)
    return row[0], row[1]


async def cut_off(platform: Platform, path: str, *, key: str) -> None:
    with pytest.raises(httpx.HTTPError):
        await platform.call("notification", "POST", path, persona="lead-oslo", body={}, key=key)
    assert await platform.died(API) == KILLED


async def ready(platform: Platform) -> bool:
    try:
        answer = await platform.call("notification", "GET", "/health/ready", persona="lead-oslo")
    except httpx.HTTPError:
        return False
    return answer.status_code == httpx.codes.OK


async def test_whoever_acknowledges_is_never_lost_and_never_counted_twice_when_the_service_dies(platform: Platform):
    entry, unheard = (await alarmed(platform, 2)).values()
    path, key = f"/v1/inbox/{entry}/acknowledge", str(uuid4())

    for moment, marks in (("before", 0), ("after", 1)):
        await platform.stop(API)
        platform.extra_env = {"FORKANT_TEST_DIES": moment}
        await platform.start(API, script=HERE / "acknowledging_dies.py")
        await until(lambda: ready(platform), what="the API that is to die")
        await cut_off(platform, path, key=key)
        count, at = await acknowledged(platform, entry)
        assert (count, at is not None) == (marks, bool(marks)), moment
        platform.extra_env = {}
        await platform.start(API)

    # Whoever was not answered asks again, with the same key.
    answer = await platform.call("notification", "POST", path, persona="lead-oslo", body={}, key=key)
    assert answer.status_code == 200, answer.text
    assert await acknowledged(platform, entry) == (1, at)

    await make_late(platform, [entry, unheard])
    await look_once_more(platform)
    assert await gone_up(platform, [entry, unheard]) == Counter([unheard])
    assert (await check_acknowledgements(platform.nodes["notification"].database.worker_url)).ok
