"""A receiver of OTLP over HTTP, for tests that look at the spans, metrics and log lines that real processes send."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import uvicorn
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from forkant_devstack.native.ports import free_ports


@dataclass(frozen=True)
class Span:
    """What a test asks about a span; ids in hex."""

    service: str
    name: str
    trace_id: str
    links: tuple[str, ...]
    attributes: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Line:
    """What a test asks about a line of the log; its trace's id in hex."""

    service: str
    event: str
    trace_id: str
    attributes: tuple[tuple[str, str], ...]


@dataclass
class SpanCollector:
    """What was received so far: all spans and lines, and as text the last metrics of each process."""

    url: str
    spans: list[Span] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    metrics: dict[tuple[str, str], str] = field(default_factory=dict)

    def of_trace(self, trace_id: str) -> list[Span]:
        """Return the spans of one trace."""
        return [span for span in self.spans if span.trace_id == trace_id]

    async def receive(self, request: Request) -> Response:
        """Take one export."""
        message = ExportTraceServiceRequest.FromString(await request.body())
        for resource in message.resource_spans:
            named = {pair.key: pair.value.string_value for pair in resource.resource.attributes}
            for scope in resource.scope_spans:
                for span in scope.spans:
                    self.spans.append(
                        Span(
                            service=named.get("service.name", ""),
                            name=span.name,
                            trace_id=span.trace_id.hex(),
                            links=tuple(link.trace_id.hex() for link in span.links),
                            attributes=tuple((pair.key, str(pair.value)) for pair in span.attributes),
                        )
                    )
        return Response(status_code=200, media_type="application/x-protobuf")

    async def receive_metrics(self, request: Request) -> Response:
        """Take one export of metrics."""
        message = ExportMetricsServiceRequest.FromString(await request.body())
        for resource in message.resource_metrics:
            named = {pair.key: pair.value.string_value for pair in resource.resource.attributes}
            self.metrics[named["service.name"], named["service.instance.id"]] = str(resource)
        return Response(status_code=200, media_type="application/x-protobuf")

    async def receive_logs(self, request: Request) -> Response:
        """Take one export of lines."""
        message = ExportLogsServiceRequest.FromString(await request.body())
        for resource in message.resource_logs:
            named = {pair.key: pair.value.string_value for pair in resource.resource.attributes}
            for record in (record for scope in resource.scope_logs for record in scope.log_records):
                self.lines.append(
                    Line(
                        service=named.get("service.name", ""),
                        event=record.body.string_value,
                        trace_id=record.trace_id.hex(),
                        attributes=tuple((pair.key, str(pair.value)) for pair in record.attributes),
                    )
                )
        return Response(status_code=200, media_type="application/x-protobuf")


@asynccontextmanager
async def running_collector() -> AsyncIterator[SpanCollector]:
    """Receive spans on a free port until the block ends."""
    port = free_ports(1)[0]
    collector = SpanCollector(f"http://127.0.0.1:{port}")
    routes = {"traces": collector.receive, "metrics": collector.receive_metrics, "logs": collector.receive_logs}
    app = Starlette(routes=[Route(f"/v1/{signal}", take, methods=["POST"]) for signal, take in routes.items()])
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server._serve())  # noqa: SLF001 - serve() would take over the signals
    while not server.started:  # noqa: ASYNC110 - uvicorn tells no event
        await asyncio.sleep(0.01)
    try:
        yield collector
    finally:
        server.should_exit = True
        await serving
