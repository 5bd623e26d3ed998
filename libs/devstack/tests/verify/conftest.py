"""A small platform of real processes that the demo has filled, and sealed trails to plant faults in."""

import importlib
import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import case_service.migrate
import httpx
import indicator_service.migrate
import notification_service.migrate
import pytest
import pytest_asyncio
from forkant_devstack.bench.case_rows import case_rows, ndjson
from forkant_devstack.demo.run import run
from forkant_devstack.issuer.pytest_fixture import IssuerServer
from forkant_devstack.native import children
from forkant_devstack.native.ports import free_ports
from forkant_devstack.process import ProcessSpec
from forkant_devstack.stack import audit_trails
from forkant_devstack.stack.audit_files import audit_files
from forkant_devstack.stack.audit_trails import AuditTrail
from forkant_devstack.stack.layout import Layout
from forkant_devstack.stack.secret_store import SecretStore
from forkant_devstack.stack.services import AUDITED, Service
from forkant_devstack.testing.kafka_server import start_embedded_kafka
from forkant_devstack.testing.plain_http import plain_client
from forkant_devstack.testing.postgres_server import PostgresServer
from forkant_devstack.verify import audit as checking
from forkant_devstack.verify.platform import Platform
from forkant_kit.audit.heads import HeadKey, file_sink
from forkant_kit.audit.record import Actor, Entry, record
from forkant_kit.audit.sealer import Sealer
from forkant_kit.db import create_engine

CASES = 40
IMPORTED = 60
NAMES = ("case", "indicator", "notification")
ENTRIES = 5
SOMEBODY = Actor(subject="officer-oslo", client_id="forkant-web", unit="oslo", roles=("case_officer",))
SAVED = ("audit_entry", "audit_link", "audit_chain")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    platform: Platform
    case_url: str
    indicator_url: str
    notification_url: str
    root_of_case: str
    """The case service's database as the server's superuser, who plants what nobody else could."""
    root_of_indicator: str


def as_superuser(postgres: PostgresServer, url: str) -> str:
    return urlsplit(postgres.admin_url)._replace(path=urlsplit(url).path).geturl()


def program(module: str, *, database: str, kafka: str, issuer: str, port: int, more: Mapping[str, str]) -> ProcessSpec:
    async def ready() -> bool:
        try:
            async with plain_client() as http:
                return (await http.get(f"http://127.0.0.1:{port}/health/live")).is_success
        except httpx.TransportError:
            return False

    environment = {
        "FORKANT_ENV": "test",
        "FORKANT_HTTP_HOST": "127.0.0.1",
        "FORKANT_HTTP_PORT": str(port),
        "FORKANT_WORKER_PORT": str(port),
        "FORKANT_DATABASE_URL": database,
        "FORKANT_KAFKA_BOOTSTRAP": kafka,
        "FORKANT_OIDC_ISSUER": issuer,
        "FORKANT_OIDC_AUDIENCE": "forkant",
        "FORKANT_CURSOR_SECRET": "only-for-this-test-only-for-this-test",
        **more,
    }
    return ProcessSpec(name=module, argv=(sys.executable, "-m", module), env=environment, ready=ready)


async def import_cases(case_url: str, issuer: IssuerServer) -> None:
    """Take cases over from another system, so that all is to be well with these too."""
    headers = issuer.headers("import-demo", clearance=2)
    more = {"Content-Type": "application/x-ndjson", "Idempotency-Key": str(uuid4())}
    async with plain_client(base_url=case_url, headers={**headers, **more}) as http:
        (await http.post("/v1/imports?source=old-system", content=ndjson(case_rows(IMPORTED)))).raise_for_status()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def filled(postgres: PostgresServer, issuer: IssuerServer, tmp_path_factory) -> AsyncIterator[Filled]:
    folder: Path = tmp_path_factory.mktemp("platform")
    broker = await start_embedded_kafka(folder)
    packages = zip(NAMES, (case_service, indicator_service, notification_service), strict=True)
    made = {name: await postgres.migrated_database(name, each.migrate.MIGRATIONS) for name, each in packages}
    ports = free_ports(2 * len(NAMES))
    databases = [url for name in NAMES for url in (made[name].app_url, made[name].worker_url)]
    modules = [f"{name}_service.{part}" for name in NAMES for part in ("app", "worker")]
    layout = Layout(folder)
    files = {name: audit_files(layout, SecretStore(layout.secrets), database=name) for name in NAMES}
    running: list[children.Child] = []
    case_url = f"http://127.0.0.1:{ports[0]}"
    try:
        for module, database, port in zip(modules, databases, ports, strict=True):
            name, _, part = module.partition("_service.")
            more = files[name].environment() if part == "worker" else {"FORKANT_CASE_SERVICE_URL": case_url}
            spec = program(module, database=database, kafka=broker.bootstrap, issuer=issuer.url, port=port, more=more)
            running.append(await children.start(spec, log=folder / f"{module}.log"))
        notification_url = f"http://127.0.0.1:{ports[4]}"
        async with plain_client(base_url=notification_url, headers=issuer.headers("lead-oslo")) as http:
            # The demo asks for no messages, and a trail without an entry proves nothing.
            (await http.get("/v1/inbox")).raise_for_status()
        await run(cases=CASES, case_url=case_url, indicator_url=f"http://127.0.0.1:{ports[2]}", issuer_url=issuer.url)
        await import_cases(case_url, issuer)
        platform = Platform(
            case_database=made["case"].worker_url,
            indicator_database=made["indicator"].worker_url,
            notification_database=made["notification"].worker_url,
            kafka_bootstrap=broker.bootstrap,
            indicator_url=f"http://127.0.0.1:{ports[2]}",
            issuer_url=issuer.url,
            trails=tuple(
                AuditTrail(
                    service=name, database_url=made[name].worker_url, heads=files[name].heads, keys=files[name].keys()
                )
                for name in NAMES
            ),
        )
        yield Filled(
            platform=platform,
            case_url=case_url,
            indicator_url=platform.indicator_url,
            notification_url=notification_url,
            root_of_case=as_superuser(postgres, made["case"].owner_url),
            root_of_indicator=as_superuser(postgres, made["indicator"].owner_url),
        )
    finally:
        for child in reversed(running):
            await children.stop(child)
        await broker.controls.remove()


@pytest.fixture(scope="module")
def platform(filled: Filled) -> Platform:
    return filled.platform


@dataclass(frozen=True)
class Kept:
    """One service's trail, sealed to the last entry, and its database's owner."""

    trail: AuditTrail
    owner_url: str

    @asynccontextmanager
    async def planted(self, *statements: str) -> AsyncIterator[None]:
        """Act as the database's owner who has turned the triggers off; put all back in the end."""
        connection = await asyncpg.connect(self.owner_url)
        try:
            for row in await connection.fetch(
                "SELECT oid::regclass::text AS name FROM pg_class WHERE relname ~ '^audit_' AND relkind IN ('r', 'p')"
            ):
                await connection.execute(f"ALTER TABLE {row['name']} DISABLE TRIGGER USER")
            for name in SAVED:
                await connection.execute(f"CREATE TEMP TABLE saved_{name} AS TABLE {name}")
            for statement in statements:
                await connection.execute(statement)
            yield
            await connection.execute("ALTER TABLE IF EXISTS away RENAME TO audit_link")
            for name in SAVED:
                await connection.execute(f"DELETE FROM {name}")
                await connection.execute(f"INSERT INTO {name} OVERRIDING SYSTEM VALUE SELECT * FROM saved_{name}")
        finally:
            await connection.close()


async def keep(service: Service, *, postgres, layout: Layout) -> Kept:
    """Make a service's database as its migrations do, with entries that are sealed and published."""
    package = importlib.import_module(f"{service.package}.migrate")
    urls = await postgres.migrated_database(service.name, package.MIGRATIONS)
    files = audit_files(layout, SecretStore(layout.secrets), database=service.database(broker="kafka"))
    engine = create_engine(urls.worker_url, application_name="trails-test")
    sealer = Sealer(engine=engine, key=HeadKey(files.seed), sinks=[file_sink(files.heads)])
    try:
        for _ in range(ENTRIES):
            async with engine.begin() as conn:
                await record(conn, SOMEBODY, Entry(action="case.read", object_kind="case", object_ids=[uuid4()]))
        await sealer.round(publish=True)
    finally:
        await engine.dispose()
    trail = AuditTrail(service=service.name, database_url=urls.worker_url, heads=files.heads, keys=files.keys())
    return Kept(trail, urls.owner_url)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def all_kept(postgres, tmp_path_factory):
    layout = Layout(tmp_path_factory.mktemp("trails"))
    return {service.name: await keep(service, postgres=postgres, layout=layout) for service in AUDITED}


@pytest.fixture
def kept(all_kept, tmp_path, monkeypatch):
    """Give each service's trail, with heads that the test may spoil."""
    found = {}
    for name, each in all_kept.items():
        heads = shutil.copy(each.trail.heads, tmp_path / f"{name}.heads.jsonl")
        found[name] = replace(each, trail=replace(each.trail, heads=heads))

    def running(service: str | None = None) -> tuple[AuditTrail, ...]:
        return tuple(each.trail for name, each in found.items() if service in {None, name})

    monkeypatch.setattr(audit_trails, "running_trails", running)
    monkeypatch.setattr(checking, "HEAD_SECONDS", 0)
    return found
