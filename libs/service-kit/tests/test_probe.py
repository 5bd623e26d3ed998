"""The probe of container engines: exit code 0 when a process is ready, 1 when it is not, 2 when called wrongly."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest


class Process(BaseHTTPRequestHandler):
    """A process that is ready as its server says."""

    def do_GET(self) -> None:
        self.send_response(self.server.status if self.path == "/health/ready" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def process() -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), Process) as server:
        server.status = 200
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def probe(*arguments: str, **environment: object) -> int:
    given = {f"FORKANT_{name}": str(value) for name, value in environment.items()}
    command = [sys.executable, "-m", "forkant_kit.probe", *arguments]
    return subprocess.run(command, env=given, check=False, capture_output=True).returncode


@pytest.mark.parametrize("status", [200, 503])
def test_it_tells_whether_a_process_is_ready(process: HTTPServer, status: int):
    process.status = status
    expected = 0 if status == 200 else 1
    assert probe("worker", WORKER_PORT=process.server_port) == expected
    assert probe("api", HTTP_PORT=process.server_port) == expected


def test_an_api_is_asked_on_its_own_port_for_operations_when_it_has_one(process: HTTPServer):
    assert probe("api", HTTP_PORT=1, OPS_PORT=process.server_port) == 0
    assert probe("api", HTTP_PORT=process.server_port, OPS_PORT=1) == 1


@pytest.mark.parametrize("arguments", [[], ["api", "worker"], ["relay"]])
def test_a_wrong_call_is_told_apart_from_a_process_that_is_not_ready(arguments: list[str]):
    assert probe(*arguments, HTTP_PORT=1, WORKER_PORT=1) == 2


def test_a_process_without_a_port_can_not_be_asked():
    assert probe("api") == 2
