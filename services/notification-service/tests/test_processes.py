"""The processes as they run in production: started with an environment, stopped by a signal, or killed."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from forkant_devstack.native.ports import free_ports
from forkant_devstack.testing.single import publish, refusal_to_start, running_process, stopped
from forkant_kit.testing import until
from notification_service.housekeeping import Retention, clean, measure
from standardwebhooks import Webhook


@pytest.fixture
def environment(stage, issuer, case_service) -> dict[str, str]:
    port, worker_port = free_ports(2)
    return {
        "FORKANT_ENV": "test",
        "FORKANT_DATABASE_URL": stage.app_url,
        "FORKANT_OIDC_ISSUER": issuer.url,
        "FORKANT_CASE_SERVICE_URL": case_service.url,
        "FORKANT_HTTP_PORT": str(port),
        "FORKANT_WORKER_PORT": str(worker_port),
        "FORKANT_WEBHOOK_ALLOW_LOOPBACK": "true",
        "FORKANT_WEBHOOK_TIMEOUT_SECONDS": "1.5",
        "FORKANT_WEBHOOK_LEASE_SECONDS": "3",
    }


def api_of(environment, folder):
    return running_process("notification_service.app", environment=environment, port="FORKANT_HTTP_PORT", folder=folder)


@pytest.fixture
def worker_of(migrated):
    def worker(environment, folder):
        return running_process(
            "notification_service.worker",
            environment={**environment, "FORKANT_DATABASE_URL": migrated.worker_url},
            port="FORKANT_WORKER_PORT",
            folder=folder,
        )

    return worker


async def test_open_inboxes_are_told_when_the_api_stops(environment, issuer, tmp_path):
    async with api_of(environment, tmp_path) as (url, process):
        async with (
            httpx.AsyncClient(base_url=url, timeout=15) as client,
            client.stream("GET", "/v1/inbox/stream", headers=issuer.headers("officer-oslo")) as response,
        ):
            lines = response.aiter_lines()
            assert await anext(lines) == "event: present"
            stopping = asyncio.create_task(stopped(process))
            rest = [line async for line in lines]
        assert rest[-3:] == ["event: end", 'data: {"reason":"shutting-down"}', ""]
        assert await stopping in (0, -15)
    assert "Traceback" not in "".join(file.read_text() for file in tmp_path.glob("*.log"))


@pytest.mark.kafka
async def test_an_event_on_kafka_reaches_the_inbox_and_a_webhook(  # noqa: PLR0917 - fixtures
    world, environment, kafka, receiver, issuer, tmp_path, worker_of
):
    environment |= {"FORKANT_KAFKA_BOOTSTRAP": kafka.bootstrap}
    async with (
        api_of(environment, tmp_path) as (api, api_process),
        worker_of(environment, tmp_path) as (worker, worker_process),
        httpx.AsyncClient(base_url=api, headers=issuer.headers("lead-oslo")) as lead,
    ):
        made = await lead.post(
            "/v1/endpoints", json={"url": f"{receiver.url}/hook"}, headers={"Idempotency-Key": str(uuid4())}
        )
        world.clock.moment = datetime.now(UTC)
        event = world.event("planned", uuid4())
        await publish(kafka.bootstrap, event)

        async def arrived() -> bool:
            return any(one.id == str(event.id) for one in receiver.received)

        await until(arrived, what="the webhook arrives")
        [got] = [one for one in receiver.received if one.id == str(event.id)]
        Webhook(made.json()["secret"]).verify(got.body, got.headers)
        inbox = (await lead.get("/v1/inbox")).json()["items"]
        assert str(event.aggregate_id) in [item["subject_id"] for item in inbox]
        async with httpx.AsyncClient(base_url=worker) as client:
            assert (await client.get("/health/live")).status_code == 200
            metrics = (await client.get("/metrics")).text
        assert 'forkant_webhook_attempts_total{outcome="delivered"}' in metrics
        assert await stopped(worker_process) == 0
        assert await stopped(api_process) in (0, -15)
    logs = "".join(file.read_text() for file in tmp_path.glob("*.log"))
    assert "Traceback" not in logs
    assert receiver.url not in logs
    assert made.json()["secret"] not in logs


@pytest.mark.kafka
@pytest.mark.faults
async def test_a_worker_killed_while_it_delivers_delivers_again_under_the_same_id(  # noqa: PLR0917 - fixtures
    world, environment, kafka, receiver, tmp_path, worker_of
):
    environment |= {"FORKANT_KAFKA_BOOTSTRAP": kafka.bootstrap}
    endpoint, _ = await world.endpoint(f"{receiver.url}/hook")
    released = asyncio.Event()

    async def hang(_):
        await released.wait()
        return 204, {}, b""

    receiver.replies["/hook"] = hang
    async with worker_of(environment, tmp_path) as (_, process):
        event = world.event("opened", uuid4())
        await world.happen(event)
        await asyncio.wait_for(receiver.arrived.wait(), 20)
        process.kill()
    receiver.answer("/hook", 204)
    released.set()

    async def of_the_event():
        # Other tests' events may lie on the topics and reach this endpoint too.
        return next(row for row in await world.deliveries(endpoint) if row["message_id"] == event.id)

    async def delivered() -> bool:
        return (await of_the_event())["status"] == "delivered"

    async with worker_of(environment, tmp_path) as (_, process):
        await until(delivered, what="the delivery is made again")
        assert await stopped(process) == 0
    assert [one.id for one in receiver.received].count(str(event.id)) == 2
    assert (await of_the_event())["attempts"] == 2


@pytest.mark.parametrize("module", ["app", "worker"])
async def test_a_wrong_environment_stops_the_start_and_says_what_is_wrong(module):
    code, errors = await refusal_to_start(
        f"notification_service.{module}",
        {"FORKANT_ENV": "production", "FORKANT_WEBHOOK_TIMEOUT_SECONDS": "soon"},
    )
    assert code == 78
    assert "FORKANT_DATABASE_URL" in errors
    assert "FORKANT_WEBHOOK_TIMEOUT_SECONDS" in errors


async def test_cleaning_removes_what_is_old_and_keeps_what_waits(world, receiver):
    endpoint, _ = await world.endpoint(f"{receiver.url}/hook")
    await world.happen(world.event("opened", uuid4()))
    await world.deliver()
    receiver.answer("/hook", 500)
    await world.happen(world.event("opened", uuid4()))
    await world.deliver()
    retention = Retention(entries=timedelta(days=90), deliveries=timedelta(days=90), letters=timedelta(days=90))
    await clean(world.stage.engine, retention, now=world.clock())
    assert (len(await world.entries()), len(await world.deliveries(endpoint))) == (2, 2)
    world.clock.advance(days=91)
    await clean(world.stage.engine, retention, now=world.clock())
    assert await world.entries() == []
    assert [row["status"] for row in await world.deliveries(endpoint)] == ["pending"]
    await measure(world.stage.engine, now=world.clock())
