"""One trace from the HTTP command to the last consumer, and what the processes say of themselves."""

import json
from uuid import uuid4

import pytest
from forkant_devstack.testing.plain_http import plain_client
from forkant_devstack.testing.platform import Platform
from forkant_devstack.testing.span_collector import SpanCollector
from forkant_devstack.testing.walk import A_CASE
from forkant_kit.testing import until

pytestmark = pytest.mark.kafka


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


async def test_logs_are_json_with_trace_ids(platform: Platform):
    trace_id = uuid4().hex
    traceparent = f"00-{trace_id}-00f067aa0ba902b7-01"
    await platform.call("case", "GET", "/v1/cases", persona="officer-oslo", traceparent=traceparent)

    async def logged() -> bool:
        lines = [json.loads(line) for line in platform.log_of("case-api").splitlines()]
        return any(line.get("trace_id") == trace_id and line["service"] == "case-service" for line in lines)

    await until(logged, what="the request's line with its trace id")


async def test_lines_and_metrics_go_where_spans_go(platform: Platform, collector: SpanCollector):
    trace_id = uuid4().hex
    traceparent = f"00-{trace_id}-00f067aa0ba902b7-01"
    await platform.call("case", "GET", "/v1/cases", persona="officer-oslo", traceparent=traceparent)

    async def sent() -> bool:
        lines = [line for line in collector.lines if line.trace_id == trace_id]
        return any((line.service, line.event) == ("case-service", "request") for line in lines)

    await until(sent, what="the request's line with its trace id")
    processes = {(name, part) for name in platform.nodes for part in ("api", "worker")}

    async def measured() -> bool:
        return len(collector.metrics) >= len(processes)

    await until(measured, what="metrics of every process")
    everything = "\n".join(collector.metrics.values())
    assert "forkant_outbox_oldest_seconds" in everything
    assert "forkant_http_request_seconds" in everything


async def test_each_process_is_live_and_ready(platform: Platform):
    async with plain_client() as client:
        for node in platform.nodes.values():
            for port in (node.http_port, node.worker_port):
                for check in ("live", "ready"):
                    answer = await client.get(f"http://127.0.0.1:{port}/health/{check}")
                    assert answer.status_code == 200, (node.service, port, check, answer.text)
