"""Test fixtures for the platform's back ends; load with `pytest_plugins = ["forkant_devstack.pytest_plugin"]`."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from forkant_devstack.issuer.pytest_fixture import issuer
from forkant_devstack.testing.kafka_server import KafkaServer, start_native_kafka
from forkant_devstack.testing.postgres_server import PostgresServer, start_native_postgres
from forkant_devstack.testing.session_folder import session_folder

__all__ = ["devstack_folder", "issuer", "kafka", "postgres"]

_session_fixture = pytest_asyncio.fixture(scope="session", loop_scope="session")


@pytest.fixture(scope="session")
def devstack_folder() -> Iterator[Path]:
    """Give the folder that holds the data and logs of this session's servers."""
    with session_folder() as folder:
        yield folder


@_session_fixture
async def postgres(devstack_folder: Path) -> AsyncIterator[PostgresServer]:
    """Give a real PostgreSQL server, one for the session; every test makes its own database in it."""
    server = await start_native_postgres(devstack_folder)
    yield server
    await server.controls.stop()


@_session_fixture
async def kafka(devstack_folder: Path) -> AsyncIterator[KafkaServer]:
    """Give a broker with the registry's topics, one for the session; a test may make topics of its own."""
    server = await start_native_kafka(devstack_folder)
    yield server
    await server.controls.stop()
