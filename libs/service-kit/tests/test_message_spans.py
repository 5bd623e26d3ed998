"""What the spans of messages say, and what they keep to themselves."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from forkant_kit import message_spans
from forkant_kit.message_spans import TracedEvent, is_sampled, record_process_spans, record_send_spans
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(message_spans, "_tracer", provider.get_tracer("test"))
    yield exporter
    provider.shutdown()


def traced(topic: str = "forkant.case.v1", partition: int = 3) -> TracedEvent:
    return TracedEvent(topic, partition, "no.forkant.case.opened.v1", str(uuid4()), f"00-{TRACE}-{SPAN}-01")


def named(exporter: InMemorySpanExporter, name: str) -> ReadableSpan:
    return next(span for span in exporter.get_finished_spans() if span.name == name)


def test_an_event_has_a_span_in_its_own_trace_that_links_to_the_batch(recorded: InMemorySpanExporter):
    event = traced()
    record_send_spans([event], count=40, began_ns=1)
    batch, own = named(recorded, "send batch"), named(recorded, "send forkant.case.v1")
    assert own.context.trace_id == int(TRACE, 16)
    assert own.parent is not None
    assert own.parent.span_id == int(SPAN, 16)
    assert own.kind is SpanKind.PRODUCER
    assert own.links[0].context.span_id == batch.context.span_id
    assert dict(own.attributes or {}) == {
        "messaging.system": "kafka",
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.destination.name": "forkant.case.v1",
        "messaging.destination.partition.id": "3",
        "messaging.message.id": event.event_id,
        "cloudevents.event_type": "no.forkant.case.opened.v1",
    }


def test_a_batch_links_to_where_its_events_were_made_and_counts_all_of_them(recorded: InMemorySpanExporter):
    record_process_spans([traced(), traced(partition=4)], count=40, began_ns=1, group="indicator-service")
    batch = named(recorded, "process batch")
    assert batch.parent is None
    assert batch.kind is SpanKind.CONSUMER
    assert {link.context.trace_id for link in batch.links} == {int(TRACE, 16)}
    attributes = dict(batch.attributes or {})
    assert attributes["messaging.batch.message_count"] == 40
    assert attributes["messaging.consumer.group.name"] == "indicator-service"
    assert attributes["messaging.destination.name"] == "forkant.case.v1"
    assert "messaging.destination.partition.id" not in attributes


def test_a_batch_over_several_topics_names_none(recorded: InMemorySpanExporter):
    record_send_spans([traced(), traced(topic="forkant.concern.v1")], count=2, began_ns=1)
    assert "messaging.destination.name" not in dict(named(recorded, "send batch").attributes or {})


def test_a_batch_that_failed_says_so_in_each_trace(recorded: InMemorySpanExporter):
    record_send_spans([traced()], count=1, began_ns=1, error="KafkaTimeoutError")
    for span in recorded.get_finished_spans():
        assert span.status.status_code is StatusCode.ERROR
        assert dict(span.attributes or {})["error.type"] == "KafkaTimeoutError"
    assert len(recorded.get_finished_spans()) == 2


def test_without_a_sampled_trace_nothing_is_recorded(recorded: InMemorySpanExporter):
    record_send_spans([], count=500, began_ns=1)
    assert recorded.get_finished_spans() == ()
    assert [is_sampled(each) for each in (None, "", f"00-{TRACE}-{SPAN}-00", f"00-{TRACE}-{SPAN}-01")] == [
        False,
        False,
        False,
        True,
    ]


def test_a_trace_that_cannot_be_read_is_passed_over(recorded: InMemorySpanExporter):
    record_send_spans([traced()._replace(traceparent="00-zz-zz-01")], count=1, began_ns=1)
    assert recorded.get_finished_spans() == ()
