"""After a restore no version that was published is given again, and nobody's old state of a case is taken."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from case_service.domain.moments import local_day
from case_service.recover import COUNTERS
from forkant_contracts.topics import ACCESS_TOPIC, CASE_TOPIC, CATALOGUE_TOPIC, CONCERN_TOPIC
from forkant_devstack.verify.changes import check_changes
from forkant_kit.db import create_engine, new_id
from forkant_kit.recovery.command import as_json, told
from forkant_kit.recovery.fence import StillRunningError, fence
from forkant_kit.recovery.lost import Lost, Published

from .conftest import CONCERN

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest_asyncio.fixture
async def owner(empty_service):
    engine = create_engine(empty_service.owner_url, application_name="test", pool_size=2)
    yield engine
    await engine.dispose()


@pytest.fixture
def officer(empty_service):
    return empty_service.person("officer-oslo")


def lost(aggregate, *versions, topic=CASE_TOPIC, type_="no.forkant.case.assessed.v1"):
    return Lost(events=[Published(uuid4(), topic, UUID(aggregate), v, type_, "oslo", NOW) for v in versions])


async def fenced(owner, found):
    return await fence(owner, found, service="case-service", counters=COUNTERS, by="operator", new_id=new_id)


async def test_versions_that_were_published_are_skipped_and_work_goes_on_behind_them(empty_service, owner, officer):
    case = await officer.open()
    done = await fenced(owner, lost(case.id, 3, 4, 5))  # opening made two, with the first task
    assert done.skipped == {UUID(case.id): [3, 4, 5]}
    refused = await case.attempt("PUT", "assessment", {"risk_factors": ["truancy"]})
    assert refused.status_code == 412
    case.etag = (await officer.get(case.path)).headers["etag"]
    await case.assessed()
    rows = await empty_service.fetch(
        "SELECT aggregate_version AS v, type FROM event_archive WHERE aggregate_id = $1 ORDER BY 1", UUID(case.id)
    )
    assert [row["v"] for row in rows][-1] > 5
    assert [row["type"] for row in rows][2:5] == ["no.forkant.case.version-skipped.v1"] * 3
    assert [check for check in await check_changes(empty_service.worker_url) if not check.ok] == []


async def test_a_fence_twice_changes_nothing_more(empty_service, owner, officer):
    case = await officer.open()
    await fenced(owner, lost(case.id, 2, 3))
    assert (await fenced(owner, lost(case.id, 2, 3))).skipped == {}
    assert await empty_service.fetch("SELECT version FROM preventive_case WHERE id = $1", UUID(case.id)) == [(3,)]


async def test_a_concern_is_fenced_as_a_case_is(empty_service, owner):
    made = await empty_service.person("officer-troms").send("POST", "/v1/concerns", CONCERN)
    assert made.is_success, made.text
    found = lost(made.json()["id"], 2, topic=CONCERN_TOPIC, type_="no.forkant.concern.decided.v1")
    assert (await fenced(owner, found)).skipped == {UUID(made.json()["id"]): [2]}


async def test_a_method_is_retired_anew_behind_what_was_lost_of_it(empty_service, owner):
    [(method,)] = await empty_service.fetch("SELECT id FROM method_head WHERE code = 'concern_conversation'")
    done = await fenced(owner, lost(str(method), 1, 2, topic=CATALOGUE_TOPIC, type_="no.forkant.method.retired.v1"))
    assert done.skipped == {method: [1, 2]}
    retired = {"retired_from": local_day(datetime.now(UTC)).isoformat(), "reason": "Not used any more."}
    path = "/v1/methods/concern_conversation/retirement"
    assert (await empty_service.person("pod-analyst").send("POST", path, retired)).status_code == 200
    rows = await empty_service.fetch(
        "SELECT aggregate_version, type FROM event_archive WHERE aggregate_id = $1 ORDER BY 1", method
    )
    skipped = "no.forkant.catalogue.version-skipped.v1"
    assert rows == [(1, skipped), (2, skipped), (3, "no.forkant.method.retired.v1")]


async def test_a_unit_is_fenced_as_a_method_is(empty_service, owner):
    [(unit, version)] = await empty_service.fetch("SELECT uid, version FROM unit WHERE id = 'oslo'")
    found = lost(str(unit), version + 1, topic=CATALOGUE_TOPIC, type_="no.forkant.unit.changed.v1")
    assert (await fenced(owner, found)).skipped == {unit: [version + 1]}
    assert await empty_service.fetch("SELECT version FROM unit WHERE id = 'oslo'") == [(version + 1,)]


@pytest.mark.parametrize("topic", [CASE_TOPIC, CONCERN_TOPIC, ACCESS_TOPIC, CATALOGUE_TOPIC])
async def test_what_was_made_since_is_unknown_and_left_alone(owner, topic):
    found = lost(str(uuid4()), 1, topic=topic)
    done = await fenced(owner, found)
    assert (done.skipped, list(done.unknown)) == ({}, [found.events[0].aggregate_id])


async def test_beside_a_running_worker_nothing_is_done(empty_service, owner, officer):
    case = await officer.open()
    await empty_service.fetch("INSERT INTO relay_member (owner, seen_at) VALUES ('w', clock_timestamp())")
    with pytest.raises(StillRunningError):
        await fenced(owner, lost(case.id, 3))
    assert await empty_service.fetch("SELECT version FROM preventive_case WHERE id = $1", UUID(case.id)) == [(2,)]


def test_what_was_erased_since_is_said_before_anything_else_can_be_overlooked():
    found = lost("0198c0de-0000-7000-8000-000000000001", 5, type_="no.forkant.case.erased.v1")
    assert "ERASE THEM BEFORE OPENING" in told(found)
    assert as_json(found)["lost"][0]["valid_up_to_version"] == 4
