"""The two processes as they run in production: started with an environment, stopped by a signal."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from aiokafka import AIOKafkaProducer
from forkant_contracts import encode
from forkant_devstack.native import children
from forkant_devstack.native.ports import free_ports
from forkant_devstack.process import ProcessSpec
from forkant_kit.testing import until
from indicator_service.store import load_cases


@pytest.fixture
def environment(database, issuer):
    port, worker_port = free_ports(2)
    return {
        "FORKANT_ENV": "test",
        "FORKANT_DATABASE_URL": database.app_url,
        "FORKANT_OIDC_ISSUER": issuer.url,
        "FORKANT_HTTP_PORT": str(port),
        "FORKANT_WORKER_PORT": str(worker_port),
    }


@asynccontextmanager
async def running(module: str, environment: dict[str, str], port: str, folder: Path):
    url = f"http://127.0.0.1:{environment[port]}"
    spec = ProcessSpec(
        name=module,
        argv=(sys.executable, "-m", f"indicator_service.{module}"),
        env=environment,
        cwd=folder,
        ready=answers(f"{url}/health/ready"),
        ready_deadline_s=30,
    )
    child = await children.start(spec, log=folder / f"{module}.log")
    try:
        yield url, child.process
    finally:
        await children.kill(child)


def answers(url: str) -> Callable[[], Awaitable[bool]]:
    async def ask() -> bool:
        try:
            async with httpx.AsyncClient() as client:
                return (await client.get(url)).status_code == 200
        except httpx.TransportError:
            return False

    return ask


async def stopped(process) -> int:
    process.terminate()
    return await asyncio.to_thread(process.wait, 10)


async def test_open_streams_are_told_when_the_api_stops(environment, issuer, tmp_path):
    async with running("app", environment, "FORKANT_HTTP_PORT", tmp_path) as (url, process):
        async with (
            httpx.AsyncClient(base_url=url, timeout=15) as client,
            client.stream("GET", "/v1/stream?units=oslo", headers=issuer.headers("officer-oslo")) as response,
        ):
            lines = response.aiter_lines()
            assert await anext(lines) == "id: 0"
            stopping = asyncio.create_task(stopped(process))
            rest = [line async for line in lines]
        assert 'data: {"reason":"shutting-down"}' in rest
        assert await stopping in (0, -15)


@pytest.mark.kafka
async def test_the_worker_projects_what_is_on_kafka_and_stops_in_order(environment, kafka, engine, new_case, tmp_path):
    case = new_case()
    case.opened()
    case.closed(after=timedelta(days=1))
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
    await producer.start()
    for event in case.events:
        message = encode(event)
        await producer.send_and_wait(event.topic, message.value, key=message.key, headers=message.headers)
    await producer.stop()

    async def projected() -> bool:
        async with engine.connect() as conn:
            facts = await load_cases(conn, [case.id])
        return case.id in facts and facts[case.id].version == 2

    environment |= {"FORKANT_KAFKA_BOOTSTRAP": kafka.bootstrap}
    async with running("worker", environment, "FORKANT_WORKER_PORT", tmp_path) as (url, process):
        await until(projected, what="the case to be projected")
        async with httpx.AsyncClient(base_url=url) as client:
            assert (await client.get("/health/live")).status_code == 200
            assert "forkant_consumer" in (await client.get("/metrics")).text
        assert await stopped(process) == 0


@pytest.mark.parametrize("module", ["app", "worker"])
async def test_a_wrong_environment_stops_the_start_and_says_what_is_wrong(module, tmp_path):
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        f"indicator_service.{module}",
        env={"FORKANT_ENV": "test", "FORKANT_STREAM_POLL_SECONDS": "soon"},
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await process.communicate()
    assert process.returncode == 78
    assert b"FORKANT_DATABASE_URL" in errors
    assert b"FORKANT_STREAM_POLL_SECONDS" in errors
