"""A served process as operations sees it: signals, listeners, log lines and spans."""

import asyncio
import json
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from forkant_kit.health import ReadinessCheck, worker_app
from forkant_kit.testing import until
from forkant_kit.web import serve_beside
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

PROGRAM = """
import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated
from fastapi import APIRouter
from forkant_kit.auth import Principal, TokenVerifier
from forkant_kit.issuer_documents import IssuerAddress
from forkant_kit.policy import Policy, requires
from forkant_kit.settings import ApiSettings, load
from forkant_kit.telemetry import set_up_telemetry
from forkant_kit.web import create_app, serve

class AnyToken(TokenVerifier):
    async def verify(self, token):
        return Principal("someone", "oslo", frozenset({"case_officer"}), "cli", datetime.now(UTC))

router = APIRouter()

@router.get("/v1/slow/{name}")
async def slow(name: str, _principal: Annotated[Principal, requires("read")]) -> str:
    print('{"event": "begun"}', flush=True)
    await asyncio.sleep(1)
    return "done"

@router.get("/v1/broken")
async def broken(_principal: Annotated[Principal, requires("read")], name: str = "") -> None:
    raise LookupError("Ola Nordmann")

@asynccontextmanager
async def lifespan(app):
    yield
    print('{"event": "closed"}', flush=True)

settings = load(ApiSettings)
telemetry = set_up_telemetry(service="kit", settings=settings)
app = create_app(service="kit", title="kit", version="1", settings=settings, routers=[router],
                 policy=Policy({"read": frozenset({"case_officer"})}), lifespan=lifespan, readiness=[],
                 verifier=AnyToken(issuer=IssuerAddress(settings.oidc_issuer), audience="forkant"))
serve(app, host=settings.http_host, port=settings.http_port)
telemetry.shutdown()
"""


def a_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@dataclass
class Served:
    """One running process, its addresses, and the lines it has written."""

    process: asyncio.subprocess.Process
    url: str
    ops_url: str
    client: httpx.AsyncClient
    lines: list[dict[str, Any]] = field(default_factory=list)

    async def read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(json.loads(line))

    def events(self) -> list[str]:
        return [line["event"] for line in self.lines]


@pytest.fixture
def collector() -> Iterator[tuple[str, list[ExportTraceServiceRequest]]]:
    received: list[ExportTraceServiceRequest] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/v1/traces":
                received.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", received
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
async def served(tmp_path: Path, collector: tuple[str, list[ExportTraceServiceRequest]]) -> AsyncIterator[Served]:
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    port, ops_port = a_free_port(), a_free_port()
    environment = {
        "FORKANT_ENV": "production",
        "FORKANT_DATABASE_URL": "postgresql://nobody@127.0.0.1/none",
        "FORKANT_OIDC_ISSUER": "https://issuer.example",
        "FORKANT_CURSOR_SECRET": "s" * 32,
        "FORKANT_INTROSPECTION_CLIENT_ID": "forkant",
        "FORKANT_INTROSPECTION_CLIENT_SECRET": "s" * 32,
        "FORKANT_HTTP_PORT": str(port),
        "FORKANT_OPS_PORT": str(ops_port),
        "FORKANT_OTLP_ENDPOINT": collector[0],
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(script), env=environment, stdout=asyncio.subprocess.PIPE
    )
    url, ops_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{ops_port}"
    async with httpx.AsyncClient(headers={"Authorization": "Bearer x"}, timeout=30) as client:
        found = Served(process, url, ops_url, client)
        reading = asyncio.create_task(found.read())
        await until(lambda: answers(client, f"{url}/health/live"), what="the process serves")
        await until(lambda: answers(client, f"{ops_url}/health/live"), what="the ops listener serves")
        yield found
    if process.returncode is None:
        process.kill()
    await process.wait()
    await reading


async def answers(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).status_code == 200
    except httpx.TransportError:
        return False


async def test_sigterm_lets_the_request_in_hand_finish(served: Served):
    request = asyncio.create_task(served.client.get(f"{served.url}/v1/slow/Ola"))

    async def begun() -> bool:
        return "begun" in served.events()

    await until(begun, what="the request is in hand")
    served.process.send_signal(signal.SIGTERM)
    answer = await request
    assert (answer.status_code, answer.json()) == (200, "done")
    async with asyncio.timeout(10):
        assert await served.process.wait() == 0
    assert not await answers(served.client, f"{served.url}/health/live")

    async def closed() -> bool:
        return "closed" in served.events()

    await until(closed, what="the lifespan ends")


async def test_metrics_are_on_the_ops_listener_alone(served: Served):
    await served.client.get(f"{served.url}/v1/nothing")
    assert (await served.client.get(f"{served.url}/metrics")).status_code == 404
    assert "forkant_http_request_seconds_count" in (await served.client.get(f"{served.ops_url}/metrics")).text
    assert (await served.client.get(f"{served.ops_url}/health/ready")).json() == {"status": "ready", "checks": {}}
    assert (await served.client.get(f"{served.ops_url}/v1/slow/1")).status_code == 404


async def test_every_line_is_json_and_none_tells_what_a_user_wrote(served: Served):
    await served.client.get(f"{served.url}/v1/broken?name=Kari")
    await served.client.get(f"{served.url}/v1/nothing/Ola")
    served.process.send_signal(signal.SIGTERM)
    await served.process.wait()

    async def failed() -> bool:
        return served.events().count("request") == 2

    await until(failed, what="the lines are read")
    text = json.dumps(served.lines)
    assert "Ola" not in text
    assert "Kari" not in text
    [failure] = [line for line in served.lines if line["event"] == "request_failed"]
    assert failure["exception"] == "builtins.LookupError"
    assert failure["trace_id"] == next(line for line in served.lines if line["event"] == "request")["trace_id"]
    assert all(line["service"] == "kit" for line in served.lines if line["event"] != "closed")


async def test_a_span_goes_to_the_collector_with_the_template_for_a_name(
    served: Served, collector: tuple[str, list[ExportTraceServiceRequest]]
):
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"}
    answer = await served.client.get(f"{served.url}/v1/broken?name=Kari", headers=headers)
    assert answer.json()["trace_id"] == trace_id
    served.process.send_signal(signal.SIGTERM)
    await served.process.wait()
    spans = [s for r in collector[1] for rs in r.resource_spans for ss in rs.scope_spans for s in ss.spans]
    [span] = [span for span in spans if span.name == "GET /v1/broken"]
    assert span.trace_id.hex() == trace_id
    assert span.parent_span_id.hex() == "00f067aa0ba902b7"
    attributes = {item.key: item.value.string_value or item.value.int_value for item in span.attributes}
    assert attributes["http.request.method"] == "GET"
    assert attributes["http.route"] == "/v1/broken"
    assert attributes["http.response.status_code"] == 500
    assert not [s for s in spans if s.name.startswith("fastapi")]
    assert "Kari" not in str(spans)
    assert "Ola" not in str(spans)


async def test_a_worker_is_live_by_its_progress_and_ready_by_its_checks():
    turning, there = True, False

    async def probe() -> None:
        if not there:
            raise ConnectionRefusedError

    app = worker_app(readiness=[ReadinessCheck("thing", probe)], alive=lambda: turning)
    stop, port = asyncio.Event(), a_free_port()
    serving = asyncio.create_task(serve_beside(app, host="127.0.0.1", port=port, stop=stop))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        await until(lambda: answers(client, "/health/live"), what="the worker serves")
        assert (await client.get("/health/ready")).json() == {"status": "not ready", "checks": {"thing": "failing"}}
        there = True
        assert (await client.get("/health/ready")).status_code == 200
        turning = False
        assert (await client.get("/health/live")).json() == {"status": "stuck"}
        assert "forkant_http_request_seconds" in (await client.get("/metrics")).text
    stop.set()
    async with asyncio.timeout(10):
        await serving
