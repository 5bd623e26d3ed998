"""The two processes as they run in production: started with an environment, stopped by a signal."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from forkant_devstack.native.ports import free_ports
from forkant_devstack.testing.single import publish, refusal_to_start, running_process, stopped
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


@pytest.fixture
def worker_environment(environment, database, kafka):
    return environment | {"FORKANT_DATABASE_URL": database.worker_url, "FORKANT_KAFKA_BOOTSTRAP": kafka.bootstrap}


async def test_open_streams_are_told_when_the_api_stops(environment, issuer, tmp_path):
    async with running_process(
        "indicator_service.app", environment=environment, port="FORKANT_HTTP_PORT", folder=tmp_path
    ) as (url, process):
        async with (
            httpx.AsyncClient(base_url=url, timeout=15) as client,
            client.stream("GET", "/v1/stream?units=oslo", headers=issuer.headers("officer-oslo")) as response,
        ):
            lines = response.aiter_lines()
            assert (await anext(lines)).endswith("/0")
            stopping = asyncio.create_task(stopped(process))
            rest = [line async for line in lines]
        assert 'data: {"reason":"shutting-down"}' in rest
        assert await stopping in (0, -15)


@pytest.mark.kafka
async def test_the_worker_projects_what_is_on_kafka_and_stops_in_order(
    worker_environment, kafka, engine, new_case, tmp_path
):
    case = new_case()
    case.opened()
    case.closed(after=timedelta(days=1))
    await publish(kafka.bootstrap, *case.events)

    async def projected() -> bool:
        async with engine.connect() as conn:
            facts = await load_cases(conn, [case.id], generation=1)
        return case.id in facts and facts[case.id].version == 2

    async with running_process(
        "indicator_service.worker", environment=worker_environment, port="FORKANT_WORKER_PORT", folder=tmp_path
    ) as (url, process):
        await until(projected, what="the case to be projected")
        async with httpx.AsyncClient(base_url=url) as client:
            assert (await client.get("/health/live")).status_code == 200
            assert "forkant_consumer" in (await client.get("/metrics")).text
        assert await stopped(process) == 0


@pytest.mark.parametrize(
    ("module", "setting"), [("app", "FORKANT_STREAM_POLL_SECONDS"), ("worker", "FORKANT_AUDIT_SEAL_EVERY_S")]
)
async def test_a_wrong_environment_stops_the_start_and_says_what_is_wrong(module, setting):
    code, errors = await refusal_to_start(f"indicator_service.{module}", {"FORKANT_ENV": "test", setting: "soon"})
    assert code == 78
    assert "FORKANT_DATABASE_URL" in errors
    assert setting in errors
