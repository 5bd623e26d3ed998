"""A relay whose database connection breaks in the midst of a statement goes on with another one."""

import asyncio

import asyncpg
import pytest
from forkant_contracts import TOPICS, Topic
from forkant_contracts.events.case import CaseAssessmentStarted
from forkant_devstack.testing.kafka_server import KafkaServer
from forkant_kit import relay as relay_module
from forkant_kit.db import new_id
from forkant_kit.outbox import append_events
from forkant_kit.relay import Relay, RelayConfig
from forkant_kit.testing import Stage, an_event, until

pytestmark = pytest.mark.kafka


@pytest.mark.parametrize(
    "error", [asyncpg.InternalClientError, asyncpg.InterfaceError, asyncpg.ConnectionDoesNotExistError]
)
async def test_a_relay_outlives_what_its_driver_says_of_a_dead_server(
    stage: Stage, kafka: KafkaServer, topic: Topic, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
):
    monkeypatch.setitem(TOPICS, topic.name, topic)
    monkeypatch.setattr(CaseAssessmentStarted, "TOPIC", topic.name)
    read_heads, failed = relay_module.read_heads, asyncio.Event()

    async def failing_once(*args, **options):
        if not failed.is_set():
            failed.set()
            raise error("the server is gone")
        return await read_heads(*args, **options)

    monkeypatch.setattr(relay_module, "read_heads", failing_once)
    relay = Relay(
        engine=stage.engine,
        database_url=stage.app_url,
        kafka_bootstrap=kafka.bootstrap,
        owner="relay-1",
        topics=[topic],
        config=RelayConfig(retry_s=0.05),
    )
    async with stage.engine.begin() as conn:
        await append_events(conn, [an_event(new_id(), 1)])
    stop = asyncio.Event()
    task = asyncio.create_task(relay.run(stop))

    async def published() -> bool:
        return task.done() or not await stage.fetch("SELECT 1 FROM outbox")

    await until(published, what="the outbox empty")
    stop.set()
    await asyncio.wait_for(task, 20)
    assert failed.is_set()
