"""A PostgreSQL server for one test session."""

import asyncio
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from forkant_kit.migrations import migrate

from forkant_devstack.native import postgres
from forkant_devstack.native.databases import (
    DatabaseUrls,
    clone_database,
    close_shared_databases,
    create_database,
    drop_database,
)
from forkant_devstack.native.ports import free_ports
from forkant_devstack.testing.controls import Controls, native_controls

_PASSWORD = "test"  # noqa: S105  a server on the loopback interface that lives for one test session


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresServer:
    """A running server; `controls` kill and restart it."""

    admin_url: str
    controls: Controls
    _migrated: dict[Path, asyncio.Future[DatabaseUrls]] = field(default_factory=dict, repr=False)

    async def create_database(self, prefix: str = "test") -> DatabaseUrls:
        """Make a new, empty database with its three roles, under a name that starts with `prefix`."""
        name = f"{prefix}_{secrets.token_hex(4)}"
        return await create_database(
            self.admin_url, name, owner_password=_PASSWORD, app_password=_PASSWORD, worker_password=_PASSWORD
        )

    async def migrated_database(self, prefix: str, migrations: Path) -> DatabaseUrls:
        """Make a new database with a service's tables, a copy of one that was migrated for the first of them.

        All copies have the roles of the first.
        """
        if migrations not in self._migrated:
            self._migrated[migrations] = asyncio.ensure_future(self._migrate(prefix, migrations))
        model = await self._migrated[migrations]
        return await clone_database(self.admin_url, model, f"{prefix}_{secrets.token_hex(4)}")

    async def drop(self, urls: DatabaseUrls) -> None:
        """Delete a test's database, whose files else stay until the session ends."""
        await drop_database(self.admin_url, urls)

    async def _migrate(self, prefix: str, migrations: Path) -> DatabaseUrls:
        urls = await self.create_database(prefix)
        await migrate(owner_url=urls.owner_url, script_location=migrations)
        return urls

    async def kill(self) -> None:
        """Kill the server and all its connections at once; `start` brings it back with its data."""
        await self.controls.kill()

    async def start(self) -> None:
        """Start the server again and wait until it answers."""
        await self.controls.start()

    async def restart(self) -> None:
        """Stop the server in order and start it again: connections break, no data is lost."""
        await self.controls.restart()


async def start_native_postgres(folder: Path, *, durable: bool = False) -> PostgresServer:
    """Start PostgreSQL from the wheel with its data below `folder`; `durable` syncs each commit to disk."""
    prepared = postgres.prepare_in(folder, progress=lambda _: None)
    [port] = free_ports(1)
    spec = postgres.postgres_spec(prepared, port=port, durable=durable)
    controls = native_controls(spec, log=folder / "postgres.log")
    await controls.start()
    server = PostgresServer(admin_url=postgres.admin_url(prepared, port=port), controls=controls)
    await close_shared_databases(server.admin_url)
    return server
