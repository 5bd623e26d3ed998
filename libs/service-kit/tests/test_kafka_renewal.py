"""Certificates of a real Kafka are renewed, and its authority is replaced, while a worker's parts run: no event is lost."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from aiokafka.admin import NewTopic
from aiokafka.errors import KafkaError
from forkant_contracts import TOPICS, Event, Topic
from forkant_contracts.events.case import CaseAssessmentStarted
from forkant_devstack.native import kafka
from forkant_devstack.native.ports import LOOPBACK
from forkant_devstack.testing.authority import LIFETIME, Authority
from forkant_devstack.testing.secure_kafka import SecureKafka
from forkant_kit.consumer import EventConsumer
from forkant_kit.consumer_client import ConsumerConfig
from forkant_kit.freshness import read_freshness
from forkant_kit.kafka_tls import KafkaTls
from forkant_kit.outbox import append_events
from forkant_kit.relay import Relay
from forkant_kit.server_certificates import see_brokers
from forkant_kit.testing import Stage, an_event, until
from forkant_kit.watermark import WatermarkPublisher
from prometheus_client import REGISTRY
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

INSERT = text("INSERT INTO effect (aggregate_id, version) VALUES (:a, :v)")
PRODUCER = "producer-of-renewals"


class MountedSecret:
    """A folder as Kubernetes mounts a secret: all its files change at once, by a link that is moved."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder, self._count = folder, 0
        self.tls = KafkaTls(
            ca_file=folder / "ca.crt", certificate_file=folder / "user.crt", key_file=folder / "user.key"
        )

    def write(self, *, believed: Sequence[Authority], issuer: Authority) -> KafkaTls:
        """Replace what is there; return how to be who was written, whatever comes later."""
        self._count += 1
        version = self.folder / f"..{self._count}"
        version.mkdir()
        certificate, key = issuer.issue("case-service")
        contents = {
            "ca.crt": b"".join(each.file.read_bytes() for each in believed),
            "user.crt": certificate.read_bytes(),
            "user.key": key.read_bytes(),
        }
        for name, content in contents.items():
            (version / name).write_bytes(content)
            if not (self.folder / name).is_symlink():
                (self.folder / name).symlink_to(Path("..data") / name)
        (self.folder / "..new").symlink_to(version.name)
        (self.folder / "..new").replace(self.folder / "..data")
        return KafkaTls(
            ca_file=version / "ca.crt", certificate_file=version / "user.crt", key_file=version / "user.key"
        )


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[SecureKafka]:
    try:
        found = SecureKafka(tmp_path)
    except kafka.KafkaUnavailableError as error:
        pytest.skip(f"no Apache Kafka can be started here: {error.message}")
    await found.controls.start()
    yield found
    await found.controls.remove()


@pytest.fixture
async def own_topic(server: SecureKafka, monkeypatch: pytest.MonkeyPatch) -> Topic:
    topic = replace(
        TOPICS["forkant.case.v1"], name=f"kit.{uuid4().hex[:8]}", partitions=2, producer=PRODUCER, consumers=()
    )
    async with server.admin(server.tls) as admin:
        await admin.create_topics([NewTopic(topic.name, num_partitions=2, replication_factor=1)])
    monkeypatch.setitem(TOPICS, topic.name, topic)
    monkeypatch.setattr(CaseAssessmentStarted, "TOPIC", topic.name)
    return topic


@asynccontextmanager
async def running(stage: Stage, server: SecureKafka, topic: Topic, tls: KafkaTls) -> AsyncIterator[None]:
    async def apply(conn: AsyncConnection, events: Sequence[Event]) -> None:
        for event in events:
            await conn.execute(INSERT, {"a": event.aggregate_id, "v": event.aggregate_version})

    reached = {"engine": stage.engine, "kafka_bootstrap": server.bootstrap, "kafka_tls": tls}
    config = ConsumerConfig(observe_every_s=0.1, poll_s=0.1)
    parts = (
        Relay(database_url=stage.app_url, owner="relay", topics=[topic], **reached),
        WatermarkPublisher(service=topic.producer, topics=[topic], every_s=0.1, **reached),
        EventConsumer(group="readers", topics=[topic.name], apply=apply, config=config, **reached),
    )
    stop = asyncio.Event()
    tasks = [asyncio.create_task(part.run(stop)) for part in parts]
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(asyncio.gather(*tasks), 30)


async def append(stage: Stage, cases: Sequence[UUID], version: int) -> None:
    async with stage.engine.begin() as conn:
        events = [an_event(case, version) for case in cases]
        await append_events(conn, [event.model_copy(update={"source": f"/{PRODUCER}"}) for event in events])


async def read_up_to(stage: Stage, cases: Sequence[UUID], version: int) -> None:
    """Await that each case has come once in each version, in order, and that nothing waits."""
    expected = {case: list(range(1, version + 1)) for case in cases}

    async def has_come() -> bool:
        rows = await stage.fetch("SELECT aggregate_id, version FROM effect ORDER BY version")
        found = {case: [row["version"] for row in rows if row["aggregate_id"] == case] for case in cases}
        async with stage.engine.connect() as conn:
            fresh = await read_freshness(conn, group="readers", reports_every_s=1.0)
        return found == expected and fresh.watermark is not None and fresh.seconds_behind == 0

    await until(has_come, what=f"version {version} of every case, and the freshness proven")


async def test_an_authority_is_replaced_by_an_overlap_while_the_worker_runs(
    stage: Stage, server: SecureKafka, own_topic: Topic, tmp_path: Path
):
    secret, new, cases = MountedSecret(tmp_path / "secret"), Authority(tmp_path, "new-authority"), [uuid4(), uuid4()]
    first = secret.write(believed=[server.authority], issuer=server.authority)
    async with running(stage, server, own_topic, secret.tls):
        await append(stage, cases, 1)
        await read_up_to(stage, cases, 1)

        # The client is renewed first, as an operator does, and the broker then knows the new authority alone.
        second = secret.write(believed=[server.authority, new], issuer=new)
        await server.controls.stop()
        await append(stage, cases, 2)
        server.show(new, trusted=new)
        server.tls = second
        await server.controls.start()
        with pytest.raises(KafkaError):
            async with server.admin(first):
                pass
        await append(stage, cases, 3)
        await read_up_to(stage, cases, 3)

        # The old authority is taken out of the overlap.
        server.tls = secret.write(believed=[new], issuer=new)
        await server.controls.restart()
        await append(stage, cases, 4)
        await read_up_to(stage, cases, 4)


async def test_an_authority_whose_key_is_replaced_is_believed_beside_the_old_one_in_its_folder(
    stage: Stage, server: SecureKafka, own_topic: Topic, tmp_path: Path
):
    """As Strimzi does: the new one takes the name of the old one, which is kept under another until brokers changed."""
    folder, new, cases = tmp_path / "authorities", Authority(tmp_path, "new-authority"), [uuid4(), uuid4()]
    folder.mkdir()
    (folder / "ca.crt").write_bytes(server.authority.file.read_bytes())
    (folder / "ca.p12").write_bytes(b"no certificate")
    tls = replace(server.tls, ca_file=folder)
    async with running(stage, server, own_topic, tls):
        await append(stage, cases, 1)
        await read_up_to(stage, cases, 1)

        # The secret changes first, and brokers that show certificates of the old authority go on for a while.
        (folder / "ca-2026-12-01T07-00-00Z.crt").write_bytes(server.authority.file.read_bytes())
        (folder / "ca.crt").write_bytes(new.file.read_bytes())
        await server.controls.restart()
        await append(stage, cases, 2)
        await read_up_to(stage, cases, 2)

        # The broker shows one of the new authority, and believes both.
        server.show(new, trusted=new, also=server.authority)
        server.tls = tls
        await server.controls.restart()
        await append(stage, cases, 3)
        await read_up_to(stage, cases, 3)


def test_a_folder_without_an_authority_is_not_taken_for_one_that_believes_all(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        KafkaTls(ca_file=tmp_path).context()


async def test_files_that_are_apart_for_a_moment_leave_the_last_that_were_together(server: SecureKafka, tmp_path: Path):
    secret = MountedSecret(tmp_path / "secret")
    good = secret.write(believed=[server.authority], issuer=server.authority)
    async with server.admin(good) as admin:
        assert good.key_file is not None
        whole = good.key_file.read_bytes()
        good.key_file.write_bytes(server.authority.issue("another")[1].read_bytes())
        await server.controls.restart()
        assert (await admin.describe_cluster())["brokers"][0]["host"] == LOOPBACK
        good.key_file.write_bytes(whole)


def shown() -> float | None:
    return REGISTRY.get_sample_value("forkant_certificate_expiry_seconds", {"kind": "kafka_broker"})


async def test_the_certificate_that_a_broker_shows_is_taken_down(server: SecureKafka):
    await see_brokers(server.bootstrap, server.tls)
    assert shown() == pytest.approx((datetime.now(UTC) + LIFETIME).timestamp(), abs=600)
    server.show(server.authority, trusted=server.authority, lifetime=timedelta(hours=5))
    await server.controls.restart()
    await see_brokers(server.bootstrap, server.tls)
    assert shown() == pytest.approx((datetime.now(UTC) + timedelta(hours=5)).timestamp(), abs=600)


async def test_a_broker_whose_certificate_has_ended_is_seen_although_it_is_not_believed(tmp_path: Path):
    authority = Authority(tmp_path, "authority")
    certificate, key = authority.issue("broker", LOOPBACK, lifetime=timedelta(hours=-2))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    broker = await asyncio.start_server(lambda _, writer: writer.close(), LOOPBACK, 0, ssl=context)
    port = broker.sockets[0].getsockname()[1]
    with pytest.raises(ConnectionError, match="no broker lets us in"):
        await see_brokers(f"{LOOPBACK}:{port}", KafkaTls(ca_file=authority.file))
    assert shown() == pytest.approx((datetime.now(UTC) - timedelta(hours=2)).timestamp(), abs=600)
    broker.close()
