"""The outermost middleware: a server span, one log line and one measurement for each request, and the last resort."""

import time
from typing import Final

import structlog
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from prometheus_client import Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from forkant_kit.problems import internal_error, problem_response

REQUEST_SECONDS: Final = Histogram(
    "forkant_http_request_seconds",
    "Time until the answer was sent.",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_QUIET: Final = frozenset({"/health/live", "/health/ready", "/metrics"})
_PROPAGATOR: Final = TraceContextTextMapPropagator()

_log = structlog.get_logger("forkant_kit.access")
_tracer = trace.get_tracer("forkant_kit.http")


class Observe:
    """Watches every request; an unforeseen error becomes a 500 problem document with its frames in the log."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] in _QUIET:
            await self._app(scope, receive, send)
            return
        carrier = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        began, status = time.perf_counter(), 0

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with _tracer.start_as_current_span(
            method, context=_PROPAGATOR.extract(carrier), kind=SpanKind.SERVER, record_exception=False
        ) as span:
            try:
                await self._app(scope, receive, watch)
            except Exception:  # noqa: BLE001 - the last resort
                _log.exception("request_failed", method=method, route=_route(scope))
                span.set_status(StatusCode.ERROR)
                if status == 0:
                    status = 500
                    await problem_response(internal_error())(scope, receive, send)
            route = _route(scope)
            span.update_name(f"{method} {route}")
            span.set_attributes(
                {"http.request.method": method, "http.route": route, "http.response.status_code": status}
            )
            elapsed = time.perf_counter() - began
            REQUEST_SECONDS.labels(method, route, str(status)).observe(elapsed)
            _log.info("request", method=method, route=route, status=status, ms=round(elapsed * 1000, 1))


def _route(scope: Scope) -> str:
    # The template, never the path: paths hold ids of cases.
    return str(getattr(scope.get("route"), "path", "unmatched"))
