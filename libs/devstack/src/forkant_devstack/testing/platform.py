"""The whole platform as real processes on free ports, for tests that cross services or kill one of them."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import asyncpg
import httpx

from forkant_devstack.issuer.pytest_fixture import IssuerServer
from forkant_devstack.native.children import Child, kill, spawn, start, stop
from forkant_devstack.native.databases import DatabaseUrls
from forkant_devstack.native.ports import free_ports
from forkant_devstack.process import Probe, ProcessSpec
from forkant_devstack.testing.asking import Asking
from forkant_devstack.testing.kafka_server import KafkaServer
from forkant_devstack.testing.plain_http import plain_client
from forkant_devstack.testing.postgres_server import PostgresServer

SERVICES: Final = ("case", "indicator", "notification")


@dataclass(frozen=True, kw_only=True)
class Node:
    """One service: its database and the ports of its two processes."""

    service: str
    database: DatabaseUrls
    http_port: int
    worker_port: int

    @property
    def url(self) -> str:
        """Where its API listens."""
        return f"http://127.0.0.1:{self.http_port}"


@dataclass(kw_only=True)
class Platform:
    """Running services; a process is named ``case-api``, ``case-worker`` and so on."""

    folder: Path
    kafka: KafkaServer
    issuer: IssuerServer
    nodes: Mapping[str, Node]
    extra_env: Mapping[str, str] = field(default_factory=dict)
    service_env: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    children: dict[str, Child] = field(default_factory=dict)
    asking: Asking = field(default_factory=Asking)

    async def start(self, name: str, *, script: Path | None = None) -> Child:
        """Start a process and wait until it is ready.

        A script may stand in for the module, to plant a fault; it is not waited for, since it may die before that.
        """
        spec, log = self._spec(name, script), self.folder / f"{name}.log"
        child = await start(spec, log=log) if script is None else spawn(spec, log=log)
        self.children[name] = child
        return child

    async def stop(self, name: str) -> None:
        """End a process in order."""
        await stop(self.children.pop(name))

    async def kill(self, name: str) -> None:
        """End a process as a crash would."""
        await kill(self.children.pop(name))

    async def died(self, name: str, *, within_s: float = 30.0) -> int:
        """Wait for a process to end by itself; return its exit code."""
        child = self.children.pop(name)
        return await asyncio.wait_for(asyncio.to_thread(child.process.wait), within_s)

    async def call(
        self,
        service: str,
        method: str,
        path: str,
        *,
        persona: str,
        body: Any = None,
        etag: str | None = None,
        key: str | None = None,
        traceparent: str | None = None,
        unit: str | None = None,
    ) -> httpx.Response:
        """Send one request as a persona, of another unit than its own if one is given.

        A POST gets a new idempotency key unless one is given.
        """
        headers = self.issuer.headers(persona, **({} if unit is None else {"unit": unit}))
        if traceparent is not None:
            headers["traceparent"] = traceparent
        if etag is not None:
            headers["If-Match"] = etag
        if method == "POST":
            headers["Idempotency-Key"] = key or str(uuid4())
        async with plain_client(base_url=self.nodes[service].url, timeout=20) as client:
            return await client.request(method, path, json=body, headers=headers)

    async def fetch(self, service: str, query: str, *values: object) -> list[asyncpg.Record]:
        """Ask a service's database as its worker, which may read every row."""
        return await self.asking.fetch(self.nodes[service].database.worker_url, query, *values)

    def log_of(self, name: str) -> str:
        """Return what a process has logged."""
        return (self.folder / f"{name}.log").read_text()

    def _spec(self, name: str, script: Path | None) -> ProcessSpec:
        service, _, kind = name.partition("-")
        node = self.nodes[service]
        module = f"{service}_service.{'app' if kind == 'api' else 'worker'}"
        port = node.http_port if kind == "api" else node.worker_port
        return ProcessSpec(
            name=name,
            argv=(sys.executable, *((str(script),) if script else ("-m", module))),
            env=self.env(node) | ({} if kind == "api" else {"FORKANT_DATABASE_URL": node.database.worker_url}),
            ready=answers_ready(f"http://127.0.0.1:{port}/health/ready"),
        )

    def env(self, node: Node) -> dict[str, str]:
        """Return the environment of a service's processes."""
        return {
            "FORKANT_ENV": "test",
            "FORKANT_HTTP_PORT": str(node.http_port),
            "FORKANT_WORKER_PORT": str(node.worker_port),
            "FORKANT_DATABASE_URL": node.database.app_url,
            "FORKANT_DATABASE_OWNER_URL": node.database.owner_url,
            "FORKANT_KAFKA_BOOTSTRAP": self.kafka.bootstrap,
            "FORKANT_OIDC_ISSUER": self.issuer.url,
            **{f"FORKANT_{name.upper()}": value for name, value in self.issuer.introspection.items()},
            **({"FORKANT_CASE_SERVICE_URL": self.nodes["case"].url} if "case" in self.nodes else {}),
            "FORKANT_WEBHOOK_ALLOW_LOOPBACK": "true",
            "FORKANT_DATABASE_POOL_SIZE": "5",
            # A benchmark is one caller.
            "FORKANT_RATE_LIMIT_READS_PER_MINUTE": "600000",
            "FORKANT_RATE_LIMIT_WRITES_PER_MINUTE": "600000",
            **self.extra_env,
            **self.service_env.get(node.service, {}),
        }


def answers_ready(url: str) -> Probe:
    """Make a probe that asks for 200 at a URL."""

    async def ask() -> bool:
        try:
            async with plain_client(timeout=3) as client:
                return (await client.get(url)).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    return ask


async def _migrate(platform: Platform, service: str) -> None:
    node = platform.nodes[service]
    spec = ProcessSpec(
        name=f"{service}-migrate", argv=(sys.executable, "-m", f"{service}_service.migrate"), env=platform.env(node)
    )
    child = await start(spec, log=platform.folder / f"{spec.name}.log")
    code = await asyncio.to_thread(child.process.wait)
    if code != 0:
        raise RuntimeError(f"{spec.name} ended with {code}:\n{platform.log_of(spec.name)}")


@asynccontextmanager
async def running_platform(
    *,
    folder: Path,
    postgres: PostgresServer | Mapping[str, PostgresServer],
    kafka: KafkaServer,
    issuer: IssuerServer,
    extra_env: Mapping[str, str] | None = None,
    service_env: Mapping[str, Mapping[str, str]] | None = None,
) -> AsyncIterator[Platform]:
    """Migrate three new databases and run all six processes until the block ends.

    The databases are on one server, or each service's on its own.
    """
    servers = postgres if isinstance(postgres, Mapping) else dict.fromkeys(SERVICES, postgres)
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    ports = iter(free_ports(2 * len(SERVICES)))
    nodes = {
        service: Node(
            service=service,
            database=await servers[service].create_database(service),
            http_port=next(ports),
            worker_port=next(ports),
        )
        for service in SERVICES
    }
    platform = Platform(
        folder=folder,
        kafka=kafka,
        issuer=issuer,
        nodes=nodes,
        extra_env=extra_env or {},
        service_env=service_env or {},
    )
    await asyncio.gather(*[_migrate(platform, service) for service in SERVICES])
    names = [f"{service}-{kind}" for service in SERVICES for kind in ("api", "worker")]
    try:
        await asyncio.gather(*[platform.start(name) for name in names])
        yield platform
    finally:
        await platform.asking.close()
        await asyncio.gather(*[stop(child) for child in list(platform.children.values())])
