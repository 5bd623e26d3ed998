"""Planted bug: relays without leases share the outbox by locking rows, and each passes over what another has locked."""

import asyncio
import random
import runpy
from typing import Any

import asyncpg
from aiokafka import AIOKafkaProducer
from forkant_contracts.codec import headers_for
from forkant_kit.relay import Relay

_TAKE = """
SELECT o.seq, o.partition, a.* FROM (
    SELECT topic, partition, seq, event_id FROM outbox ORDER BY seq LIMIT 5 FOR UPDATE SKIP LOCKED
) AS o JOIN event_archive AS a ON a.event_id = o.event_id ORDER BY o.seq
"""


async def _run_without_leases(self: Relay, stop: asyncio.Event) -> None:
    connection = await asyncpg.connect(self._database_url)
    async with AIOKafkaProducer(bootstrap_servers=self._lanes[0].producer._bootstrap) as producer:
        while not stop.is_set():
            async with connection.transaction():
                rows = await connection.fetch(_TAKE)
                # Sometimes the network is slower.
                await asyncio.sleep(random.uniform(0, 0.1))
                for row in rows:
                    await _send(producer, row)
                await connection.execute("DELETE FROM outbox WHERE seq = ANY($1)", [row["seq"] for row in rows])
            await asyncio.sleep(0.005)
    await connection.close()


async def _send(producer: AIOKafkaProducer, row: Any) -> None:
    headers = headers_for(
        event_id=row["event_id"],
        event_type=row["type"],
        traceparent=row["traceparent"],
        **{
            name: row[name]
            for name in ("source", "data_schema", "aggregate_id", "aggregate_version", "unit", "occurred_at")
        },
        recorded_at=row["recorded_at"],
    )
    await producer.send_and_wait(
        row["topic"],
        row["data"].encode(),
        key=str(row["aggregate_id"]).encode(),
        headers=headers,
        partition=row["partition"],
    )


Relay.run = _run_without_leases  # type: ignore[method-assign]
runpy.run_module("forkant_devstack.faults.worker", run_name="__main__")
