"""The worker publishes what was committed, answers for its health, and keeps house."""

import asyncio
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx
import pytest
from aiokafka import AIOKafkaConsumer
from case_service import worker
from case_service.settings import CaseWorkerSettings
from case_service.store.objects import segment_name
from forkant_contracts import TOPICS, decode
from forkant_devstack.native.ports import free_ports
from forkant_kit.db import create_engine
from forkant_kit.settings import Environment
from forkant_kit.testing import until
from prometheus_client import REGISTRY
from pydantic import SecretStr, ValidationError

from .object_store import Prefix, opened, store_settings


@asynccontextmanager
async def working(service, bootstrap, **more):
    [port] = free_ports(1)
    settings = CaseWorkerSettings(
        env=Environment.TEST,
        database_url=SecretStr(service.worker_url),
        oidc_issuer=service.issuer.url,
        kafka_bootstrap=bootstrap,
        worker_port=port,
        **more,
    )
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(settings, stop))
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        stop.set()
        await asyncio.wait_for(running, 20)


@pytest.mark.kafka
async def test_the_events_of_a_case_come_on_kafka_in_order_and_the_outbox_empties(empty_service, kafka):
    officer, lead = empty_service.person("officer-oslo"), empty_service.person("lead-oslo")
    case = await officer.open()
    await case.active(lead)

    async def published() -> bool:
        return not await empty_service.fetch("SELECT 1 FROM outbox LIMIT 1")

    async with working(empty_service, kafka.bootstrap) as url:
        await until(published, what="the outbox is empty")
        async with httpx.AsyncClient(base_url=url) as client:
            assert (await client.get("/health/live")).status_code == 200
            assert (await client.get("/health/ready")).status_code == 200
            assert "forkant_" in (await client.get("/metrics")).text
    count = len(await empty_service.events(case.id, tasks=True))
    assert await read(kafka, case.id, count=count) == list(range(1, count + 1))


@pytest.mark.kafka
async def test_the_worker_deletes_what_is_queued_and_is_ready_while_the_store_is(empty_service, kafka, object_server):
    prefix = Prefix(object_server)
    case, name = await empty_service.person("officer-oslo").open(), uuid4()
    await opened(prefix).put(segment_name(name, 0), b"sealed")
    await empty_service.fetch("INSERT INTO object_deletion (object_name, case_id) VALUES ($1, $2)", name, case.id)

    async def deleted() -> bool:
        return prefix.names() == set()

    async with working(empty_service, kafka.bootstrap, **store_settings(prefix)) as url:
        await until(deleted, what="the queued object is deleted")
        async with httpx.AsyncClient(base_url=url) as client:
            assert (await client.get("/health/ready")).json()["checks"]["attachment_store"] == "ok"
            assert "forkant_objects_to_delete" in (await client.get("/metrics")).text


async def read(kafka, case_id, *, count):
    """Return the versions of a case's events as they stand on Kafka."""
    consumer = AIOKafkaConsumer(*TOPICS, bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    versions = []
    try:
        async with asyncio.timeout(30):
            while len(versions) < count:
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    events = [decode(record.headers, record.value) for record in records]
                    versions += [event.aggregate_version for event in events if str(event.aggregate_id) == case_id]
    finally:
        await consumer.stop()
    return versions


async def test_chores_prepare_the_archive_and_remove_old_keys(empty_service):
    officer = empty_service.person("officer-oslo")
    await officer.open()
    await empty_service.fetch("UPDATE idempotency_key SET created_at = now() - interval '25 hours'")
    engine = create_engine(empty_service.worker_url, application_name="test")
    settings = CaseWorkerSettings(
        env=Environment.TEST,
        database_url=SecretStr(empty_service.worker_url),
        oidc_issuer=empty_service.issuer.url,
        archive_keep_months=25,
    )
    try:
        for chore in worker.chores(settings, engine).values():
            await chore()
    finally:
        await engine.dispose()
    counts = await empty_service.row_counts()
    assert counts["idempotency_key"] == 0
    [row] = await empty_service.fetch(
        "SELECT count(*) AS n FROM pg_inherits WHERE inhparent = 'event_archive'::regclass"
    )
    assert row["n"] == 5
    assert REGISTRY.get_sample_value("forkant_archive_months") == 4


async def test_the_archive_keeps_everything_unless_told_otherwise(empty_service):
    settings = CaseWorkerSettings(
        env=Environment.TEST, database_url=SecretStr(empty_service.worker_url), oidc_issuer=empty_service.issuer.url
    )
    assert "drop_old_months" not in worker.chores(settings, engine=None)


def test_fewer_months_than_a_correction_needs_are_refused():
    with pytest.raises(ValidationError, match="archive_keep_months"):
        CaseWorkerSettings(
            env=Environment.TEST,
            database_url=SecretStr("postgresql://x"),
            oidc_issuer="http://issuer",
            archive_keep_months=24,
        )
