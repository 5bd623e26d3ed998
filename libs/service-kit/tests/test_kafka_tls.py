"""Over TLS to a real Kafka that lets nobody in without a certificate: events flow, and nobody else is believed."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
from aiokafka.admin import NewTopic
from aiokafka.errors import KafkaError
from forkant_contracts import TOPICS, Event, Topic
from forkant_contracts.events.case import CaseAssessmentStarted
from forkant_devstack.native import kafka
from forkant_devstack.testing.authority import Authority
from forkant_devstack.testing.secure_kafka import SecureKafka
from forkant_kit.consumer import EventConsumer
from forkant_kit.consumer_client import ConsumerConfig
from forkant_kit.freshness import read_freshness
from forkant_kit.kafka_tls import KafkaSettings, KafkaTls, kafka_tls
from forkant_kit.outbox import append_events
from forkant_kit.producer import DiscardingProducer
from forkant_kit.relay import Relay
from forkant_kit.testing import Stage, an_event, until
from forkant_kit.watermark import WatermarkPublisher
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

INSERT = text("INSERT INTO effect (aggregate_id, version) VALUES (:a, :v)")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def secure(tmp_path_factory) -> AsyncIterator[SecureKafka]:
    try:
        server = SecureKafka(tmp_path_factory.mktemp("secure"))
    except kafka.KafkaUnavailableError as error:
        pytest.skip(f"no Apache Kafka can be started here: {error.message}")
    await server.controls.start()
    yield server
    await server.controls.remove()


@pytest.fixture
async def own_topic(secure: SecureKafka, monkeypatch: pytest.MonkeyPatch) -> Topic:
    known = TOPICS["forkant.case.v1"]
    producer = f"producer-{uuid4().hex.translate(str.maketrans('0123456789', 'ghijklmnop'))[:8]}"
    topic = replace(known, name=f"kit.{uuid4().hex[:8]}", partitions=2, producer=producer, consumers=())
    async with secure.admin(secure.tls) as admin:
        await admin.create_topics([NewTopic(topic.name, num_partitions=2, replication_factor=1)])
    monkeypatch.setitem(TOPICS, topic.name, topic)
    monkeypatch.setattr(CaseAssessmentStarted, "TOPIC", topic.name)
    return topic


async def test_events_and_watermarks_go_over_tls(stage: Stage, secure: SecureKafka, own_topic: Topic):
    async def apply(conn: AsyncConnection, events: Sequence[Event]) -> None:
        for event in events:
            await conn.execute(INSERT, {"a": event.aggregate_id, "v": event.aggregate_version})

    async def all_is_read() -> bool:
        count = (await stage.fetch("SELECT count(*) AS n FROM effect"))[0]["n"]
        async with stage.engine.connect() as conn:
            fresh = await read_freshness(conn, group="readers", reports_every_s=1.0)
        return count == 5 and fresh.watermark is not None and fresh.seconds_behind == 0

    reached = {"engine": stage.engine, "kafka_bootstrap": secure.bootstrap, "kafka_tls": secure.tls}
    parts = (
        Relay(database_url=stage.app_url, owner="relay", topics=[own_topic], **reached),
        WatermarkPublisher(service=own_topic.producer, topics=[own_topic], every_s=0.1, **reached),
        EventConsumer(
            group="readers",
            topics=[own_topic.name],
            apply=apply,
            config=ConsumerConfig(observe_every_s=0.1, poll_s=0.1),
            **reached,
        ),
    )
    stop = asyncio.Event()
    tasks = [asyncio.create_task(part.run(stop)) for part in parts]
    try:
        async with stage.engine.begin() as conn:
            events = [an_event(uuid4(), 1) for _ in range(5)]
            source = {"source": f"/{own_topic.producer}"}
            await append_events(conn, [event.model_copy(update=source) for event in events])
        await until(all_is_read, what="five events read, and the freshness proven")
    finally:
        stop.set()
        await asyncio.wait_for(asyncio.gather(*tasks), 20)


async def test_who_has_no_certificate_is_let_in_nowhere(secure: SecureKafka):
    for tls in (KafkaTls(ca_file=secure.authority.file), None):
        with pytest.raises(KafkaError):
            async with secure.admin(tls):
                pass


async def test_a_certificate_of_another_authority_is_not_let_in(secure: SecureKafka, tmp_path: Path):
    certificate, key = Authority(tmp_path, "stranger").issue("case-service")
    with pytest.raises(KafkaError):
        async with secure.admin(replace(secure.tls, certificate_file=certificate, key_file=key)):
            pass


async def test_a_broker_of_another_authority_or_name_is_not_believed(secure: SecureKafka, tmp_path: Path):
    with pytest.raises(KafkaError):
        async with secure.admin(replace(secure.tls, ca_file=Authority(tmp_path, "stranger").file)):
            pass
    with pytest.raises(KafkaError):
        async with secure.admin(secure.tls, host="localhost"):
            pass


async def test_a_renewed_certificate_is_taken_up_by_the_next_client(secure: SecureKafka, tmp_path: Path):
    certificate, key = Authority(tmp_path, "stranger").issue("renewed")
    tls = replace(secure.tls, certificate_file=certificate, key_file=key)
    producer = DiscardingProducer(bootstrap=secure.bootstrap, client_id="test", batch_bytes=1024, tls=tls)
    with pytest.raises(KafkaError):
        async with producer.use():
            pass
    good = secure.authority.issue("renewed")
    certificate.write_bytes(good[0].read_bytes())
    key.write_bytes(good[1].read_bytes())
    async with producer.use():
        pass
    await producer.close()


GOOD = {"database_url": "postgresql://db/x", "oidc_issuer": "https://issuer.example", "cursor_secret": "x" * 32}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    authority = Authority(tmp_path, "authority")
    certificate, key = authority.issue("worker")
    return {"ca": authority.file, "certificate": certificate, "key": key, "none": tmp_path / "none"}


def test_production_speaks_to_kafka_over_tls_alone(files: dict[str, Path]):
    with pytest.raises(ValidationError, match="kafka_ca_file must be set in production"):
        KafkaSettings(**GOOD)
    assert kafka_tls(KafkaSettings(**GOOD, env="dev")) is None
    settings = KafkaSettings(**GOOD, kafka_ca_file=files["ca"])
    assert kafka_tls(settings) == KafkaTls(ca_file=files["ca"])


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"ca": "none"}, "Path does not point to a file"),
        ({"ca": "ca", "certificate": "certificate"}, "must be set together"),
        ({"ca": "ca", "key": "key"}, "must be set together"),
        ({"certificate": "certificate", "key": "key"}, "kafka_ca_file must be set with"),
        ({"ca": "key"}, "can't be used: SSLError"),
        ({"ca": "ca", "certificate": "ca", "key": "key"}, "can't be used: SSLError"),
    ],
)
def test_files_that_can_not_be_used_stop_the_start(files: dict[str, Path], given: dict[str, str], told: str):
    settings = {f"kafka_{name}_file": files[file] for name, file in given.items()}
    with pytest.raises(ValidationError, match=told):
        KafkaSettings(**GOOD, env="dev", **settings)
