"""G2, by the running service itself: its figures agree with the cases, and what is planted wrong is found and named."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from forkant_devstack.issuer.personas import SELF_AUDIT, SERVICE_SECRET
from forkant_devstack.issuer.pytest_fixture import IssuerServer
from forkant_devstack.testing.kafka_server import KafkaServer
from forkant_devstack.testing.platform import Platform
from forkant_devstack.testing.postgres_server import PostgresServer
from forkant_devstack.testing.walk import Walk, open_case
from forkant_kit.db import utc_now
from forkant_kit.testing import until

pytestmark = pytest.mark.kafka

UNIT, OTHER = "okokrim", "nordland"
ROUND_ENDS_WITHIN_S = 60
QUICK = {
    "FORKANT_SELF_AUDIT_CLIENT_ID": SELF_AUDIT,
    "FORKANT_SELF_AUDIT_CLIENT_SECRET": SERVICE_SECRET,
    "FORKANT_SELF_AUDIT_EVERY_SECONDS": "0.05",
    "FORKANT_SELF_AUDIT_ROUND_SECONDS": "0.5",
    "FORKANT_SELF_AUDIT_PAGE_SIZE": "3",
}
CONCERN = {"source": "school", "theme": "violence", "age_band": "under_15", "description": "Slagsmål i friminuttet."}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def audited(
    devstack_folder: Path, postgres: PostgresServer, kafka: KafkaServer, issuer: IssuerServer, platform: Platform
) -> AsyncIterator[Platform]:
    """The platform of all flows, whose indicator worker audits; what the other flows have done is audited with it."""
    extra = dict(platform.extra_env)
    await platform.stop("indicator-worker")
    platform.extra_env = {**extra, **QUICK}
    await platform.start("indicator-worker")
    try:
        yield platform
    finally:
        platform.extra_env = extra
        if "indicator-worker" in platform.children:
            await platform.stop("indicator-worker")
        await platform.start("indicator-worker")


async def told(platform: Platform, persona: str = "pod-analyst") -> dict[str, Any]:
    answer = await platform.call("indicator", "GET", "/v1/self-audit", persona=persona)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def a_round(platform: Platform) -> dict[str, Any]:
    """Wait for a round that began after now to end."""
    for _ in range(2):
        before = (await told(platform))["last_round_ended_at"]

        async def ended(before: Any = before) -> bool:
            return (await told(platform))["last_round_ended_at"] != before

        await until(ended, what="a round of the self-audit ending")
    return await told(platform)


async def operators_hear(platform: Platform, *kinds: str) -> None:
    """Wait until who runs the platform was told exactly this of the figures, in this order, over Kafka."""

    async def heard() -> bool:
        answer = await platform.call("notification", "GET", "/v1/inbox?limit=100", persona="pod-admin")
        told = [entry["kind"] for entry in reversed(answer.json()["items"])]
        found = [kind for kind in told if kind.startswith("figures_")]
        assert len(found) <= len(kinds), found
        return found == list(kinds)

    await until(heard, what=f"who runs the platform told {kinds}")


async def as_worker(platform: Platform, statement: str, *values: object) -> None:
    connection = await asyncpg.connect(platform.nodes["indicator"].database.worker_url)
    try:
        assert not (await connection.execute(statement, *values)).endswith(" 0"), "the plant must meet a row"
    finally:
        await connection.close()


async def a_year_of_work(platform: Platform) -> list[Walk]:
    """Cases that are opened, worked on, held, reopened, moved, merged, restricted and closed, and concerns."""
    opened = [await open_case(platform, UNIT) for _ in range(7)]
    for walk in opened[:4]:
        await walk.plan()
        await walk.act()
    await opened[0].close()
    await opened[0].do("POST", "/reopen", {"reason": "new_concern"})
    await opened[0].plan()
    await opened[1].close(evaluated=False)
    await opened[2].do("POST", "/hold", {"reason": "awaiting_partner"})
    await opened[2].do("POST", "/resume", {})
    await opened[2].do("POST", "/hold", {"reason": "awaiting_partner"})
    await opened[3].do("POST", "/partners", {"kind": "school"})
    await opened[3].do("POST", "/follow-ups", {"due_on": (utc_now() + timedelta(days=20)).date().isoformat()})
    await opened[4].do("POST", "/rejection", {"reason": "no_basis"})
    await opened[5].do("POST", "/restriction", {"restricted": True, "reason": "disputed"}, lead=True)
    for _ in range(2):
        made = await platform.call("case", "POST", "/v1/concerns", persona=f"officer-{UNIT}", body=CONCERN)
        assert made.status_code == 201, made.text
    decided = await platform.call(
        "case", "POST", f"{made.headers['location']}/decision", persona=f"officer-{UNIT}",
        body={"outcome": "dismissed"}, etag=made.headers["etag"],
    )  # fmt: skip
    assert decided.is_success, decided.text
    return opened


async def test_nothing_differs_after_work_of_every_kind_and_everybody_sees_that_it_is_known(audited: Platform):
    await a_year_of_work(audited)
    found = await a_round(audited)
    assert (found["state"], found["drift"], found["units"], found["failing_since"]) == ("agrees", 0, [], None)
    [count] = await audited.fetch("case", "SELECT count(*) FROM preventive_case")
    assert found["compared"]["cases"] == count["count"] >= 7
    assert found["compared"]["concerns"] >= 2
    assert found["compared"]["cells"] > 0
    shown = await audited.call("indicator", "GET", "/v1/freshness", persona=f"officer-{UNIT}")
    assert shown.json()["self_audit"]["state"] == "agrees"
    assert shown.json()["self_audit"]["round_age_seconds"] < 60


async def test_a_wrong_cell_is_found_within_a_round_by_unit_and_indicator_and_gone_when_it_is_mended(audited: Platform):
    await open_case(audited, OTHER)
    await a_round(audited)
    change = "UPDATE district_cell SET amount = amount {} 1 WHERE district = $1 AND metric = 'opened'"
    await as_worker(audited, change.format("+"), OTHER)
    found = await a_round(audited)
    [unit] = found["units"]
    assert (found["state"], found["drift"], unit["unit"], unit["drift"]) == ("drifts", 1, OTHER, 1)
    assert {"number": 1, "drift": 1} in unit["indicators"]
    for persona, seen in ((f"lead-{OTHER}", [OTHER]), (f"lead-{UNIT}", [])):
        own = await told(audited, persona)
        assert (own["state"], own["drift"], [each["unit"] for each in own["units"]]) == ("drifts", None, seen)
    assert '"self_audit_drift"' in audited.log_of("indicator-worker")
    await operators_hear(audited, "figures_drift")
    await as_worker(audited, change.format("-"), OTHER)
    assert (await a_round(audited))["state"] == "agrees"
    await operators_hear(audited, "figures_drift", "figures_agree_again")


async def test_a_wrong_fact_and_a_lost_event_are_found_within_a_round_and_named_in_the_log(audited: Platform):
    wrong, lost = await open_case(audited, OTHER), await open_case(audited, OTHER)
    await a_round(audited)
    before = await audited.fetch(
        "indicator", "SELECT CAST(fact AS text) AS f FROM case_fact WHERE case_id = $1", wrong.case_id
    )
    await as_worker(
        audited, 'UPDATE case_fact SET fact = fact || \'{"theme": "fraud"}\' WHERE case_id = $1', wrong.case_id
    )
    # The gate has seen the version that is to come: its event is dropped as a repeat, and the next one is counted.
    await as_worker(audited, "UPDATE aggregate_version SET version = version + 1 WHERE aggregate_id = $1", lost.case_id)
    await lost.do("POST", "/rejection", {"reason": "no_basis"})
    found = await a_round(audited)
    reasons = await audited.fetch(
        "indicator", "SELECT key, reason, fields FROM self_audit_item WHERE looks >= 2 AND kind = 'case'"
    )
    assert {row["key"]: row["reason"] for row in reasons} == {
        str(wrong.case_id): "different",
        str(lost.case_id): "different",
    }
    assert found["state"] == "drifts"
    assert [unit["unit"] for unit in found["units"]] == [OTHER]
    log = audited.log_of("indicator-worker")
    assert str(wrong.case_id) in log
    assert str(lost.case_id) in log
    await as_worker(
        audited, "UPDATE case_fact SET fact = CAST($2 AS jsonb) WHERE case_id = $1", wrong.case_id, before[0]["f"]
    )


async def test_a_gate_that_drops_all_that_is_new_is_named_and_every_round_ends(audited: Platform):
    walk = await open_case(audited, OTHER)
    await a_round(audited)
    gate = "UPDATE aggregate_version SET version = version {} 50 WHERE aggregate_id = $1"
    await as_worker(audited, gate.format("+"), walk.case_id)
    await walk.do("POST", "/rejection", {"reason": "no_basis"})
    async with asyncio.timeout(ROUND_ENDS_WITHIN_S):
        found = await a_round(audited)
    assert found["state"] == "drifts"
    reasons = await audited.fetch(
        "indicator", "SELECT reason FROM self_audit_item WHERE key = $1 AND looks >= 2", str(walk.case_id)
    )
    assert [row["reason"] for row in reasons] == ["gate"]
    await as_worker(audited, gate.format("-"), walk.case_id)
    async with asyncio.timeout(ROUND_ENDS_WITHIN_S):
        await a_round(audited)
    reasons = await audited.fetch(
        "indicator", "SELECT reason FROM self_audit_item WHERE key = $1 AND looks >= 2", str(walk.case_id)
    )
    assert [row["reason"] for row in reasons] == ["behind"]


async def test_while_the_case_service_is_away_the_last_round_ages_and_nothing_is_said_to_agree(audited: Platform):
    await audited.stop("case-api")
    try:

        async def failing() -> bool:
            return (await told(audited))["failing_since"] is not None

        await until(failing, what="the self-audit noticing that nobody answers")
        ended = (await told(audited))["last_round_ended_at"]

        async def overdue() -> bool:
            found = await told(audited)
            return found["round_age_seconds"] > found["expected_within_seconds"]

        await until(overdue, what="the last round being overdue")
        found = await told(audited)
        assert found["last_round_ended_at"] == ended
        assert found["state"] != "agrees"
        assert found["drift"] != 0
    finally:
        await audited.start("case-api")
    later = await a_round(audited)
    assert later["failing_since"] is None


async def test_the_identity_reads_nothing_but_what_is_counted(audited: Platform):
    walk = await open_case(audited, UNIT)
    for path in (f"/v1/cases/{walk.case_id}", "/v1/cases", "/v1/changes", "/v1/audit"):
        assert (await audited.call("case", "GET", path, persona=SELF_AUDIT)).status_code == 403
    for service, path in (("indicator", "/v1/self-audit"), ("indicator", "/v1/units"), ("notification", "/v1/inbox")):
        assert (await audited.call(service, "GET", path, persona=SELF_AUDIT)).status_code == 403
    assert (await audited.call("case", "GET", "/v1/recount/cases", persona=SELF_AUDIT)).status_code == 200
