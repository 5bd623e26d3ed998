"""A process that is told to stop ends within the time that the manifests give it, also where nothing lets it finish."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest_asyncio
from forkant_devstack.native.ports import free_ports
from forkant_devstack.testing.single import running_process, stopped
from notification_service.migrate import MIGRATIONS

from .manifests import OVERLAYS, needs_kubectl, of_kind

pytestmark = needs_kubectl


def time_to_drain(part: str) -> float:
    """Return for how many seconds a process may go on after the signal, in the overlay that gives the fewest."""
    least = []
    for overlay in OVERLAYS:
        for name, each in of_kind(overlay, "Deployment").items():
            if name.endswith(part):
                pod = each["spec"]["template"]["spec"]
                pause = pod["containers"][0].get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
                least.append(pod["terminationGracePeriodSeconds"] - pause)
    return float(min(least))


@pytest_asyncio.fixture
async def deaf() -> AsyncIterator[str]:
    """Give the address of a server that takes connections and never says anything."""
    hold: list[asyncio.StreamWriter] = []

    async def take(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hold.append(writer)

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    for writer in hold:
        writer.close()
    server.close()


@pytest_asyncio.fixture
async def environment(postgres, issuer, deaf) -> dict[str, str]:
    urls = await postgres.migrated_database("notification", MIGRATIONS)
    port, worker_port = free_ports(2)
    return {
        "PATH": os.environ["PATH"],
        "FORKANT_ENV": "test",
        "FORKANT_DATABASE_URL": urls.app_url,
        "WORKER_URL": urls.worker_url,
        "FORKANT_OIDC_ISSUER": issuer.url,
        "FORKANT_HTTP_PORT": str(port),
        "FORKANT_WORKER_PORT": str(worker_port),
        "FORKANT_KAFKA_BOOTSTRAP": deaf,
    }


async def test_an_api_whose_client_never_ends_its_request_ends_in_time(environment, issuer, tmp_path: Path):
    async with running_process(
        "notification_service.app", environment=environment, port="FORKANT_HTTP_PORT", folder=tmp_path
    ) as (url, process):
        reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
        headers = issuer.headers("lead-oslo") | {"Host": "api", "Content-Type": "application/json"}
        lines = [f"{name}: {value}" for name, value in (headers | {"Content-Length": "1000"}).items()]
        # A request in hand: its head is read, and of its body there is a beginning.
        writer.write(
            "\r\n".join(["POST /v1/endpoints HTTP/1.1", *lines, "Expect: 100-continue", "", '{"url":']).encode()
        )
        await writer.drain()
        assert b"100 Continue" in await asyncio.wait_for(reader.readline(), 30)
        within = time_to_drain("api")
        began = time.monotonic()
        await stopped(process, within_s=within)
        # What was in hand got its time; the rest is what closing takes.
        assert 5 < time.monotonic() - began < within
        writer.close()


async def test_a_worker_whose_kafka_says_nothing_ends_in_time(environment, tmp_path: Path):
    async with running_process(
        "notification_service.worker",
        environment={**environment, "FORKANT_DATABASE_URL": environment["WORKER_URL"]},
        port="FORKANT_WORKER_PORT",
        folder=tmp_path,
    ) as (_, process):
        assert await stopped(process, within_s=time_to_drain("worker")) == 0


def test_a_pod_is_given_more_than_one_that_finishes_in_time_needs():
    assert time_to_drain("api") > 10 + 5
    assert time_to_drain("worker") > 10 + 5
