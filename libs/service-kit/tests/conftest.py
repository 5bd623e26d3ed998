"""A database with the outbox, the consumer's tables and an audit trail."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from forkant_contracts import TOPICS, Topic
from forkant_contracts.events.case import CaseAssessmentStarted
from forkant_devstack.testing.kafka_server import KafkaServer
from forkant_devstack.testing.postgres_server import PostgresServer
from forkant_kit.audit.schema import AUDIT_DDL
from forkant_kit.consumer_schema import CONSUMER_DDL
from forkant_kit.db import create_engine
from forkant_kit.outbox_schema import OUTBOX_DDL, OUTBOX_RECORD_DDL
from forkant_kit.parked_schema import PARKED_ACTION_DDL
from forkant_kit.testing import Stage
from forkant_kit.watermark import WATERMARK_DDL


@pytest.fixture
async def stage(postgres: PostgresServer) -> AsyncIterator[Stage]:
    urls = await postgres.create_database("kit")
    owner = await asyncpg.connect(urls.owner_url)
    app_role = urls.app_url.split("://")[1].split(":")[0]
    for statement in (*OUTBOX_DDL, *OUTBOX_RECORD_DDL, *CONSUMER_DDL, *PARKED_ACTION_DDL, *WATERMARK_DDL, *AUDIT_DDL):
        await owner.execute(statement)
    await owner.execute("CREATE TABLE effect (aggregate_id uuid, version int, PRIMARY KEY (aggregate_id, version))")
    await owner.execute(f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "{app_role}"')
    await owner.close()
    engine = create_engine(urls.app_url, application_name="kit-test")
    found = Stage(engine, urls.app_url, urls.owner_url)
    yield found
    await found.close()
    await postgres.drop(urls)


@pytest.fixture
async def topic(kafka: KafkaServer) -> Topic:
    return await kafka.new_topic("kit", partitions=4)


@pytest.fixture
def registered(topic: Topic, monkeypatch: pytest.MonkeyPatch) -> Topic:
    """A topic of the test's own, which carries the test's events."""
    monkeypatch.setitem(TOPICS, topic.name, topic)
    monkeypatch.setattr(CaseAssessmentStarted, "TOPIC", topic.name)
    return topic
