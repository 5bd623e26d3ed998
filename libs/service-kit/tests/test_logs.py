"""What log lines may say, and what they may not."""

import json
import logging
import sys
import warnings
from collections.abc import Iterator

import pytest
import structlog
from forkant_kit.logs import set_up_logging
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

SECRET = "Ola Nordmann"


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator["Lines"]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    set_up_logging(service="kit", level="info")
    yield Lines(capsys)
    root.handlers[:] = before
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


class Lines:
    """The lines written so far."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *, expected: int = 1) -> list[dict[str, object]]:
        written = self._capsys.readouterr().out
        assert SECRET not in written
        found = [json.loads(line) for line in written.splitlines()]
        assert len(found) == expected
        return found


def test_a_line_has_time_level_event_service_and_what_was_given(lines: Lines):
    structlog.get_logger("t").info("case_opened", unit="oslo", number=1)
    [line] = lines()
    assert {
        "level": "info",
        "event": "case_opened",
        "service": "kit",
        "unit": "oslo",
        "number": 1,
    }.items() <= line.items()
    assert str(line["time"]).endswith("Z")
    assert "trace_id" not in line


def test_a_line_inside_a_trace_has_its_ids(lines: Lines):
    context = SpanContext(trace_id=0xABC, span_id=0xDEF, is_remote=False, trace_flags=TraceFlags(0))
    with trace.use_span(NonRecordingSpan(context)):
        structlog.get_logger("t").warning("here")
        logging.getLogger("other").warning("there")
    assert [(line["trace_id"], line["span_id"]) for line in lines(expected=2)] == [
        (f"{0xABC:032x}", f"{0xDEF:016x}")
    ] * 2


def fail() -> None:
    try:
        {}[SECRET]
    except KeyError as cause:
        raise ValueError(SECRET) from cause


def test_an_exception_is_logged_without_its_text(lines: Lines):
    try:
        fail()
    except ValueError:
        structlog.get_logger("t").exception("failed")
        logging.getLogger("other").exception("failed too")
    for line in lines(expected=2):
        assert line["exception"] == "builtins.ValueError"
        assert line["causes"] == ["KeyError"]
        assert "test_an_exception_is_logged_without_its_text" in str(line["frames"])


def test_a_lost_tasks_error_is_logged_without_its_repr(lines: Lines):
    text = f"Task exception was never retrieved\nfuture: <Task exception=ValueError('{SECRET}')>"
    logging.getLogger("asyncio").error(text, exc_info=ValueError(SECRET))
    [line] = lines()
    assert (line["event"], line["exception"]) == ("Task exception was never retrieved", "builtins.ValueError")


def test_a_value_that_json_lacks_shows_its_type_alone(lines: Lines):
    class Person:
        def __repr__(self) -> str:
            return SECRET

    structlog.get_logger("t").info("seen", who=Person())
    assert lines()[0]["who"] == "Person"


def test_lines_below_the_level_are_left_out(lines: Lines):
    structlog.get_logger("t").debug("quiet")
    logging.getLogger("other").debug("quiet")
    logging.getLogger("httpx").info("GET https://issuer.example/?token=secret")
    assert lines(expected=0) == []


def test_a_warning_is_a_log_line(lines: Lines):
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn_explicit("old", DeprecationWarning, sys.modules[__name__].__file__ or "", 1)
    assert [line["logger"] for line in lines()] == ["py.warnings"]
