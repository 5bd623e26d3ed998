"""The platform as `forkant up` starts it, with what somebody on duty has at hand: a shell, the databases, Prometheus."""

import asyncio
import json
import os
import re
import signal
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
from forkant_devstack.native.databases import DatabaseUrls
from forkant_devstack.native.places import state_home
from forkant_devstack.native.ports import free_ports
from forkant_devstack.stack.ports import DEFAULT_PORTS
from forkant_devstack.stack.secret_store import SecretStore
from forkant_devstack.stack.services import SERVICES, database_urls
from forkant_devstack.testing.certificates import certificate_for
from forkant_devstack.testing.plain_http import plain_client
from forkant_devstack.testing.platform import Node, Platform

from . import promtool
from .metric_names import ROOT

DUTY = "duty_operator"
"""Who is on duty, at the server of the databases: sees and may end sessions, and reads no row."""
FORGOTTEN = "SELECT 'forgotten', pg_current_xact_id()"
"""What a person's console has begun and not ended since the platform was started."""
QUICK = {
    "FORKANT_AUDIT_PUBLISH_EVERY_S": "1",
    "FORKANT_UPKEEP_EVERY_S": "2",
    "FORKANT_OBJECT_DELETIONS_EVERY_S": "1",
    "FORKANT_SMTP_TIMEOUT_SECONDS": "2",
    "FORKANT_LOG_LEVEL": "INFO",
}
"""Settings of the user's shell: what is done now and then is done sooner."""
CONSOLE = "console"
"""Somebody who has a log-in to the databases."""
_WITHIN_S = 180.0
PROMETHEUS = promtool.program("prometheus")
PROCESSES = [f"{service.name}-{kind}" for service in SERVICES for kind in ("api", "worker")]


@dataclass(frozen=True)
class Done:
    """How a command ended, and all that it wrote."""

    code: int
    said: str


@dataclass
class Persons:
    """Tokens of the platform's own issuer."""

    url: str
    tokens: dict[str, str] = field(default_factory=dict)

    def headers(self, persona: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[persona]}"}

    async def know(self, *personas: str) -> None:
        async with plain_client(timeout=20) as client:
            for each in personas:
                answer = await client.get(f"{self.url}/dev/token", params={"as": each})
                self.tokens[each] = answer.raise_for_status().text.strip()


@dataclass
class Stack:
    """A running platform, in a folder and on ports of its own."""

    folder: Path
    ports: Mapping[str, int]
    environment: dict[str, str]
    platform: Platform
    persons: Persons
    administrator: str = ""
    prometheus: str | None = None
    scanner: int = 0
    """The port at which the API looks for its virus scanner."""

    async def run(self, text: str, *, within_s: float = _WITHIN_S) -> Done:
        """Run a line of a shell as it stands, on this platform's ports."""
        process = await asyncio.create_subprocess_exec(
            *("bash", "-c", f"set -euo pipefail\n{on_ports(text, self.ports)}"),
            cwd=ROOT,
            env=self.environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(within_s):
                said, _ = await process.communicate()
        except TimeoutError:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
            return Done(-1, f"not within {within_s} s")
        return Done(process.returncode or 0, said.decode())

    async def ask_database(self, service: str, query: str, *values: object, duty: bool = False) -> str:
        """Ask as the service's worker, or as who is on duty at the server; return the rows a line each."""
        url = self.urls(service).worker_url
        if duty:
            url = re.sub(r"//[^@]*@", f"//{DUTY}:{DUTY}@", url)
        rows = await _fetch(url, query, *values)
        return "\n".join(" | ".join(str(value) for value in row.values()) for row in rows)

    async def change(self, service: str, statement: str, *values: object) -> None:
        """Do something to a database that nobody should, as the server's administrator."""
        await _fetch(f"{self.administrator}/{self._database(service)}", statement, *values)

    @asynccontextmanager
    async def session(self, service: str, statement: str, *, by: str = "") -> AsyncIterator[int]:
        """Leave a transaction of somebody's open after a statement; return its process at the server."""
        url = f"{self.administrator}/{self._database(service)}"
        connection = await asyncpg.connect(re.sub(r"//[^@]*@", f"//{by}:{by}@", url) if by else url)
        try:
            await connection.execute(f"BEGIN; {statement}")
            yield connection.get_server_pid()
        finally:
            connection.terminate()

    async def evaluate(self, expression: str) -> str:
        """Let Prometheus evaluate an expression over what it scraped; return a line for each series."""
        async with plain_client(timeout=20) as client:
            answer = await client.get(f"{self.prometheus}/api/v1/query", params={"query": expression})
        assert answer.status_code == 200, answer.text
        return "\n".join(f"{each['metric']} {each['value'][1]}" for each in answer.json()["data"]["result"])

    @contextmanager
    def paused(self, *names: str) -> Iterator[None]:
        """Let processes hang, which neither die nor answer."""
        pids = [self.pid(name) for name in names]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def pid(self, name: str) -> int:
        state = json.loads((self.folder / ".forkant/run/state.json").read_text(encoding="utf-8"))
        return next(each["pid"] for each in state["processes"] if each["name"] == name)

    def urls(self, service: str) -> DatabaseUrls:
        return self.platform.nodes[service].database

    async def empty_database(self) -> str:
        """Make a database that no migration has been run in, and return its owner's URL."""
        await self.change("case", "CREATE DATABASE restored")
        return f"{self.administrator}/restored"

    def _database(self, service: str) -> str:
        return self.urls(service).worker_url.rpartition("/")[2]


def on_ports(text: str, ports: Mapping[str, int]) -> str:
    for name, number in DEFAULT_PORTS.items():
        text = re.sub(rf"127\.0\.0\.1:{number}\b", f"127.0.0.1:{ports[name]}", text)
    return text


@asynccontextmanager
async def running_stack(folder: Path) -> AsyncIterator[Stack]:
    """Start the platform, and Prometheus beside it where there is one, until the block ends."""
    *numbers, scanner, prometheus = free_ports(len(DEFAULT_PORTS) + 2)
    ports = dict(zip(DEFAULT_PORTS, numbers, strict=True))
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    path = f"{ROOT / '.venv/bin'}:{ROOT / '.forkant/tools/bin'}:{os.environ['PATH']}"
    more = {"FORKANT_ROOT": str(folder), "TMPDIR": str(folder), "COLUMNS": "400", "PATH": path}
    persons = Persons(f"http://127.0.0.1:{ports['issuer']}")
    platform = Platform(folder=folder / ".forkant/logs", kafka=None, issuer=persons, nodes={})
    certificate_for("relay.example", folder)
    settings = {
        **QUICK,
        "FORKANT_SMTP_CA_FILE": str(folder / "ca.pem"),
        "FORKANT_ATTACHMENT_SCANNER": f"clamd://127.0.0.1:{scanner}",
    }
    stack = Stack(folder, ports, inherited | more | settings, platform, persons, scanner=scanner)
    choices = " ".join(f"--port {name}={number}" for name, number in ports.items())
    try:
        started = await stack.run(f"forkant up --detach --no-demo {choices}", within_s=300)
        assert started.code == 0, started.said
        platform.nodes = _nodes(folder, ports)
        password = (state_home(folder) / "postgres/superuser.password").read_text(encoding="utf-8").strip()
        stack.administrator = f"postgresql://postgres:{password}@127.0.0.1:{ports['postgres']}"
        await stack.change("case", f"CREATE ROLE {DUTY} LOGIN PASSWORD '{DUTY}' IN ROLE pg_monitor, pg_signal_backend")
        await stack.change("case", f"CREATE ROLE {CONSOLE} LOGIN PASSWORD '{CONSOLE}'")
        for service in SERVICES:
            database = stack._database(service.name)
            await stack.change("case", f"GRANT CONNECT ON DATABASE {database} TO {DUTY}, {CONSOLE}")
        await persons.know("officer-oslo", "lead-oslo", "pod-analyst")
        async with watched(folder, ports, prometheus) as stack.prometheus, stack.session("case", FORGOTTEN, by=CONSOLE):
            yield stack
    finally:
        await platform.asking.close()
        await stack.run("forkant reset --yes", within_s=120)


@asynccontextmanager
async def watched(folder: Path, ports: Mapping[str, int], port: int) -> AsyncIterator[str | None]:
    """Run Prometheus, which scrapes all processes as deploy/monitoring/prometheus.yml has it, and quicker."""
    if PROMETHEUS is None:
        yield None
        return
    jobs = [
        {
            "targets": [f"127.0.0.1:{ports[name]}"],
            "labels": {"service": f"{name.partition('-')[0]}-service", "component": name.partition("-")[2]},
        }
        for name in PROCESSES
    ]
    config = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
        "scrape_configs": [{"job_name": "forkant", "static_configs": jobs}],
    }
    (folder / "prometheus.yml").write_text(json.dumps(config), encoding="utf-8")
    arguments = [f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'tsdb'}"]
    with (folder / "prometheus.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            PROMETHEUS, *arguments, f"--web.listen-address=127.0.0.1:{port}", stdout=log, stderr=log
        )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        await process.wait()


def _nodes(folder: Path, ports: Mapping[str, int]) -> dict[str, Node]:
    secrets = SecretStore(folder / ".forkant/secrets.json")
    broker = json.loads((folder / ".forkant/run/state.json").read_text(encoding="utf-8"))["broker"]
    return {
        service.name: Node(
            service=service.name,
            database=database_urls(service, broker=broker, postgres_port=ports["postgres"], secrets=secrets),
            http_port=ports[f"{service.name}-api"],
            worker_port=ports[f"{service.name}-worker"],
        )
        for service in SERVICES
    }


async def _fetch(url: str, query: str, *values: object) -> list[Any]:
    connection = await asyncpg.connect(url)
    try:
        return list(await connection.fetch(query, *values))
    finally:
        await connection.close()
