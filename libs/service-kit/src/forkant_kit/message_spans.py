"""Spans of the relay and the consumer, by the OpenTelemetry messaging conventions.

A batch has one span that links to the context in which each of its events was created. An event whose own trace is
sampled gets a span in that trace too, so that one trace shows the way from the HTTP command to the last consumer.
Message keys stay out of spans: they are ids of cases.
"""

import time
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_PROPAGATOR: Final = TraceContextTextMapPropagator()
_MAX_LINKS: Final = 128
_SAMPLED: Final = "-01"
_tracer: Final = trace.get_tracer("forkant_kit.messaging")

Attributes = dict[str, str | int]


class TracedEvent(NamedTuple):
    """What a span may say of an event whose trace is sampled."""

    topic: str
    partition: int
    type: str
    event_id: str
    traceparent: str


def is_sampled(traceparent: str | None) -> bool:
    """Whether the trace in which an event was created is recorded, so that spans about the event are wanted."""
    return traceparent is not None and traceparent.endswith(_SAMPLED)


def creation_context(traceparent: str | None) -> tuple[Context, SpanContext] | None:
    """Return the context in which an event was created when its trace is sampled, else None."""
    if traceparent is None or not is_sampled(traceparent):
        return None
    context = _PROPAGATOR.extract({"traceparent": traceparent})
    span_context = trace.get_current_span(context).get_span_context()
    return (context, span_context) if span_context.is_valid else None


def record_send_spans(events: Iterable[TracedEvent], *, count: int, began_ns: int, error: str | None = None) -> None:
    """Record the spans of one batch that the relay sent.

    Args:
        events: those of the batch whose trace is sampled; without any, nothing is recorded.
        count: how many events the batch had.
        began_ns: when sending began, in Unix time in nanoseconds.
        error: the class of the error when the batch was not acknowledged.
    """
    common: Attributes = {"messaging.operation.name": "send", "messaging.operation.type": "send"}
    _record(list(events), count, began_ns, SpanKind.PRODUCER, common | ({"error.type": error} if error else {}))


def record_process_spans(events: Iterable[TracedEvent], *, count: int, began_ns: int, group: str) -> None:
    """Record the spans of one batch that a consumer group processed and committed; arguments as above."""
    common: Attributes = {
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.consumer.group.name": group,
    }
    _record(list(events), count, began_ns, SpanKind.CONSUMER, common)


def _record(events: Sequence[TracedEvent], count: int, began_ns: int, kind: SpanKind, common: Attributes) -> None:
    traced = [(event, found) for event in events if (found := creation_context(event.traceparent)) is not None]
    if not traced:
        return
    operation, ended_ns = common["messaging.operation.name"], time.time_ns()
    common |= {"messaging.system": "kafka"}
    batch = _tracer.start_span(
        f"{operation} batch",
        context=Context(),
        kind=kind,
        links=[Link(span_context) for _, (_, span_context) in traced[:_MAX_LINKS]],
        attributes=common | _destination(events) | {"messaging.batch.message_count": count},
        start_time=began_ns,
    )
    _end(batch, ended_ns, common)
    for event, (context, _) in traced:
        span = _tracer.start_span(
            f"{operation} {event.topic}",
            context=context,
            kind=kind,
            links=[Link(batch.get_span_context())],
            attributes={
                **common,
                **_destination([event]),
                "messaging.message.id": event.event_id,
                "cloudevents.event_type": event.type,
            },
            start_time=began_ns,
        )
        _end(span, ended_ns, common)


def _destination(events: Sequence[TracedEvent]) -> Attributes:
    """Name the topic, and the partition, where all of a span's events share one."""
    topics, partitions = {event.topic for event in events}, {event.partition for event in events}
    if len(topics) > 1:
        return {}
    named: Attributes = {"messaging.destination.name": topics.pop()}
    return named | ({"messaging.destination.partition.id": str(partitions.pop())} if len(partitions) == 1 else {})


def _end(span: Span, ended_ns: int, common: Attributes) -> None:
    if "error.type" in common:
        span.set_status(StatusCode.ERROR)
    span.end(ended_ns)
