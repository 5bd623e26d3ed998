"""The whole platform as nodes for the supervisor."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace

import asyncpg
from forkant_kit.vault_settings import TEXT_KEYS_VARIABLE

from forkant_devstack.native import embedded
from forkant_devstack.native.databases import close_shared_databases, create_database
from forkant_devstack.native.kafka import kafka_spec
from forkant_devstack.native.postgres import admin_url, postgres_spec
from forkant_devstack.native.topics import create_topics
from forkant_devstack.process import DevstackError, ProcessSpec
from forkant_devstack.stack.audit_files import audit_files
from forkant_devstack.stack.backends import Backends
from forkant_devstack.stack.layout import Layout
from forkant_devstack.stack.revisions import must_migrate
from forkant_devstack.stack.secret_store import SecretStore
from forkant_devstack.stack.services import SERVICES, Service, database_urls, environment
from forkant_devstack.stack.text_keys import text_keys
from forkant_devstack.supervisor.graph import Job, Node, Program, Step
from forkant_devstack.supervisor.probes import http_ready


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """What the plan is made from."""

    layout: Layout
    backends: Backends
    ports: Mapping[str, int]
    secrets: SecretStore

    @property
    def admin_url(self) -> str:
        """The URL of PostgreSQL's superuser."""
        return admin_url(self.backends.postgres, port=self.ports["postgres"])


def plan(platform: Platform) -> list[Node]:
    """Give everything that `up` starts."""
    nodes: list[Node] = [
        Program(spec=postgres_spec(platform.backends.postgres, port=platform.ports["postgres"])),
        Step(name="databases", run=lambda: make_databases(platform), after=("postgres",)),
        *_broker(platform),
        Program(spec=_issuer(platform)),
        Program(spec=_mail(platform)),
    ]
    for service in SERVICES:
        nodes += _service(platform, service)
    return nodes


async def make_databases(platform: Platform) -> None:
    """Make each service's database and roles; beside a broker that forgets, they start empty like it."""
    try:
        await close_shared_databases(platform.admin_url)
        for service in SERVICES:
            name = service.database(broker=platform.backends.broker)
            if platform.backends.kafka is None:
                await _drop(platform.admin_url, name)
                audit_files(platform.layout, platform.secrets, database=name).heads.unlink(missing_ok=True)
            owner, app, worker = (platform.secrets.get(f"{name}_{role}") for role in ("owner", "app", "worker"))
            await create_database(
                platform.admin_url, name, owner_password=owner, app_password=app, worker_password=worker
            )
    except asyncpg.PostgresError as error:
        raise DevstackError(f"PostgreSQL refused to make the databases: {error}", hint="see .forkant/logs") from error


async def _drop(url: str, name: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    finally:
        await connection.close()


def _broker(platform: Platform) -> list[Node]:
    if platform.backends.kafka is None:
        return [Program(spec=embedded.embedded_spec(platform.layout.broker_address))]
    port, controller_port = platform.ports["kafka"], platform.ports["kafka-controller"]
    return [
        Program(spec=kafka_spec(platform.backends.kafka, port=port, controller_port=controller_port)),
        Step(name="topics", run=lambda: create_topics(f"127.0.0.1:{port}"), after=("kafka",)),
    ]


def _issuer(platform: Platform) -> ProcessSpec:
    port = platform.ports["issuer"]
    return _python(
        name="issuer",
        module="forkant_devstack.issuer",
        env={
            "PYTHONDONTWRITEBYTECODE": "",
            "FORKANT_ENV": "dev",
            "FORKANT_HTTP_HOST": "127.0.0.1",
            "FORKANT_HTTP_PORT": str(port),
            "FORKANT_OIDC_ISSUER": f"http://127.0.0.1:{port}",
            "FORKANT_ISSUER_KEY_FILE": str(platform.layout.issuer_key),
        },
        port=port,
    )


def _mail(platform: Platform) -> ProcessSpec:
    port, smtp_port = platform.ports["mail"], platform.ports["mail-smtp"]
    env = {
        "PYTHONDONTWRITEBYTECODE": "",
        "FORKANT_ENV": "dev",
        "FORKANT_HTTP_HOST": "127.0.0.1",
        "FORKANT_HTTP_PORT": str(port),
        "FORKANT_MAIL_SMTP_PORT": str(smtp_port),
    }
    spec = _python(name="mail", module="forkant_devstack.mail", env=env, port=port)
    return replace(spec, ports=(port, smtp_port))


def _service(platform: Platform, service: Service) -> list[Node]:
    broker, ports = platform.backends.broker, platform.ports
    urls = database_urls(service, broker=broker, postgres_port=ports["postgres"], secrets=platform.secrets)
    env = environment(service, urls=urls, ports=ports, secrets=platform.secrets)
    seals = {TEXT_KEYS_VARIABLE: text_keys(platform.secrets).setting} if service.name == "case" else {}
    migrate = _python(
        name=f"{service.name}-migrate",
        module=f"{service.package}.migrate",
        env=env | seals | {"FORKANT_DATABASE_OWNER_URL": urls.owner_url},
    )
    files = audit_files(platform.layout, platform.secrets, database=service.database(broker=broker))
    worker_env = {"FORKANT_DATABASE_URL": urls.worker_url, **(files.environment() if service.audited else {})}
    api, worker = (
        _python(name=name, module=f"{service.package}.{module}", env=env | more, port=ports[name])
        for name, module, more in (
            (f"{service.name}-api", "app", seals),
            (f"{service.name}-worker", "worker", worker_env),
        )
    )
    broker_ready = "topics" if platform.backends.kafka else "kafka-embedded"
    return [
        Job(spec=migrate, after=("databases",), needed=lambda: must_migrate(service.package, urls.owner_url)),
        Program(spec=api, after=(migrate.name,)),  # an API never speaks to the broker
        Program(spec=worker, after=(migrate.name, broker_ready), late_env=lambda: _late_env(platform)),
    ]


def _late_env(platform: Platform) -> dict[str, str]:
    if platform.backends.kafka is not None:
        return {}
    return {"FORKANT_KAFKA_BOOTSTRAP": embedded.bootstrap_from(platform.layout.broker_address)}


def _python(*, name: str, module: str, env: Mapping[str, str], port: int | None = None) -> ProcessSpec:
    return ProcessSpec(
        name=name,
        argv=(sys.executable, "-m", module),
        env=env,
        stop_deadline_s=15.0,
        ready=None if port is None else http_ready(port),
        ports=() if port is None else (port,),
    )
