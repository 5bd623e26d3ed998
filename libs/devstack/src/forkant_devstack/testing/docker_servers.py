"""The same servers in containers, through testcontainers, which removes them when the test run is gone."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.container import DockerContainer

from forkant_devstack.native.databases import answers, close_shared_databases
from forkant_devstack.native.kafka.storage import SETTINGS
from forkant_devstack.native.ports import free_ports
from forkant_devstack.native.postgres import INITDB_LOCALE
from forkant_devstack.native.topics import broker_answers
from forkant_devstack.process import DevstackError, Probe
from forkant_devstack.testing.controls import Controls
from forkant_devstack.testing.docker_engine import KAFKA_IMAGE, POSTGRES_IMAGE
from forkant_devstack.testing.kafka_server import KafkaServer, with_registry_topics
from forkant_devstack.testing.postgres_server import PostgresServer

_READY_DEADLINE_S = 60.0
_POLL_S = 0.1
_LAST_LINES = 20
# A busy disk takes longer than the client's default of 60 s to delete the databases of a whole run.
_ENGINE = {"timeout": 600}
_POSTGRES_PORT = 5432
_KAFKA_PORT = 9092
_START_SCRIPT = "/tmp/forkant-start.sh"  # noqa: S108  inside the container


async def start_docker_postgres() -> PostgresServer:
    """Start PostgreSQL in a container, at a port of ours so that it keeps it over a restart."""
    [port] = free_ports(1)
    container = (
        PostgresContainer(
            POSTGRES_IMAGE,
            username="postgres",
            password="test",  # noqa: S106
            dbname="postgres",
            driver=None,
            docker_client_kw=_ENGINE,
        )
        .with_bind_ports(_POSTGRES_PORT, port)
        .with_env("POSTGRES_INITDB_ARGS", INITDB_LOCALE)
        .with_command("postgres -c fsync=off -c full_page_writes=off -c max_connections=120 -c timezone=UTC")
    )
    async with _removed_if_it_fails(container):
        await asyncio.to_thread(container.start)
        host, mapped = _address(container, _POSTGRES_PORT)
        admin_url = f"postgresql://postgres:test@{host}:{mapped}/postgres"
        controls = _controls(container, ready=lambda: answers(admin_url))
        await _until(lambda: answers(admin_url), what=POSTGRES_IMAGE)
        await close_shared_databases(admin_url)
        return PostgresServer(admin_url=admin_url, controls=controls)


async def start_docker_kafka() -> KafkaServer:
    """Start Kafka in a container that waits to be told the address at which clients see it."""
    [port] = free_ports(1)
    container = DockerContainer(KAFKA_IMAGE, docker_client_kw=_ENGINE).with_bind_ports(_KAFKA_PORT, port)
    container.with_envs(**kafka_environment())
    container.with_command(["sh", "-c", f"while [ ! -x {_START_SCRIPT} ]; do sleep 0.1; done; exec {_START_SCRIPT}"])
    async with _removed_if_it_fails(container):
        await asyncio.to_thread(container.start)
        host, mapped = _address(container, _KAFKA_PORT)
        bootstrap = f"{host}:{mapped}"
        script = f"#!/bin/sh\nexport KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://{bootstrap}\nexec /etc/kafka/docker/run\n"
        await asyncio.to_thread(container.copy_into_container, script.encode(), _START_SCRIPT, 0o755)
        controls = _controls(container, ready=lambda: broker_answers(bootstrap))
        await _until(lambda: broker_answers(bootstrap), what=KAFKA_IMAGE)
        return await with_registry_topics(bootstrap, backend="docker", controls=controls)


def kafka_environment() -> dict[str, str]:
    """Give the settings of the native broker, with listeners for a container, as the image's variables."""
    settings = SETTINGS | {
        "listeners": f"PLAINTEXT://:{_KAFKA_PORT},CONTROLLER://localhost:9093",
        "controller.quorum.voters": "1@localhost:9093",
    }
    return {f"KAFKA_{key.replace('.', '_').upper()}": value for key, value in settings.items()}


@asynccontextmanager
async def _removed_if_it_fails(container: DockerContainer) -> AsyncIterator[None]:
    """Remove a container that does not come up, after its last words; testcontainers' own reaper may be off."""
    try:
        yield
    except BaseException:
        wrapped = container.get_wrapped_container()
        if wrapped is not None:
            print(wrapped.logs(tail=_LAST_LINES).decode(errors="replace"), file=sys.stderr)
            await asyncio.to_thread(container.stop)
        raise


def _controls(container: DockerContainer, *, ready: Probe) -> Controls:
    async def kill() -> None:
        await asyncio.to_thread(container.get_wrapped_container().kill)

    async def start() -> None:
        await asyncio.to_thread(container.get_wrapped_container().start)
        await _until(ready, what=container.image)

    async def stop() -> None:
        await asyncio.to_thread(container.get_wrapped_container().stop)

    async def remove() -> None:
        await asyncio.to_thread(container.stop)

    return Controls(kill=kill, start=start, stop=stop, remove=remove)


async def _until(ready: Probe, *, what: str) -> None:
    deadline = time.monotonic() + _READY_DEADLINE_S
    while not await ready():
        if time.monotonic() > deadline:
            raise DevstackError(f"the container of {what} was not ready after {_READY_DEADLINE_S:.0f} s")
        await asyncio.sleep(_POLL_S)


def _address(container: DockerContainer, port: int) -> tuple[str, int]:
    """Give the host and port of a container as seen from here; `localhost` may mean ::1, where nothing listens."""
    host = container.get_container_host_ip()
    return ("127.0.0.1" if host == "localhost" else host), container.get_exposed_port(port)
