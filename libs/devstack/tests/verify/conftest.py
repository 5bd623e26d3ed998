"""A small platform of real processes that the demo has filled: the case service, the indicator service, a broker."""

import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import case_service.migrate
import httpx
import indicator_service.migrate
import pytest
import pytest_asyncio
from forkant_devstack.demo.run import run
from forkant_devstack.issuer.pytest_fixture import IssuerServer
from forkant_devstack.native import children
from forkant_devstack.native.ports import free_ports
from forkant_devstack.process import ProcessSpec
from forkant_devstack.testing.kafka_server import start_embedded_kafka
from forkant_devstack.testing.postgres_server import PostgresServer
from forkant_devstack.verify.platform import Platform
from forkant_kit.migrations import migrate

CASES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    platform: Platform
    case_url: str


def program(module: str, *, database: str, kafka: str, issuer: str, port: int, probe: str) -> ProcessSpec:
    async def ready() -> bool:
        try:
            async with httpx.AsyncClient(trust_env=False) as http:
                return (await http.get(f"http://127.0.0.1:{port}{probe}")).is_success
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
    }
    return ProcessSpec(name=module, argv=(sys.executable, "-m", module), env=environment, ready=ready)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def filled(postgres: PostgresServer, issuer: IssuerServer, tmp_path_factory) -> AsyncIterator[Filled]:
    folder: Path = tmp_path_factory.mktemp("platform")
    broker = await start_embedded_kafka(folder)
    cases, indicators = await postgres.create_database("case"), await postgres.create_database("indicator")
    await migrate(owner_url=cases.owner_url, script_location=case_service.migrate.MIGRATIONS)
    await migrate(owner_url=indicators.owner_url, script_location=indicator_service.migrate.MIGRATIONS)
    ports = free_ports(4)
    databases = (cases.app_url, cases.app_url, indicators.app_url, indicators.app_url)
    modules = ("case_service.app", "case_service.worker", "indicator_service.app", "indicator_service.worker")
    running: list[children.Child] = []
    try:
        for module, database, port in zip(modules, databases, ports, strict=True):
            spec = program(
                module, database=database, kafka=broker.bootstrap, issuer=issuer.url, port=port, probe="/health/live"
            )
            running.append(await children.start(spec, log=folder / f"{module}.log"))
        case_url = f"http://127.0.0.1:{ports[0]}"
        await run(cases=CASES, case_url=case_url, issuer_url=issuer.url)
        platform = Platform(
            case_database=cases.owner_url,
            indicator_database=indicators.owner_url,
            notification_database=None,
            kafka_bootstrap=broker.bootstrap,
            indicator_url=f"http://127.0.0.1:{ports[2]}",
            issuer_url=issuer.url,
        )
        yield Filled(platform=platform, case_url=case_url)
    finally:
        for child in reversed(running):
            await children.stop(child)
        await broker.controls.remove()


@pytest.fixture(scope="module")
def platform(filled: Filled) -> Platform:
    return filled.platform
