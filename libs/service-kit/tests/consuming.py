"""What tests of the consumer share: one that runs, an effect that can be counted, and events that are sent."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from aiokafka import AIOKafkaProducer
from forkant_contracts import Event, Topic, encode
from forkant_devstack.testing.kafka_server import KafkaServer
from forkant_kit.batch import Apply
from forkant_kit.consumer import EventConsumer
from forkant_kit.consumer_client import ConsumerConfig
from forkant_kit.testing import Stage
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

INSERT = text("INSERT INTO effect (aggregate_id, version) VALUES (:a, :v)")
MIB = 1024 * 1024


async def record_effect(conn: AsyncConnection, events: Sequence[Event]) -> None:
    await conn.execute(INSERT, [{"a": e.aggregate_id, "v": e.aggregate_version} for e in events])


def a_consumer(
    stage: Stage, kafka: KafkaServer, topic: Topic, apply: Apply = record_effect, **config: Any
) -> EventConsumer:
    return EventConsumer(
        engine=stage.engine,
        kafka_bootstrap=kafka.bootstrap,
        group=f"group-{topic.name}",
        topics=[topic.name],
        apply=apply,
        config=replace(ConsumerConfig(observe_every_s=0.1, parked_every_s=0.1, poll_s=0.1), **config),
    )


@asynccontextmanager
async def running(consumer: EventConsumer) -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    task = asyncio.create_task(consumer.run(stop))
    try:
        yield stop
    finally:
        stop.set()
        await asyncio.wait_for(task, 20)


async def send(
    kafka: KafkaServer, topic: Topic, events: Sequence[Event], *, partition: int = 0, value: bytes | None = None
) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, max_request_size=2 * MIB, linger_ms=5)
    await producer.start()
    try:
        sent = []
        for event in events:
            message = encode(event)
            body = value or message.value
            sent.append(
                await producer.send(topic.name, body, key=message.key, headers=message.headers, partition=partition)
            )
        await asyncio.gather(*sent)
    finally:
        await producer.stop()
