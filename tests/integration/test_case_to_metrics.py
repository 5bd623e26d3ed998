"""From a command over HTTP to the district's figures: through outbox, relay, Kafka and projector, on real parts."""

import asyncio
import json
from typing import Any

import pytest
from forkant_devstack.testing.plain_http import plain_client
from forkant_devstack.testing.platform import Platform
from forkant_devstack.testing.walk import open_case
from forkant_kit.parked_desk import Desk
from forkant_kit.testing import until

pytestmark = pytest.mark.kafka


async def metrics(platform: Platform, unit: str) -> dict[str, Any]:
    answer = await platform.call("indicator", "GET", f"/v1/districts/{unit}/metrics", persona=f"analyst-{unit}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def count(found: dict[str, Any], name: str) -> int:
    return int(found["counts"][name]["value"] or 0)


def indicator(found: dict[str, Any], number: int) -> dict[str, Any]:
    return next(item for item in found["indicators"] if item["number"] == number)


async def test_a_case_reaches_the_figures_of_its_district(platform: Platform):
    before = await metrics(platform, "agder")
    for evaluated in (True, False):
        walk = await open_case(platform, "agder")
        await walk.plan()
        await walk.act()
        await walk.close(evaluated=evaluated)
    await open_case(platform, "agder")

    async def counted() -> bool:
        found = await metrics(platform, "agder")
        share = indicator(found, 10)
        return (
            count(found, "opened") - count(before, "opened") == 3
            and count(found, "closed") - count(before, "closed") == 2
            and count(found, "open") - count(before, "open") == 1
            and share["denominator"]["value"] == 2
            and share["numerator"]["value"] == 1
            and share["value"]["value"] == 0.5
        )

    await until(counted, what="opened, closed, open and the share closed with an evaluation")
    found = await metrics(platform, "agder")
    assert found["seconds_behind"] is not None
    assert indicator(found, 4)["median"]["value"] == 0


async def test_closing_without_an_evaluation_lowers_indicator_10(platform: Platform):
    good = await open_case(platform, "vest")
    await good.plan()
    await good.act()
    await good.close()

    async def share_is(value: float) -> bool:
        return bool(indicator(await metrics(platform, "vest"), 10)["value"]["value"] == value)

    await until(lambda: share_is(1.0), what="all closed with an evaluation")
    await (await open_case(platform, "vest")).close(evaluated=False)
    await until(lambda: share_is(0.5), what="half closed with an evaluation")


async def test_a_concern_that_becomes_a_case_counts_in_indicators_2_and_3(platform: Platform):
    for outcome in ("case", "dismissed"):
        made = await platform.call(
            "case",
            "POST",
            "/v1/concerns",
            persona="officer-troms",
            body={"source": "school", "theme": "drugs", "age_band": "15_17", "description": "En bekymring"},
        )
        assert made.status_code == 201, made.text
        decision: dict[str, Any] = {"outcome": outcome}
        if outcome == "case":
            decision["case"] = {
                "case_type": "person",
                "subject_category": "at_risk",
                "purpose_code": "protect_child",
                "legal_basis": "police_act",
                "title": "Oppfølging",
            }
        decided = await platform.call(
            "case",
            "POST",
            f"/v1/concerns/{made.json()['id']}/decision",
            persona="lead-troms",
            body=decision,
            etag=made.headers["etag"],
        )
        assert decided.status_code == 200, decided.text

    async def counted() -> bool:
        found = await metrics(platform, "troms")
        return indicator(found, 3)["denominator"]["value"] == 2 and indicator(found, 3)["numerator"]["value"] == 1

    await until(counted, what="one of two concerns became a case")
    assert indicator(await metrics(platform, "troms"), 2)["denominator"]["value"] == 2


async def test_a_transfer_moves_the_open_case_between_districts(platform: Platform):
    walk = await open_case(platform, "finnmark")
    offered = await walk.do("POST", "/transfers", {"to_unit": "nordland"})
    offer = f"/v1/cases/{walk.case_id}/transfers/{offered.json()['item_id']}"
    seen = await platform.call("case", "GET", offer, persona="lead-nordland")
    assert seen.status_code == 200, seen.text
    accepted = await platform.call(
        "case", "POST", f"{offer}/accept", persona="lead-nordland", body={}, etag=seen.headers["etag"]
    )
    assert accepted.status_code == 200, accepted.text

    async def moved() -> bool:
        there, here = await metrics(platform, "nordland"), await metrics(platform, "finnmark")
        return (count(there, "open"), count(here, "open")) == (1, 0)

    await until(moved, what="the open case counted in the new district alone")
    gone = await platform.call("case", "GET", f"/v1/cases/{walk.case_id}", persona="officer-finnmark")
    assert gone.status_code == 404


async def test_the_stream_pushes_a_changed_figure(platform: Platform):
    headers = platform.issuer.headers("analyst-phs")
    url = f"{platform.nodes['indicator'].url}/v1/stream?units=phs"

    async def first_with(opened: int) -> dict[str, Any]:
        async with plain_client(timeout=30) as client, client.stream("GET", url, headers=headers) as stream:
            assert stream.status_code == 200
            connected.set()
            kind = ""
            async for line in stream.aiter_lines():
                if line.startswith("event:"):
                    kind = line.removeprefix("event:").strip()
                if line.startswith("data:") and kind == "metrics":
                    found = json.loads(line.removeprefix("data:"))
                    if found["unit"] == "phs" and count(found, "opened") >= opened:
                        return dict(found)
        raise AssertionError("the stream ended")

    connected = asyncio.Event()
    before = await metrics(platform, "phs")
    reading = asyncio.create_task(first_with(count(before, "opened") + 1))
    await asyncio.wait_for(connected.wait(), 10)
    await open_case(platform, "phs")
    found = await asyncio.wait_for(reading, 20)
    assert count(found, "open") == count(before, "open") + 1


async def test_a_refused_change_leaves_no_event(platform: Platform):
    walk = await open_case(platform, "ost")
    refused = await platform.call(
        "case",
        "POST",
        f"/v1/cases/{walk.case_id}/resume",
        persona="officer-ost",
        body={},
        etag=walk.etag,
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "illegal-transition")
    query = "SELECT type FROM event_archive WHERE aggregate_id = $1 ORDER BY aggregate_version"
    rows = await platform.fetch("case", query, walk.case_id)
    assert [row["type"] for row in rows] == ["no.forkant.case.opened.v1", "no.forkant.task.assigned.v1"]


async def test_another_units_case_is_not_there(platform: Platform):
    walk = await open_case(platform, "oslo")
    for persona in ("officer-troms", "lead-troms", "officer-kripos"):
        answer = await platform.call("case", "GET", f"/v1/cases/{walk.case_id}", persona=persona)
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


async def test_a_poison_record_stops_nothing(platform: Platform):
    from aiokafka import AIOKafkaProducer
    from forkant_contracts.topics import CASE_TOPIC

    producer = AIOKafkaProducer(bootstrap_servers=platform.kafka.bootstrap)
    await producer.start()
    for partition in range(12):
        await producer.send_and_wait(CASE_TOPIC, b"\x00\xff poison", key=b"nobody", partition=partition)
        headers = [("ce_type", b"no.forkant.tomorrow.v1"), ("ce_specversion", b"1.0")]
        await producer.send_and_wait(CASE_TOPIC, b"{}", key=b"nobody", headers=headers, partition=partition)
    await producer.stop()
    await open_case(platform, "pu")

    async def flowed() -> bool:
        parked = await platform.fetch("indicator", "SELECT count(*) AS n FROM parked_event WHERE status = 'parked'")
        return parked[0]["n"] >= 24 and count(await metrics(platform, "pu"), "opened") == 1

    await until(flowed, what="the poison parked and the case counted")
    desk = Desk(databases={"indicator": platform.nodes["indicator"].database.worker_url}, by="duty operator")
    listed, total = await desk.find()
    assert len(listed) == total >= 24
    looked = await platform.fetch("indicator", "SELECT action FROM audit_entry WHERE subject = 'duty operator'")
    assert [row["action"] for row in looked] == ["parked.list"]
