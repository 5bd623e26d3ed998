"""Problem documents (RFC 9457) for everything that is refused, with stable codes and no echo of what was sent.

Errors::

    ProblemError    one refusal: status, code, title, what to do next
"""

from collections.abc import Mapping
from typing import Any, Final

import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from forkant_kit.telemetry import current_trace_id

MEDIA_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:forkant:problem:"
_MAX_PLACES: Final = 50

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
        super().__init__(code)
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.extra = dict(extra or {})
        self.headers = dict(headers or {})


def problem_body(error: ProblemError) -> bytes:
    """Return the JSON of a problem document, with the trace id that operations can look up."""
    document = {
        "type": TYPE_PREFIX + error.code,
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        **error.extra,
    }
    trace_id = current_trace_id()
    if trace_id is not None:
        document["trace_id"] = trace_id
    return orjson.dumps(document)


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
        return problem_response(_http(error))

    app.add_exception_handler(ProblemError, on_problem)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)


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
        {"place": ".".join(str(part) for part in item["loc"]), "kind": item["type"], "rule": _rule(item)}
        for item in error.errors()[:_MAX_PLACES]
    ]
    return ProblemError(
        422, "invalid-request", "The request is not valid", "Correct the places named.", extra={"errors": places}
    )


def _rule(item: Mapping[str, Any]) -> str:
    # The message of a custom validator is ours; pydantic's own may quote input only for these kinds.
    quoting = ("json_invalid", "uuid_parsing", "url_parsing", "datetime_from_date_parsing", "string_pattern_mismatch")
    return "does not have the right form" if item["type"] in quoting else str(item["msg"])


def _http(error: HTTPException) -> ProblemError:
    headers = dict(error.headers or {})
    if error.status_code == 404:  # noqa: PLR2004
        return not_found()
    if error.status_code == 405:  # noqa: PLR2004
        return ProblemError(
            405,
            "method-not-allowed",
            "Method not allowed",
            "Use a method that the API description lists.",
            headers=headers,
        )
    return ProblemError(error.status_code, "http-error", "The request was refused", "See the status.", headers=headers)


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
