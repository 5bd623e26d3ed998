"""A Kafka broker for one test session."""

import secrets
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from forkant_contracts.topics import TOPICS, Topic

from forkant_devstack.native import kafka
from forkant_devstack.native.ports import LOOPBACK, free_ports
from forkant_devstack.native.topics import create_topics
from forkant_devstack.testing.controls import Controls, native_controls

TopicMaker = Callable[[str, Iterable[Topic]], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaServer:
    """A running broker that has the registry's topics; `backend` says what it is."""

    bootstrap: str
    backend: str
    controls: Controls
    make_topics: TopicMaker

    async def create_topics(self, *topics: Topic) -> None:
        """Make topics that are missing; refuse those that are there with another partition count."""
        await self.make_topics(self.bootstrap, topics)

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
        """Kill the broker at once; `start` brings it back, with its data unless it is the embedded one."""
        await self.controls.kill()

    async def start(self) -> None:
        """Start the broker again and wait until it answers."""
        await self.controls.start()

    async def restart(self) -> None:
        """Stop the broker in order and start it again."""
        await self.controls.restart()


async def start_native_kafka(folder: Path) -> KafkaServer:
    """Start Apache Kafka from Maven's jars with its data below `folder`."""
    prepared = kafka.prepare_in(folder, progress=lambda _: None)
    port, controller_port = free_ports(2)
    spec = kafka.kafka_spec(prepared, port=port, controller_port=controller_port)
    controls = native_controls(spec, log=folder / "kafka.log")
    await controls.start()
    server = KafkaServer(bootstrap=f"{LOOPBACK}:{port}", backend="native", controls=controls, make_topics=create_topics)
    await server.create_topics(*TOPICS.values())
    return server
