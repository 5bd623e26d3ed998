"""A Kafka broker for one test session."""

import functools
import secrets
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest
from forkant_contracts.topics import TOPICS, Topic

from forkant_devstack.native import embedded, kafka
from forkant_devstack.native.ports import LOOPBACK, free_ports
from forkant_devstack.native.topics import create_topics
from forkant_devstack.testing.controls import Controls, native_controls

TopicMaker = Callable[[Iterable[Topic]], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaServer:
    """A running broker that has the registry's topics; `backend` says what it is."""

    bootstrap: str
    backend: str
    controls: Controls
    make_topics: TopicMaker

    async def create_topics(self, *topics: Topic) -> None:
        """Make topics that are missing; refuse those that are there with another partition count."""
        await self.make_topics(topics)

    async def new_topic(self, prefix: str = "test", *, partitions: int = 3) -> Topic:
        """Make a topic of the test's own, under a name that starts with `prefix`."""
        topic = Topic(
            name=f"{prefix}.{secrets.token_hex(4)}",
            description="A test's own.",
            partitions=partitions,
            retention_ms=TOPICS["forkant.case.v1"].retention_ms,
            producer="test",
            consumers=(),
        )
        await self.create_topics(topic)
        return topic

    async def kill(self) -> None:
        """Kill the broker at once; `start` brings it back with its data. Skips the test on the embedded broker."""
        self.need_restarts()
        await self.controls.kill()

    async def start(self) -> None:
        """Start the broker again and wait until it answers."""
        await self.controls.start()

    async def restart(self) -> None:
        """Stop the broker in order and start it again. Skips the test on the embedded broker."""
        self.need_restarts()
        await self.controls.restart()

    def need_restarts(self) -> None:
        """Skip a test that kills or restarts the broker where it can't be; call it before anything is opened."""
        self.need_kafka("the embedded broker keeps neither its data nor its port over a restart")

    def need_kafka(self, reason: str) -> None:
        """Skip the test where the in-memory broker stands in for Kafka; `reason` says what that one can't."""
        if self.backend == "embedded":
            pytest.skip(reason)


async def start_native_kafka(folder: Path) -> KafkaServer:
    """Start Apache Kafka from Maven's jars with its data below `folder`."""
    prepared = kafka.prepare_in(folder, progress=lambda _: None)
    port, controller_port = free_ports(2)
    spec = kafka.kafka_spec(prepared, port=port, controller_port=controller_port)
    controls = native_controls(spec, log=folder / "kafka.log")
    await controls.start()
    return await with_registry_topics(f"{LOOPBACK}:{port}", backend="native", controls=controls)


async def start_embedded_kafka(folder: Path) -> KafkaServer:
    """Start the in-memory broker of the `confluent-kafka` wheel."""
    address_file = folder / "embedded-kafka.json"
    controls = native_controls(embedded.embedded_spec(address_file), log=folder / "kafka.log")
    await controls.start()
    address = embedded.address_from(address_file)
    return KafkaServer(
        bootstrap=address.bootstrap,
        backend="embedded",
        controls=controls,
        make_topics=functools.partial(embedded.create_topics, address),
    )


async def with_registry_topics(bootstrap: str, *, backend: str, controls: Controls) -> KafkaServer:
    """Make the registry's topics on a broker that has an admin API."""
    server = KafkaServer(
        bootstrap=bootstrap,
        backend=backend,
        controls=controls,
        make_topics=functools.partial(create_topics, bootstrap),
    )
    await server.create_topics(*TOPICS.values())
    return server
