"""Test fixtures for the platform's back ends; load with `pytest_plugins = ["forkant_devstack.pytest_plugin"]`.

FORKANT_TEST_BACKEND chooses between `docker`, `native`, `embedded` and `auto`; the run's header says what was taken.
"""

import asyncio
import dataclasses
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from forkant_devstack.issuer.pytest_fixture import issuer
from forkant_devstack.native.kafka import KafkaUnavailableError, java_command
from forkant_devstack.native.object_store.jars import ensure_jars
from forkant_devstack.process import DevstackError
from forkant_devstack.testing.choice import AUTO, VARIABLE, Backend, Choice, choose, native_kafka_obstacle
from forkant_devstack.testing.docker_engine import docker_obstacle
from forkant_devstack.testing.kafka_server import KafkaServer, start_embedded_kafka, start_native_kafka
from forkant_devstack.testing.object_server import ObjectServer, start_object_server
from forkant_devstack.testing.postgres_server import PostgresServer, start_native_postgres
from forkant_devstack.testing.session_folder import session_folder

__all__ = ["database_folder", "devstack_folder", "issuer", "kafka", "object_server", "postgres"]

_CHOICE = pytest.StashKey[Choice]()

_session_fixture = pytest_asyncio.fixture(scope="session", loop_scope="session")


def pytest_report_header(config: pytest.Config) -> str:
    """Say which back ends this run uses and why."""
    return f"back ends: {_choice(config)}"


def pytest_collection_finish(session: pytest.Session) -> None:
    """Fill Kafka's cache before the first test, whose time limit a download would eat; fall back here if need be."""
    wanted = any("kafka" in getattr(item, "fixturenames", ()) for item in session.items)
    if wanted and not session.config.option.collectonly:
        _prepare_kafka(session.config)
    if any("object_server" in getattr(item, "fixturenames", ()) for item in session.items):
        _prepare_object_store(session.config)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config) -> None:
    """Do so before several workers start, of which none shows its progress."""
    _prepare_kafka(config)
    _prepare_object_store(config)
    if _choice(config).kafka is Backend.EMBEDDED:
        os.environ[VARIABLE] = Backend.EMBEDDED  # the workers don't ask again


def _prepare_kafka(config: pytest.Config) -> None:
    if _choice(config).kafka is not Backend.NATIVE:
        return
    terminal = config.get_terminal_writer()
    try:
        java_command(progress=lambda text: terminal.line(f"kafka: {text}"))
    except KafkaUnavailableError as error:
        if not _choice(config).automatic:
            raise pytest.UsageError(f"{error.message}\n{error.hint}") from error
        terminal.line(f"kafka: {error.message}; the embedded broker stands in, which is not Kafka")
        config.stash[_CHOICE] = dataclasses.replace(_choice(config), kafka=Backend.EMBEDDED, reason=error.message)
    except DevstackError as error:
        raise pytest.UsageError(f"{error.message}\n{error.hint}") from error


def _prepare_object_store(config: pytest.Config) -> None:
    """Fill its cache; where there is neither Java nor Maven, its tests are skipped and say so."""
    if native_kafka_obstacle() is not None or config.option.collectonly:
        return
    terminal = config.get_terminal_writer()
    try:
        ensure_jars(install=True, progress=lambda text: terminal.line(f"object store: {text}"))
    except KafkaUnavailableError as error:
        terminal.line(f"object store: {error.message}; its tests are skipped")
    except DevstackError as error:
        raise pytest.UsageError(f"{error.message}\n{error.hint}") from error


@pytest.fixture(scope="session")
def devstack_folder() -> Iterator[Path]:
    """Give the folder that holds the data and logs of this session's servers."""
    with session_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def database_folder() -> Iterator[Path]:
    """Give the folder that holds this session's databases."""
    with session_folder(in_memory=True) as folder:
        yield folder


@_session_fixture
async def postgres(pytestconfig: pytest.Config, database_folder: Path) -> AsyncIterator[PostgresServer]:
    """Give a real PostgreSQL server, one for the session; every test makes its own database in it."""
    if _choice(pytestconfig).postgres is Backend.DOCKER:
        from forkant_devstack.testing.docker_servers import start_docker_postgres

        server = await start_docker_postgres()
    else:
        server = await start_native_postgres(database_folder)
    yield server
    await server.controls.remove()


@_session_fixture
async def kafka(pytestconfig: pytest.Config, devstack_folder: Path) -> AsyncIterator[KafkaServer]:
    """Give a broker with the registry's topics, one for the session; a test may make topics of its own."""
    async with running_kafka(pytestconfig, devstack_folder) as server:
        yield server


@_session_fixture
async def object_server(devstack_folder: Path) -> AsyncIterator[ObjectServer]:
    """Give a real S3 server with one bucket, one for the session; a test keeps apart by its prefix."""
    obstacle = native_kafka_obstacle()
    if obstacle is not None:
        pytest.skip(f"no S3 server can be had: {obstacle}")
    try:
        server = await start_object_server(devstack_folder / "object-store")
    except KafkaUnavailableError as error:
        pytest.skip(f"no S3 server can be had: {error.message}")
    yield server
    await server.controls.remove()


@asynccontextmanager
async def running_kafka(config: pytest.Config, folder: Path) -> AsyncIterator[KafkaServer]:
    """Run a broker of the kind that the run chose, with its data in `folder`.

    A platform that outlives one test needs its own: another's would be read from the beginning, and consumer groups are
    named after the services, so that two platforms on one broker take each other's events.
    """
    await asyncio.to_thread(folder.mkdir, exist_ok=True)
    server = await _start_kafka(_choice(config).kafka, folder)
    try:
        yield server
    finally:
        await server.controls.remove()


async def _start_kafka(backend: Backend, folder: Path) -> KafkaServer:
    match backend:
        case Backend.DOCKER:
            from forkant_devstack.testing.docker_servers import start_docker_kafka

            return await start_docker_kafka()
        case Backend.NATIVE:
            return await start_native_kafka(folder)
        case Backend.EMBEDDED:
            return await start_embedded_kafka(folder)


def _choice(config: pytest.Config) -> Choice:
    if _CHOICE not in config.stash:
        try:
            config.stash[_CHOICE] = choose(
                os.environ.get(VARIABLE) or AUTO,
                docker_obstacle=docker_obstacle,
                kafka_obstacle=native_kafka_obstacle,
            )
        except DevstackError as error:
            raise pytest.UsageError(f"{error.message}: {error.hint}") from error
    return config.stash[_CHOICE]
