"""Sends lines of the log by OTLP too: the name of what happened as the body, the fields beside it as attributes.

Only a process that exports loads this module. What the exporter itself has to say goes to standard output alone.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.trace import TraceFlags

_TIMEOUT_S: Final = 5.0
_SEVERITIES: Final[Mapping[str, SeverityNumber]] = {
    "debug": SeverityNumber.DEBUG,
    "info": SeverityNumber.INFO,
    "warning": SeverityNumber.WARN,
    "error": SeverityNumber.ERROR,
    "critical": SeverityNumber.FATAL,
}
_ELSEWHERE: Final = frozenset({"event", "level", "time", "service", "trace_id", "span_id"})
"""What OTLP has places of its own for."""


class LogSender:
    """Takes finished lines of the log and sends them in batches."""

    def __init__(self, *, endpoint: str, resource: Resource) -> None:
        """Begin; lines that can't be sent are dropped, and stand on standard output all the same."""
        self._provider = LoggerProvider(resource=resource, shutdown_on_exit=False)
        exporter = OTLPLogExporter(endpoint=f"{endpoint}/v1/logs", timeout=_TIMEOUT_S)
        self._provider.add_log_record_processor(BatchLogRecordProcessor(exporter, schedule_delay_millis=1000))
        self._logger = self._provider.get_logger("forkant_kit")

    def take(self, event: Mapping[str, Any]) -> None:
        """Take one line; it must have been described and stripped already, as what goes to standard output."""
        if not str(event.get("logger", "")).startswith("opentelemetry"):
            self._logger.emit(record_of(event))

    def shutdown(self) -> None:
        """Send what waits and stop; returns when done or after the exporter's own deadline."""
        self._provider.shutdown()


def record_of(event: Mapping[str, Any]) -> LogRecord:
    """Return a line as OTLP has it."""
    level = str(event.get("level", "info"))
    trace_id = event.get("trace_id")
    return LogRecord(
        timestamp=_nanoseconds(event.get("time")),
        trace_id=int(trace_id, 16) if trace_id else None,
        span_id=int(event["span_id"], 16) if trace_id else None,
        trace_flags=TraceFlags(TraceFlags.SAMPLED) if trace_id else None,
        severity_text=level,
        severity_number=_SEVERITIES.get(level, SeverityNumber.INFO),
        body=event["event"],
        attributes={name: _plain(value) for name, value in event.items() if name not in _ELSEWHERE},
    )


def _nanoseconds(time: Any) -> int | None:
    return None if time is None else int(datetime.fromisoformat(str(time)).timestamp() * 1e9)


def _plain(value: Any) -> Any:
    """Return a value that OTLP has a type for; of others the type's name, as on standard output."""
    if isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return "none" if value is None else type(value).__name__
