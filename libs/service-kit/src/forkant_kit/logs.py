"""JSON log lines on standard output, from structlog and stdlib logging alike, with time, service and trace ids.

An exception is logged as its type and frames. Its text is left out, because it may repeat what a person wrote.
"""

import logging
import sys
import traceback
from collections.abc import Callable, Mapping, MutableMapping
from types import TracebackType
from typing import Any, Final

import orjson
import structlog
from opentelemetry import trace

_MAX_FRAMES: Final = 20
_MAX_TEXT: Final = 500
_CHATTY: Final = {
    "aiokafka": logging.WARNING,
    "alembic": logging.WARNING,
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    # aiokafka logs routine rebalances and retries as errors; the kit logs what matters itself.
    "aiokafka.consumer.group_coordinator": logging.ERROR,
}

Event = MutableMapping[str, Any]
_readers: list[Callable[[Mapping[str, Any]], None]] = []


def set_up_logging(*, service: str, level: str) -> None:
    """Route structlog and stdlib logging to JSON lines on standard output; a second call replaces the first."""

    def add_service(_logger: object, _name: str, event: Event) -> Event:
        event["service"] = service
        return event

    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        add_service,
        add_trace,
        describe_exception,
    ]
    # Straight to the output: by way of the standard library's records a line costs three times as much.
    structlog.configure(
        processors=[*shared, _hand_on, _render],
        logger_factory=lambda *_: _Output(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    handler = StandardOutput()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _hand_on, _render],
            foreign_pre_chain=[_first_line, structlog.stdlib.add_logger_name, *shared],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.captureWarnings(capture=True)
    for name, least in _CHATTY.items():
        logging.getLogger(name).setLevel(least)


def also_to(reader: Callable[[Mapping[str, Any]], None] | None) -> None:
    """Hand each line, as it is written, to a reader too, who must neither wait nor raise; None: to nobody more."""
    _readers[:] = [] if reader is None else [reader]


class StandardOutput(logging.Handler):
    """Writes the standard library's records to whatever standard output is at the time."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line at once."""
        _write_line(self.format(record))


class _Output:
    """Writes structlog's lines, which are finished, in the same place."""

    def write(self, line: str) -> None:
        _write_line(line)

    debug = info = warning = error = critical = write


def _write_line(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def add_trace(_logger: object, _name: str, event: Event) -> Event:
    """Add the ids of the current span."""
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = f"{context.trace_id:032x}"
        event["span_id"] = f"{context.span_id:016x}"
    return event


def describe_exception(_logger: object, _name: str, event: Event) -> Event:
    """Replace an exception by its type, its causes' types, its frames and, from a database, its SQLSTATE."""
    error, trail = _error_of(event.pop("exc_info", None))
    if error is None:
        return event
    event["exception"] = f"{type(error).__module__}.{type(error).__qualname__}"
    event["frames"] = [
        f"{frame.f_globals.get('__name__', '?')}:{line} {frame.f_code.co_name}"
        for frame, line in list(traceback.walk_tb(trail))[-_MAX_FRAMES:]
    ]
    sqlstate = getattr(getattr(error, "orig", error), "sqlstate", None)
    if isinstance(sqlstate, str):
        event["sqlstate"] = sqlstate
    if causes := _causes_of(error):
        event["causes"] = causes
    return event


def _error_of(info: Any) -> tuple[BaseException | None, TracebackType | None]:
    if isinstance(info, BaseException):
        return info, info.__traceback__
    if not isinstance(info, tuple):
        info = sys.exc_info() if info else (None, None, None)
    return info[1], info[2]


def _causes_of(error: BaseException) -> list[str]:
    found, seen = [], {id(error)}
    cause = error.__cause__ or error.__context__
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        found.append(type(cause).__qualname__)
        cause = cause.__cause__ or cause.__context__
    return found


def _first_line(_logger: object, _name: str, event: Event) -> Event:
    # asyncio and others put the repr of what failed on the lines below the first.
    event["event"] = (str(event["event"]).splitlines() or [""])[0][:_MAX_TEXT]
    return event


def _hand_on(_logger: object, _name: str, event: Event) -> Event:
    for reader in _readers:
        reader(event)
    return event


def _render(_logger: object, _name: str, event: Event) -> str:
    # A value of a type that JSON lacks shows its type alone: its text might be anything.
    return orjson.dumps(event, default=lambda value: type(value).__name__, option=orjson.OPT_NON_STR_KEYS).decode()
