"""Spans of the relay and the consumer, by the OpenTelemetry messaging conventions.

A batch has one span that links to the context in which each of its events was created. An event whose own trace is
sampled gets a span in that trace too, so that one trace shows the way from the HTTP command to the last consumer.
Message keys stay out of spans: they are ids of cases.
"""

import time
from collections.abc import Sequence
from typing import Final, NamedTuple

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, SpanContext, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_PROPAGATOR: Final = TraceContextTextMapPropagator()
_MAX_LINKS: Final = 128
_tracer: Final = trace.get_tracer("forkant_kit.messaging")


class PublishedEvent(NamedTuple):
    """What a span may say of an event."""

    topic: str
    partition: int
    type: str
    traceparent: str | None


def creation_context(traceparent: str | None) -> tuple[Context, SpanContext] | None:
    """Return the context in which an event was created when its trace is sampled, else None."""
    if traceparent is None or not traceparent.endswith("-01"):
        return None
    context = _PROPAGATOR.extract({"traceparent": traceparent})
    span_context = trace.get_current_span(context).get_span_context()
    return (context, span_context) if span_context.is_valid else None


def record_publish_spans(events: Sequence[PublishedEvent], began_ns: int) -> None:
    """Record the spans of one acknowledged round that began at ``began_ns`` (Unix time in nanoseconds)."""
    record_spans(events, began_ns=began_ns, operation="send", kind=SpanKind.PRODUCER, group=None)


def record_process_spans(events: Sequence[PublishedEvent], began_ns: int, group: str) -> None:
    """Record the spans of one batch that a consumer group processed and committed."""
    record_spans(events, began_ns=began_ns, operation="process", kind=SpanKind.CONSUMER, group=group)


def record_spans(
    events: Sequence[PublishedEvent], *, began_ns: int, operation: str, kind: SpanKind, group: str | None
) -> None:
    """Record a batch span with links, and for each event of a sampled trace a span inside that trace."""
    traced = [(event, found) for event in events if (found := creation_context(event.traceparent)) is not None]
    if not traced:
        return
    ended_ns = time.time_ns()
    common: dict[str, str | int] = {
        "messaging.system": "kafka",
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
    }
    if group is not None:
        common["messaging.consumer.group.name"] = group
    batch = _tracer.start_span(
        f"{operation} batch",
        context=Context(),
        kind=kind,
        links=[Link(span_context) for _, (_, span_context) in traced[:_MAX_LINKS]],
        attributes={**common, "messaging.batch.message_count": len(events)},
        start_time=began_ns,
    )
    batch.end(ended_ns)
    for event, (context, _) in traced:
        span = _tracer.start_span(
            f"{operation} {event.topic}",
            context=context,
            kind=kind,
            links=[Link(batch.get_span_context())],
            attributes={
                **common,
                "messaging.destination.name": event.topic,
                "messaging.destination.partition.id": str(event.partition),
                "cloudevents.event_type": event.type,
            },
            start_time=began_ns,
        )
        span.end(ended_ns)
