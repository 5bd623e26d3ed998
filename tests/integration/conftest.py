"""One running platform for all flows; each flow works on cases of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from forkant_devstack.issuer.pytest_fixture import IssuerServer
from forkant_devstack.pytest_plugin import running_kafka
from forkant_devstack.testing.kafka_server import KafkaServer
from forkant_devstack.testing.platform import Platform, running_platform
from forkant_devstack.testing.postgres_server import PostgresServer
from forkant_devstack.testing.span_collector import SpanCollector, running_collector


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def collector() -> AsyncIterator[SpanCollector]:
    async with running_collector() as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def kafka(pytestconfig: pytest.Config, devstack_folder: Path) -> AsyncIterator[KafkaServer]:
    """A broker of this folder's own, since its platform lives on."""
    async with running_kafka(pytestconfig, devstack_folder / "integration") as server:
        yield server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def platform(
    devstack_folder: Path,
    postgres: PostgresServer,
    kafka: KafkaServer,
    issuer: IssuerServer,
    collector: SpanCollector,
) -> AsyncIterator[Platform]:
    folder = devstack_folder / "integration" / "platform"
    env = {"FORKANT_OTLP_ENDPOINT": collector.url}
    async with running_platform(folder=folder, postgres=postgres, kafka=kafka, issuer=issuer, extra_env=env) as running:
        yield running
