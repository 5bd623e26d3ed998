"""The outermost middleware: a server span, one log line and one measurement for each request, and the last resort."""

import time
from typing import Any, Final

import structlog
from fastapi.routing import iter_route_contexts
from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, StatusCode
from starlette.datastructures import Headers
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from forkant_kit.metrics import HTTP_REQUEST_SECONDS
from forkant_kit.problems import as_problem, problem_response
from forkant_kit.telemetry import remote_context, with_ids

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_QUIET: Final = frozenset({"/health/live", "/health/ready", "/metrics"})
_FAULT: Final = 500
_CLIENT_LEFT: Final = 499

_log = structlog.get_logger("forkant_kit.access")
_tracer = trace.get_tracer("forkant_kit.http")


class Observe:
    """Watches every request; an unforeseen error becomes a 500 problem document with its frames in the log."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        parent = remote_context(Headers(scope=scope).get("traceparent"))
        span = _tracer.start_span(method, context=parent, kind=SpanKind.SERVER)
        with trace.use_span(with_ids(span, parent), record_exception=False, set_status_on_exception=False):
            began, status = time.perf_counter(), _CLIENT_LEFT
            try:
                status = await self._answer(scope, receive, send)
            finally:
                _record(scope, span, method=method, status=status, seconds=time.perf_counter() - began)
                span.end()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> int:
        status = 0

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception as error:  # noqa: BLE001 - the last resort
            problem = as_problem(error)
            if status == 0:
                await problem_response(problem)(scope, receive, watch)
            else:
                # The client sees the answer break off, since its end was never sent.
                _log.warning("answer_broken_off", status=status)
        return status or _CLIENT_LEFT


def _record(scope: Scope, span: Span, *, method: str, status: int, seconds: float) -> None:
    if scope["path"] in _QUIET:
        return
    route = route_template(scope)
    HTTP_REQUEST_SECONDS.labels(method, route, str(status)).observe(seconds)
    _log.info("request", method=method, route=route, status=status, ms=round(seconds * 1000, 1))
    if not span.is_recording():
        return
    span.update_name(f"{method} {route}")
    span.set_attributes({"http.request.method": method, "http.route": route, "http.response.status_code": status})
    span.set_attributes({"url.scheme": scope.get("scheme", "http"), "network.protocol.version": scope["http_version"]})
    if status >= _FAULT:
        span.set_attribute("error.type", str(status))
        span.set_status(StatusCode.ERROR)


def route_template(scope: Scope) -> str:
    """Return the path template of the route that was chosen, never the path: paths hold ids of cases."""
    route = scope.get("route")
    if not isinstance(route, BaseRoute):
        return "unmatched"
    return _templates(scope["app"]).get(id(route)) or str(getattr(route, "path", "unmatched"))


def _templates(app: Any) -> dict[int, str]:
    # A route keeps the path that its own router gave it; the prefix of an inclusion stands only in the context.
    known: dict[int, str] | None = getattr(app.state, "route_templates", None)
    if known is None:
        known = {id(found.original_route): found.path_format or "" for found in iter_route_contexts(app.routes)}
        app.state.route_templates = known
    return known
