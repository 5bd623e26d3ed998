"""The servers that benchmarks run on: PostgreSQL that syncs each commit to disk, and Apache Kafka."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from forkant_kit.migrations import migrate

from forkant_devstack.native.databases import DatabaseUrls
from forkant_devstack.testing.kafka_server import KafkaServer, start_native_kafka
from forkant_devstack.testing.postgres_server import PostgresServer, start_native_postgres
from forkant_devstack.testing.session_folder import session_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Laboratory:
    """Running servers and a folder for logs; ``quick`` asks for a small load that shows only that it runs."""

    folder: Path
    postgres: PostgresServer
    kafka: KafkaServer
    quick: bool

    @property
    def rounds(self) -> int:
        """How often each figure is taken."""
        return 1 if self.quick else 3

    def sized(self, full: int) -> int:
        """Return the size of a load."""
        return max(1, full // 10) if self.quick else full

    async def database(self, name: str, *, migrations: Path) -> DatabaseUrls:
        """Make a new database with a service's tables."""
        urls = await self.postgres.create_database(name)
        await migrate(owner_url=urls.owner_url, script_location=migrations)
        return urls


@asynccontextmanager
async def laboratory(*, quick: bool) -> AsyncIterator[Laboratory]:
    """Start the servers on free ports in a temporary folder, and remove everything at the end.

    Raises:
        DevstackError: this machine lacks something that Kafka or PostgreSQL needs.
    """
    with session_folder() as folder:
        postgres = await start_native_postgres(folder, durable=True)
        try:
            kafka = await start_native_kafka(folder)
            try:
                yield Laboratory(folder=folder, postgres=postgres, kafka=kafka, quick=quick)
            finally:
                await kafka.controls.remove()
        finally:
            await postgres.controls.remove()
