"""One trace from the HTTP command to the last consumer, and nothing personal in what the processes say."""

import json
from uuid import uuid4

import httpx
import pytest
from forkant_devstack.testing.platform import Platform
from forkant_devstack.testing.span_collector import SpanCollector
from forkant_devstack.testing.walk import A_CASE
from forkant_kit.testing import until

pytestmark = pytest.mark.kafka
CANARY = "Kanarifugl Xyzzyson"


async def test_one_trace_joins_command_relay_and_consumers(platform: Platform, collector: SpanCollector):
    trace_id = uuid4().hex
    answer = await platform.call(
        "case",
        "POST",
        "/v1/cases",
        persona="officer-innlandet",
        body=A_CASE,
        traceparent=f"00-{trace_id}-00f067aa0ba902b7-01",
    )
    assert answer.status_code == 201, answer.text
    wanted = {
        ("case-service", "POST /v1/cases"),
        ("case-service", "send forkant.case.v1"),
        ("indicator-service", "process forkant.case.v1"),
        ("notification-service", "process forkant.case.v1"),
    }

    async def joined() -> bool:
        return wanted <= {(span.service, span.name) for span in collector.of_trace(trace_id)}

    await until(joined, what="the spans of command, relay and both consumers")
    batches = [span for span in collector.spans if span.name == "process batch" and trace_id in span.links]
    assert {span.service for span in batches} == {"indicator-service", "notification-service"}


async def test_nothing_personal_is_logged_traced_measured_or_published(platform: Platform, collector: SpanCollector):
    before = len(collector.spans)
    answer = await platform.call(
        "case",
        "POST",
        "/v1/cases",
        persona="officer-kripos",
        body={**A_CASE, "title": CANARY, "description": CANARY},
    )
    assert answer.status_code == 201, answer.text
    refused = await platform.call(
        "case", "POST", "/v1/cases", persona="officer-kripos", body={**A_CASE, "theme": CANARY}
    )
    assert refused.status_code == 422
    assert CANARY not in refused.text
    case_id = answer.json()["id"]

    async def consumed() -> bool:
        rows = await platform.fetch("notification", "SELECT 1 FROM aggregate_version WHERE aggregate_id = $1", case_id)
        return bool(rows) and len(collector.spans) > before

    await until(consumed, what="the event reaching the last service")
    for name in platform.children:
        assert CANARY not in platform.log_of(name)
    assert not any(CANARY in json.dumps([span.name, span.attributes]) for span in collector.spans)
    rows = await platform.fetch("case", "SELECT CAST(data AS text) AS data FROM event_archive")
    assert not any(CANARY in row["data"] for row in rows)
    async with httpx.AsyncClient() as client:
        for node in platform.nodes.values():
            for port in (node.http_port, node.worker_port):
                measured = await client.get(f"http://127.0.0.1:{port}/metrics")
                assert measured.status_code == 200
                assert CANARY not in measured.text


async def test_logs_are_json_with_trace_ids(platform: Platform):
    trace_id = uuid4().hex
    traceparent = f"00-{trace_id}-00f067aa0ba902b7-01"
    await platform.call("case", "GET", "/v1/cases", persona="officer-oslo", traceparent=traceparent)

    async def logged() -> bool:
        lines = [json.loads(line) for line in platform.log_of("case-api").splitlines()]
        return any(line.get("trace_id") == trace_id and line["service"] == "case-service" for line in lines)

    await until(logged, what="the request's line with its trace id")


async def test_each_process_is_live_and_ready(platform: Platform):
    async with httpx.AsyncClient() as client:
        for node in platform.nodes.values():
            for port in (node.http_port, node.worker_port):
                for check in ("live", "ready"):
                    answer = await client.get(f"http://127.0.0.1:{port}/health/{check}")
                    assert answer.status_code == 200, (node.service, port, check, answer.text)
