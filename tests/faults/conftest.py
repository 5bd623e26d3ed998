"""A platform for each fault, since its processes are killed."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from forkant_devstack.issuer.pytest_fixture import IssuerServer
from forkant_devstack.testing.kafka_server import KafkaServer
from forkant_devstack.testing.platform import Platform, running_platform
from forkant_devstack.testing.postgres_server import PostgresServer

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put these tests first in any order of arguments: a platform that lives on would share the consumer groups."""
    items.sort(key=lambda item: HERE not in item.path.parents)


@pytest.fixture
async def platform(
    devstack_folder: Path, postgres: PostgresServer, kafka: KafkaServer, issuer: IssuerServer
) -> AsyncIterator[Platform]:
    folder = devstack_folder / f"platform-{uuid4().hex[:8]}"
    async with running_platform(folder=folder, postgres=postgres, kafka=kafka, issuer=issuer) as running:
        yield running
