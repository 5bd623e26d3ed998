"""One process of the laboratory, which the kit's own classes do the work of: ``… -m forkant_devstack.faults.worker``.

A script that plants a bug patches the kit and then runs this module.
"""

import asyncio
import os
from collections.abc import Sequence

import uvloop
from forkant_contracts import Event
from forkant_kit.consumer import EventConsumer
from forkant_kit.consumer_client import ConsumerConfig
from forkant_kit.db import create_engine, new_id
from forkant_kit.logs import set_up_logging
from forkant_kit.relay import Relay, RelayConfig
from forkant_kit.web import stop_on_signals
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from forkant_devstack.faults.order import Order, use_topic
from forkant_devstack.faults.points import HAS_EFFECT, Points, wrap_consumer, wrap_relay
from forkant_devstack.faults.writer import write

GROUP = "laboratory"
_LEASE_TTL_S = 3.0
_LEASE_RENEW_S = 0.7
# The shortest that a broker allows.
_SESSION_TIMEOUT_S = 6.0

_ENTER = text("""
INSERT INTO ledger (aggregate_id, version, change)
SELECT aggregate_id, version, change FROM unnest(CAST(:a AS uuid[]), CAST(:v AS int[]), CAST(:c AS uuid[]))
     WITH ORDINALITY AS e (aggregate_id, version, change, place) ORDER BY place
""")


async def enter(conn: AsyncConnection, events: Sequence[Event]) -> None:
    """Enter events into the ledger, in their order."""
    bind = {
        "a": [event.aggregate_id for event in events],
        "v": [event.aggregate_version for event in events],
        "c": [event.id for event in events],
    }
    await conn.execute(_ENTER, bind)
    conn.info[HAS_EFFECT] = True


def relay_of(order: Order, engine: AsyncEngine) -> Relay:
    """Make a relay whose leases end soon."""
    return Relay(
        engine=engine,
        database_url=order.database_url,
        kafka_bootstrap=order.bootstrap,
        owner=f"{order.name}/{os.getpid()}/{new_id()}",
        topics=[use_topic(order)],
        config=RelayConfig(lease_ttl_s=_LEASE_TTL_S, lease_renew_s=_LEASE_RENEW_S),
    )


def consumer_of(order: Order, engine: AsyncEngine) -> EventConsumer:
    """Make a consumer that keeps the ledger, a small batch at a time."""
    return EventConsumer(
        engine=engine,
        kafka_bootstrap=order.bootstrap,
        group=f"{GROUP}-{order.topic}",
        topics=[use_topic(order).name],
        apply=enter,
        config=ConsumerConfig(session_timeout_s=_SESSION_TIMEOUT_S, max_records=100, max_retry_s=2.0),
    )


async def _run(order: Order) -> None:
    stop, points = stop_on_signals(), Points(order.trigger)
    engine = create_engine(order.database_url, application_name=order.name, pool_size=8)
    try:
        match order.role:
            case "relay":
                wrap_relay(Relay, points)
                await relay_of(order, engine).run(stop)
            case "consumer":
                wrap_consumer(engine, points)
                await consumer_of(order, engine).run(stop)
            case "writer":
                use_topic(order)
                await write(order, engine=engine, points=points, stop=stop)
    finally:
        await engine.dispose()


def main() -> None:
    """Run what the environment orders."""
    order = Order.given()
    # What is unexpected in these lines fails the trial.
    set_up_logging(service=order.name, level="info")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(order))


if __name__ == "__main__":
    main()
