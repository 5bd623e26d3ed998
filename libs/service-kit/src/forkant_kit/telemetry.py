"""Logs and traces: JSON lines with trace ids on standard output, spans by OTLP when an endpoint is set.

Log events are snake_case names with codes and ids; nothing personal, no bodies, tokens or query strings.
"""

import logging
import sys
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

import orjson
import structlog
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Tracer

from forkant_kit.settings import ServiceSettings


@dataclass(frozen=True)
class Telemetry:
    """What was set up; ``shutdown`` sends the spans that wait."""

    provider: TracerProvider | None

    def shutdown(self) -> None:
        """Send what waits and stop; returns when done or after the exporter's own deadline."""
        if self.provider is not None:
            self.provider.shutdown()


def set_up_telemetry(*, service: str, settings: ServiceSettings) -> Telemetry:
    """Set up logging, and tracing when ``otlp_endpoint`` is set; call once, in a composition root."""
    _set_up_logging(service, settings.log_level)
    if not settings.otlp_endpoint:
        return Telemetry(None)
    provider = TracerProvider(resource=Resource.create({"service.name": service, "service.namespace": "forkant"}))
    exporter = OTLPSpanExporter(endpoint=f"{settings.otlp_endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=1000))
    trace.set_tracer_provider(provider)
    return Telemetry(provider)


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


def _add_trace(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = f"{context.trace_id:032x}"
        event["span_id"] = f"{context.span_id:016x}"
    return event


def _frames_only(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace an exception by its type and its frames: its text may repeat what a person wrote."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    if isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if not info or info[0] is None:
        return event
    event["exception"] = info[0].__name__
    frames, step = [], info[2]
    while step is not None:
        frames.append(f"{step.tb_frame.f_globals.get('__name__', '?')}:{step.tb_lineno}")
        step = step.tb_next
    event["frames"] = frames[-12:]
    return event


def _set_up_logging(service: str, level: str) -> None:
    def add_service(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["service"] = service
        return event

    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_service,
        _add_trace,
        _frames_only,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer = structlog.processors.JSONRenderer(serializer=lambda v, **_: orjson.dumps(v, default=str).decode())
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer], foreign_pre_chain=shared
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in ("aiokafka", "httpx", "httpcore", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # aiokafka logs routine rebalances and retries as errors; the kit logs what matters itself.
    logging.getLogger("aiokafka.consumer.group_coordinator").setLevel(logging.ERROR)
