"""A lane of the relay: a database connection, a Kafka producer, and the partitions that only this lane publishes.

Lanes exist so that one waits for PostgreSQL or Kafka while another works. Each has a producer of its own: when a batch
fails the producer is thrown away, and with it whatever else it had under way, which must be nothing of another lane.
"""

import asyncio
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import asyncpg

from forkant_kit.leases import Lease
from forkant_kit.producer import DiscardingProducer
from forkant_kit.relay_rows import DATABASE_LOST, SESSION

if TYPE_CHECKING:
    from asyncpg import Connection, Record

_CONNECT_S = 5.0
_COMMAND_S = 30.0


@dataclass(kw_only=True)
class Lane:
    """What one lane works with; ``in_hand`` are the leases of the round under way."""

    number: int
    database_url: str
    producer: DiscardingProducer
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    in_hand: Collection[Lease] = ()
    turned_at: float = field(default_factory=time.monotonic)
    _connection: "Connection[Record] | None" = None

    async def connection(self) -> "Connection[Record]":
        """Return the lane's own connection, opened when there is none.

        Not one of the service's pool: its session has settings that would be wrong for others, it keeps its prepared
        statements, and publishing waits for nobody's requests.

        Raises:
            OSError: no connection to the database; also asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError.
        """
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(
                self.database_url,
                timeout=_CONNECT_S,
                command_timeout=_COMMAND_S,
                server_settings={"application_name": f"relay-lane-{self.number}", **SESSION},
            )
        return self._connection

    def drop_connection(self) -> None:
        """Hang up; what was under way on the connection is undone by the server."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()

    async def close(self) -> None:
        """Close the connection and the producer, within a few seconds."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(*DATABASE_LOST):
                await connection.close(timeout=1)
        await self.producer.close()
