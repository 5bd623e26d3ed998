"""One relay as a process of its own: ``python -m forkant_devstack.bench.relay_process DATABASE_URL KAFKA``.

It writes how many events it has published so far on a line of its own each time that has changed.
"""

import asyncio
import sys

import uvloop
from forkant_contracts.topics import CASE_TOPIC, TOPICS
from forkant_kit.db import create_engine, new_id
from forkant_kit.garbage import collect_seldom
from forkant_kit.relay import Relay
from forkant_kit.web import stop_on_signals
from prometheus_client import REGISTRY

_TELL_EVERY_S = 0.01


def published() -> int:
    """Return how many events this process has published and removed from the outbox."""
    return int(REGISTRY.get_sample_value("forkant_relay_published_total") or 0)


async def _run(database_url: str, bootstrap: str) -> None:
    stop = stop_on_signals()
    engine = create_engine(database_url, application_name="bench-relay", pool_size=3)
    relay = Relay(
        engine=engine,
        database_url=database_url,
        kafka_bootstrap=bootstrap,
        owner=f"bench/{new_id()}",
        topics=[TOPICS[CASE_TOPIC]],
    )
    telling = asyncio.create_task(_tell())
    try:
        await relay.run(stop)
    finally:
        telling.cancel()
        await engine.dispose()


async def _tell() -> None:
    told = 0
    while True:
        if (now := published()) != told:
            told = now
            sys.stdout.write(f"{told}\n")
            sys.stdout.flush()
        await asyncio.sleep(_TELL_EVERY_S)


if __name__ == "__main__":
    collect_seldom()
    uvloop.run(_run(*sys.argv[1:3]))
