"""A Kafka broker whose data can be lost, and which comes back empty at the same address."""

import asyncio
import functools
import shutil
from dataclasses import dataclass
from pathlib import Path

from forkant_contracts.topics import TOPICS

from forkant_devstack.native import kafka
from forkant_devstack.native.kafka.broker import Kafka
from forkant_devstack.native.ports import LOOPBACK, free_ports
from forkant_devstack.native.topics import create_topics
from forkant_devstack.testing.controls import Controls, native_controls
from forkant_devstack.testing.kafka_server import KafkaServer


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """The broker, and what it is made from."""

    prepared: Kafka
    ports: tuple[int, int]
    controls: Controls

    @property
    def server(self) -> KafkaServer:
        """The broker as the platform's tests have it."""
        address = f"{LOOPBACK}:{self.ports[0]}"
        return KafkaServer(
            bootstrap=address,
            backend="native",
            controls=self.controls,
            make_topics=functools.partial(create_topics, address),
        )

    async def lose(self) -> None:
        """Kill the broker and delete all that it has."""
        await self.controls.kill()
        for place in ("data", "formatted-by"):
            path = self.prepared.home / place
            await asyncio.to_thread(shutil.rmtree if path.is_dir() else Path.unlink, path)

    async def begin_anew(self) -> None:
        """Start it empty, and make its topics."""
        await asyncio.to_thread(self._spec)
        await self.controls.start()
        await self.server.create_topics(*TOPICS.values())

    def _spec(self) -> object:
        return kafka.kafka_spec(self.prepared, port=self.ports[0], controller_port=self.ports[1])


async def start_broker(folder: Path) -> Broker:
    """Start a broker below `folder`, with the registry's topics."""
    prepared = await asyncio.to_thread(kafka.prepare_in, folder, progress=lambda _: None)
    port, controller_port = free_ports(2)
    spec = await asyncio.to_thread(kafka.kafka_spec, prepared, port=port, controller_port=controller_port)
    controls = native_controls(spec, log=folder / "kafka.log")
    await controls.start()
    broker = Broker(prepared=prepared, ports=(port, controller_port), controls=controls)
    await broker.server.create_topics(*TOPICS.values())
    return broker
