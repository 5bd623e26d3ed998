"""Logs, traces and metrics: JSON lines with trace ids on standard output; all three by OTLP when an endpoint is set.

Without an endpoint no span is recorded, yet every request and batch still has a trace id, so that its log lines, its
problem document and its events can be found together. Log events are snake_case names with codes and ids; nothing
personal, no bodies, tokens or query strings.
"""

import os
import secrets
import socket
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, TraceFlags, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from forkant_kit.certificates import watch_files
from forkant_kit.logs import also_to, set_up_logging
from forkant_kit.settings import ServiceSettings

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource


@dataclass(frozen=True)
class Telemetry:
    """What was set up; ``shutdown`` sends what waits."""

    stops: Sequence[Callable[[], object]] = ()

    def shutdown(self) -> None:
        """Send what waits and stop, all signals at once; returns when done or after the exporters' own deadline."""
        if self.stops:
            with ThreadPoolExecutor(len(self.stops)) as threads:
                tuple(threads.map(lambda stop: stop(), self.stops))


def set_up_telemetry(*, service: str, settings: ServiceSettings) -> Telemetry:
    """Set up logging, and what goes by OTLP when ``otlp_endpoint`` is set; call once, in a composition root."""
    set_up_logging(service=service, level=settings.log_level)
    watch_files(settings)
    if not settings.otlp_endpoint:
        return Telemetry()
    # Imported here, since a process that exports nothing should not carry the exporters' 20 MB.
    from opentelemetry.sdk.resources import Resource

    resource = Resource.create(
        {
            "service.name": service,
            "service.namespace": "forkant",
            "service.instance.id": f"{socket.gethostname()}/{os.getpid()}",
            "deployment.environment.name": settings.env.value,
        }
    )
    endpoint = settings.otlp_endpoint.rstrip("/")
    return Telemetry([_SENDERS[signal](endpoint, resource) for signal in settings.otlp_signals.split(",")])


def _send_traces(endpoint: str, resource: "Resource") -> Callable[[], object]:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    exporter = OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces", timeout=5)
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=1000))
    trace.set_tracer_provider(provider)
    return provider.shutdown


def _send_metrics(endpoint: str, resource: "Resource") -> Callable[[], object]:
    from forkant_kit.otlp_metrics import MetricsSender

    return MetricsSender(endpoint=endpoint, resource=resource).shutdown


def _send_logs(endpoint: str, resource: "Resource") -> Callable[[], object]:
    from forkant_kit.otlp_logs import LogSender

    sender = LogSender(endpoint=endpoint, resource=resource)
    also_to(sender.take)

    def stop() -> None:
        also_to(None)
        sender.shutdown()

    return stop


_SENDERS: Final[Mapping[str, Callable[[str, "Resource"], Callable[[], object]]]] = {
    "traces": _send_traces,
    "metrics": _send_metrics,
    "logs": _send_logs,
}


def tracer(name: str) -> Tracer:
    """Return a tracer; its spans cost next to nothing when tracing is off."""
    return trace.get_tracer(name)


def current_traceparent() -> str | None:
    """Return the W3C ``traceparent`` of the current span, or None outside a trace."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags & 1:02x}"


def current_trace_id() -> str | None:
    """Return the trace id of the current span in hex, or None outside a trace."""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else None


def remote_context(traceparent: str | None) -> Context:
    """Return a context with the caller's span, or an empty one when ``traceparent`` is missing or malformed."""
    if traceparent is None:
        return Context()
    return TraceContextTextMapPropagator().extract({"traceparent": traceparent}, context=Context())


def with_ids(span: Span, parent: Context) -> Span:
    """Return the span, or when tracing is off one that records nothing but has ids for logs and problems."""
    if span.is_recording():
        return span
    caller = trace.get_current_span(parent).get_span_context()
    trace_id = caller.trace_id if caller.is_valid else secrets.randbits(128) or 1
    own = SpanContext(trace_id, secrets.randbits(64) or 1, is_remote=False, trace_flags=TraceFlags(0))
    return NonRecordingSpan(own)
