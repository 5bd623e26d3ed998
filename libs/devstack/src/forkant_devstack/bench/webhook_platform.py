"""The case and notification services as real processes, and receivers of webhooks in another."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import httpx
from case_service.migrate import MIGRATIONS as CASE_MIGRATIONS
from forkant_kit.db import create_engine, new_id, utc_now
from forkant_kit.keyring import Keyring, read_keys
from notification_service.commands import endpoints
from notification_service.commands.context import Context
from notification_service.migrate import MIGRATIONS
from notification_service.settings import DEV_SECRET_KEY
from notification_service.visibility import Owner
from sqlalchemy.ext.asyncio import AsyncEngine

from forkant_devstack.bench import webhook_receiver
from forkant_devstack.bench.laboratory import Laboratory
from forkant_devstack.issuer.pytest_fixture import running_issuer
from forkant_devstack.native.children import start, stop
from forkant_devstack.native.ports import free_ports
from forkant_devstack.process import ProcessSpec
from forkant_devstack.testing.plain_http import plain_client
from forkant_devstack.testing.platform import Node, Platform, answers_ready

KEYRING: Final = Keyring(read_keys(DEV_SECRET_KEY))
UNIT: Final = "oslo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """What a benchmark of webhooks works with; ``engine`` is the notification worker's login."""

    platform: Platform
    engine: AsyncEngine
    client: httpx.AsyncClient
    receivers: str

    async def counts(self) -> dict[str, int]:
        """Ask the receivers what came so far."""
        found: dict[str, int] = (await self.client.get(f"{self.receivers}/counts")).json()
        return found

    async def answered(self, count: int, *, within_s: float) -> None:
        """Wait until the receivers have answered so many.

        Raises:
            TimeoutError: they have not.
        """
        async with asyncio.timeout(within_s):
            while (await self.counts())["answered"] < count:  # noqa: ASYNC110  they lie in another process
                await asyncio.sleep(0.02)

    async def register(self, paths: Sequence[str], *, unit: str = UNIT) -> list[UUID]:
        """Register an endpoint for each path."""
        made = []
        for path in paths:
            async with self.engine.begin() as conn:
                url = f"{self.receivers}{path}"
                endpoint_id, _ = await endpoints.register(conn, context(unit), url=url, event_types=(), units=())
                made.append(endpoint_id)
        return made

    async def remove(self, ids: Sequence[UUID], *, unit: str = UNIT) -> None:
        """Remove endpoints; what waits for them is cancelled."""
        for endpoint_id in ids:
            rows = await self.fetch("SELECT version FROM endpoint WHERE id = $1", endpoint_id)
            async with self.engine.begin() as conn:
                await endpoints.remove(conn, context(unit), endpoint_id, version=rows[0]["version"])

    async def fetch(self, query: str, *values: object) -> Any:
        """Ask the notification service's database."""
        return await self.platform.fetch("notification", query, *values)


def context(unit: str) -> Context:
    """Return what a command is told of a lead of the unit."""
    return Context(
        owner=Owner(unit=unit, national=False, subject=None),
        subject=f"lead-{unit}",
        now=utc_now(),
        new_id=new_id,
        keyring=KEYRING,
        allow_local=True,
    )


@asynccontextmanager
async def running_hooks(lab: Laboratory) -> AsyncIterator[Hooks]:
    """Run the case service, the notification service's worker and the receivers until the block ends."""
    ports = iter(free_ports(5))
    nodes = {
        service: Node(
            service=service,
            database=await lab.database(service, migrations=migrations),
            http_port=next(ports),
            worker_port=next(ports),
        )
        for service, migrations in (("case", CASE_MIGRATIONS), ("notification", MIGRATIONS))
    }
    port = next(ports)
    receivers = ProcessSpec(
        name="webhook-receivers",
        argv=(sys.executable, "-m", webhook_receiver.__name__, str(port)),
        ready=answers_ready(f"http://127.0.0.1:{port}/health/ready"),
    )
    with running_issuer() as issuer:
        quiet = {"FORKANT_LOG_LEVEL": "ERROR"}
        platform = Platform(folder=lab.folder, kafka=lab.kafka, issuer=issuer, nodes=nodes, extra_env=quiet)
        engine = create_engine(nodes["notification"].database.worker_url, application_name="bench", pool_size=2)
        child = await start(receivers, log=lab.folder / "webhook-receivers.log")
        try:
            for name in ("case-api", "case-worker", "notification-worker"):
                await platform.start(name)
            async with plain_client(timeout=30) as client:
                url = f"http://127.0.0.1:{port}"
                yield Hooks(platform=platform, engine=engine, client=client, receivers=url)
        finally:
            await platform.asking.close()
            await engine.dispose()
            await asyncio.gather(*[stop(each) for each in [*platform.children.values(), child]])
