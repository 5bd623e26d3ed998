"""Problem documents (RFC 9457) for everything that is refused, with stable codes and no echo of what was sent.

Errors::

    ProblemError              one refusal: status, code, title, what to do next
    RequestValidationError    422 ``invalid-request``: places, kinds and rules, no values
    HTTPException             404 ``not-found``, 405 ``method-not-allowed`` and the like, from the framework
    anything else             500 ``internal-error``, or 503 ``temporarily-unavailable`` when the database is away
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from forkant_kit.telemetry import current_trace_id

MEDIA_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:forkant:problem:"
_MAX_PLACES: Final = 50
_CODE: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,40}")
_PASSING_SQLSTATES: Final = ("08", "40", "53", "57P")
_UNSTORABLE: Final = "22021"
_QUOTING: Final = ("_parsing", "_tag_invalid", "_pattern_mismatch", "json_invalid")

_log = structlog.get_logger(__name__)


class ProblemError(Exception):
    """A refusal that the caller gets as a problem document; ``extra`` may hold codes and ids, never input."""

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        detail: str,
        *,
        extra: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Describe the refusal; ``detail`` tells the reader what to do next."""
        if _CODE.fullmatch(code) is None:
            raise ValueError("a problem code is lower-case words joined by hyphens")
        super().__init__(code)
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.extra = dict(extra or {})
        self.headers = dict(headers or {})


def document_of(error: ProblemError) -> dict[str, Any]:
    """Return the problem document."""
    document = {
        "type": TYPE_PREFIX + error.code,
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
    }
    return {**error.extra, **document}


def problem_body(error: ProblemError) -> bytes:
    """Return the JSON of a problem document, with the trace id that operations can look up."""
    trace_id = current_trace_id()
    return orjson.dumps(document_of(error) | ({} if trace_id is None else {"trace_id": trace_id}))


def problem_response(error: ProblemError) -> Response:
    """Return the HTTP answer for a problem."""
    return Response(problem_body(error), error.status, headers=error.headers, media_type=MEDIA_TYPE)


def install_problem_handlers(app: FastAPI) -> None:
    """Turn every error of the application into a problem document."""

    async def on_problem(_request: Request, error: Exception) -> Response:
        assert isinstance(error, ProblemError)  # noqa: S101 - registered for this type alone
        return problem_response(error)

    async def on_invalid(_request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this type alone
        return problem_response(_invalid(error))

    async def on_http(_request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type alone
        return problem_response(as_problem(error))

    app.add_exception_handler(ProblemError, on_problem)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)


def as_problem(error: Exception) -> ProblemError:
    """Return the problem that a client may see for any error; an unforeseen one is logged, without its text."""
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, HTTPException):
        return _http(error)
    if is_passing(error):
        _log.warning("temporarily_unavailable", exc_info=error)
        return temporarily_unavailable()
    if _sqlstate(error) == _UNSTORABLE:
        # The net under the checks of addresses and bodies: a NUL came in another way.
        return ProblemError(400, "invalid-request", "The request is not valid", "Leave out NUL characters.")
    _log.error("request_failed", exc_info=error)
    return internal_error()


def is_passing(error: Exception) -> bool:
    """Tell whether an error says that the database is away, or has no room, for the moment."""
    if isinstance(error, (ConnectionError, TimeoutError, PoolTimeoutError)):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return _sqlstate(error).startswith(_PASSING_SQLSTATES)


def _sqlstate(error: Exception) -> str:
    # While PostgreSQL starts, the driver's own error comes through unwrapped.
    found = getattr(getattr(error, "orig", error), "sqlstate", None)
    return found if isinstance(found, str) else ""


def temporarily_unavailable() -> ProblemError:
    """Return the problem for what will pass; a POST may be repeated with its Idempotency-Key."""
    return ProblemError(
        503,
        "temporarily-unavailable",
        "Temporarily unavailable",
        "Send the same request again in a moment, a POST with the same Idempotency-Key.",
        headers={"Retry-After": "1"},
    )


def internal_error() -> ProblemError:
    """Return the problem for a fault of ours; the log has the frames under the same trace id."""
    return ProblemError(
        500, "internal-error", "Something went wrong here", "Try again; if it stays, give operations the trace id."
    )


def not_found() -> ProblemError:
    """Return the problem for what does not exist or may not be seen; the two are the same on purpose."""
    return ProblemError(404, "not-found", "Not found", "Check the address; it may also be that you may not see it.")


def _invalid(error: RequestValidationError) -> ProblemError:
    places = [
        {"place": place_of(item), "kind": item["type"], "rule": _rule(item)} for item in error.errors()[:_MAX_PLACES]
    ]
    return ProblemError(
        422, "invalid-request", "The request is not valid", "Correct the places named.", extra={"errors": places}
    )


def place_of(item: Mapping[str, Any]) -> str:
    """Return the place that an error of pydantic's is about, by names of ours alone."""
    parts = [str(part) if isinstance(part, int) or _NAME.fullmatch(part) else "?" for part in item["loc"]]
    if item["type"] == "extra_forbidden":
        # The name of a field that we do not have is the client's own text.
        parts[-1] = "?"
    return ".".join(parts)


def _rule(item: Mapping[str, Any]) -> str:
    # The message of a custom validator is ours, and pydantic's own repeats input only for some kinds.
    quoting = any(part in item["type"] for part in _QUOTING)
    return "does not have the right form" if quoting else str(item["msg"])


def _http(error: HTTPException) -> ProblemError:
    headers = dict(error.headers or {})
    match error.status_code:
        case HTTPStatus.NOT_FOUND:
            return not_found()
        case HTTPStatus.METHOD_NOT_ALLOWED:
            title, detail = "Method not allowed", "Use a method that the API description lists."
            return ProblemError(405, "method-not-allowed", title, detail, headers=headers)
        case HTTPStatus.BAD_REQUEST:
            return ProblemError(400, "invalid-request", "The request is not valid", "Look at what was sent.")
        case status:
            return ProblemError(status, "http-error", "The request was refused", "See the status.", headers=headers)


PROBLEM_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    "4XX": {
        "description": "A problem document (RFC 9457) whose `code` says what to do next.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
}
"""OpenAPI answers that every route shares; ``web.create_app`` adds the schema."""

PROBLEM_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What to do next."},
        "code": {"type": "string", "description": "Stable code of the problem."},
        "trace_id": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}
