"""What goes by OTLP is what a process shows and writes anyway."""

import asyncio
import json
import logging
import time
from collections.abc import Iterator

import pytest
import structlog
from forkant_devstack.testing.span_collector import SpanCollector, running_collector
from forkant_kit.otlp_logs import LogSender, record_of
from forkant_kit.otlp_metrics import MetricsSender, metrics_data
from forkant_kit.settings import Environment, ServiceSettings
from forkant_kit.telemetry import set_up_telemetry
from opentelemetry._logs import SeverityNumber
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.sdk.resources import Resource
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

RESOURCE = Resource({"service.name": "ferry", "service.instance.id": "one"})


@pytest.fixture
def registry() -> CollectorRegistry:
    found = CollectorRegistry()
    Gauge("forkant_boats", "Boats.", registry=found).set(2)
    Counter("forkant_trips", "Trips.", ["route"], registry=found).labels("north").inc(3)
    seconds = Histogram("forkant_trip_seconds", "Time.", ["route"], registry=found, buckets=(1, 2))
    for each in (0.5, 1.5, 1.6, 9):
        seconds.labels("north").observe(each)
    Gauge("python_something", "Of others.", registry=found).set(1)
    return found


def test_metrics_keep_their_names_labels_and_values(registry: CollectorRegistry):
    message = encode_metrics(metrics_data(registry.collect(), resource=RESOURCE, began_ns=1))
    found = {each.name: each for each in message.resource_metrics[0].scope_metrics[0].metrics}
    assert found.keys() == {"forkant_boats", "forkant_trips_total", "forkant_trip_seconds"}
    assert found["forkant_boats"].gauge.data_points[0].as_double == 2
    (trips,) = found["forkant_trips_total"].sum.data_points
    assert (trips.as_double, trips.attributes[0].value.string_value) == (3, "north")
    assert found["forkant_trips_total"].sum.is_monotonic
    (seconds,) = found["forkant_trip_seconds"].histogram.data_points
    assert (list(seconds.bucket_counts), list(seconds.explicit_bounds)) == ([1, 2, 1], [1, 2])
    assert (seconds.count, seconds.sum) == (4, pytest.approx(12.6))


def test_a_line_keeps_its_name_level_fields_and_trace():
    record = record_of(
        {"event": "case_opened", "level": "warning", "time": "2026-03-01T10:00:00.000001Z", "service": "ferry",
         "trace_id": f"{10:032x}", "span_id": f"{11:016x}", "count": 3, "gaps": ["a", "b"], "left": None, "key": {1, 2}}
    )  # fmt: skip
    assert (record.body, record.severity_number, record.severity_text) == (
        "case_opened",
        SeverityNumber.WARN,
        "warning",
    )
    assert (record.trace_id, record.span_id) == (10, 11)
    assert record.timestamp == pytest.approx(1772359200000001000, abs=1000)
    assert record.attributes == {"count": 3, "gaps": ["a", "b"], "left": "none", "key": "set"}


@pytest.fixture
def no_logging_left() -> Iterator[None]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def settings_for(collector: SpanCollector, signals: str) -> ServiceSettings:
    return ServiceSettings(
        env=Environment.TEST,
        database_url="postgresql://nobody@127.0.0.1/none",
        oidc_issuer="http://127.0.0.1:1",
        otlp_endpoint=collector.url,
        otlp_signals=signals,
    )


@pytest.mark.usefixtures("no_logging_left")
async def test_lines_and_the_last_metrics_are_sent_before_the_process_ends(capsys: pytest.CaptureFixture[str]):
    async with running_collector() as collector:
        telemetry = set_up_telemetry(service="ferry", settings=settings_for(collector, "metrics, logs"))
        structlog.get_logger("ferry").info("boat_left", count=2)
        await asyncio.to_thread(telemetry.shutdown)
        assert [(line.service, line.event) for line in collector.lines] == [("ferry", "boat_left")]
        (shown,) = collector.metrics.values()
        assert "forkant_database_in_use" in shown
    assert json.loads(capsys.readouterr().out.splitlines()[0])["event"] == "boat_left"


@pytest.mark.usefixtures("no_logging_left")
async def test_only_the_signals_that_are_named_are_sent():
    async with running_collector() as collector:
        telemetry = set_up_telemetry(service="ferry", settings=settings_for(collector, "metrics"))
        structlog.get_logger("ferry").info("boat_left", count=2)
        await asyncio.to_thread(telemetry.shutdown)
        assert (collector.lines, len(collector.metrics)) == ([], 1)


def test_what_the_exporter_says_itself_is_not_sent_again():
    sender = LogSender(endpoint="http://127.0.0.1:9", resource=RESOURCE)
    taken: list[object] = []
    sender._logger.emit = taken.append  # type: ignore[method-assign]
    sender.take({"event": "Failed to export", "logger": "opentelemetry.exporter.otlp"})
    sender.take({"event": "boat_left", "logger": "ferry"})
    sender.shutdown()
    assert len(taken) == 1


def test_a_receiver_that_is_away_delays_the_end_of_a_process_by_seconds_alone():
    began = time.monotonic()
    sender = MetricsSender(endpoint="http://127.0.0.1:9", resource=RESOURCE)
    sender.shutdown()
    assert time.monotonic() - began < 12
