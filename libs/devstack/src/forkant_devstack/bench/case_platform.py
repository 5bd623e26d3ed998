"""The case service alone, as real processes, without the services that read its events."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from case_service.migrate import MIGRATIONS

from forkant_devstack.bench.laboratory import Laboratory
from forkant_devstack.issuer.pytest_fixture import running_issuer
from forkant_devstack.native.children import stop
from forkant_devstack.native.ports import free_ports
from forkant_devstack.testing.platform import Node, Platform


@asynccontextmanager
async def running_case_service(lab: Laboratory, *, names: Sequence[str]) -> AsyncIterator[Platform]:
    """Run some of the service's processes on a new database until the block ends."""
    http_port, worker_port = free_ports(2)
    database = await lab.database("case", migrations=MIGRATIONS)
    node = Node(service="case", database=database, http_port=http_port, worker_port=worker_port)
    with running_issuer() as issuer:
        platform = Platform(
            folder=lab.folder,
            kafka=lab.kafka,
            issuer=issuer,
            nodes={"case": node},
            extra_env={"FORKANT_DATABASE_POOL_SIZE": "10", "FORKANT_LOG_LEVEL": "INFO"},
        )
        try:
            for name in names:
                await platform.start(name)
            yield platform
        finally:
            await platform.asking.close()
            await asyncio.gather(*[stop(child) for child in list(platform.children.values())])
