"""A platform for each fault, since its processes are killed."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from forkant_contracts import EVENT_TYPES, TOPICS
from forkant_devstack.issuer.pytest_fixture import IssuerServer
from forkant_devstack.testing.kafka_server import KafkaServer
from forkant_devstack.testing.platform import Platform, running_platform
from forkant_devstack.testing.postgres_server import PostgresServer


@pytest.fixture(autouse=True)
def registry_as_it_was() -> Iterator[None]:
    """What a laboratory makes its own in this process must not reach the tests after it."""
    topics, carriers = dict(TOPICS), {name: model.TOPIC for name, model in EVENT_TYPES.items()}
    yield
    assert topics == TOPICS
    assert carriers == {name: model.TOPIC for name, model in EVENT_TYPES.items()}


@pytest.fixture
async def platform(
    devstack_folder: Path, postgres: PostgresServer, kafka: KafkaServer, issuer: IssuerServer
) -> AsyncIterator[Platform]:
    folder = devstack_folder / f"platform-{uuid4().hex[:8]}"
    async with running_platform(folder=folder, postgres=postgres, kafka=kafka, issuer=issuer) as running:
        yield running
