"""Publishing archived events once more, through the outbox: the relay gives them the same ids, headers and order.

For a consumer that lost its data, or a new one that begins when Kafka no longer holds the first events. Those that
have applied an event drop its repeat by version, so it is safe while people work, and to stop and repeat.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

import asyncpg

from forkant_kit.outbox import OUTBOX_CHANNEL

if TYPE_CHECKING:
    from asyncpg import Connection, Record

_WHERE: Final = """
WHERE ($1::uuid IS NULL OR aggregate_id = $1) AND ($2::timestamptz IS NULL OR recorded_at >= $2)
  AND ($3::timestamptz IS NULL OR recorded_at < $3) AND ($4::text IS NULL OR topic = $4)
"""
_COUNT: Final = f"SELECT count(*) FROM event_archive {_WHERE}"  # noqa: S608 - constants of this module
# By time, so that consumers know how far they have come, but never a version before the one below it: processes' clocks
# differ, so a later version may bear an earlier time. The cursor outlives its transaction, since one that stays open
# would hold back vacuum of the outbox.
_DECLARE: Final = f"""
DECLARE republished NO SCROLL CURSOR WITH HOLD FOR
SELECT event_id FROM (
    SELECT event_id, aggregate_id, aggregate_version,
           max(recorded_at) OVER (PARTITION BY aggregate_id ORDER BY aggregate_version) AS reached
    FROM event_archive {_WHERE}
) AS e ORDER BY reached, aggregate_id, aggregate_version
"""  # noqa: S608 - constants of this module
# An event whose month was removed meanwhile is left out, since the relay could never read it.
_QUEUE: Final = """
INSERT INTO outbox (topic, partition, event_id)
SELECT a.topic, a.partition, a.event_id
FROM unnest($1::uuid[]) WITH ORDINALITY AS e (event_id, position) JOIN event_archive AS a ON a.event_id = e.event_id
ORDER BY e.position
"""
_BACKLOG: Final = "SELECT count(*) FROM (SELECT FROM outbox LIMIT $1) AS head"
_LOCK: Final = "SELECT pg_try_advisory_lock(hashtext('forkant-republish'))"


class RepublishingElsewhereError(RuntimeError):
    """Another process republishes from the same archive; two would only slow each other down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which archived events; what is None does not narrow it. Times are those of recording, ``until`` excluded."""

    aggregate_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    topic: str | None = None

    def bound(self) -> tuple[UUID | None, datetime | None, datetime | None, str | None]:
        """Return the values in the order of the queries."""
        return self.aggregate_id, self.since, self.until, self.topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast events are queued: a chunk only while fewer than ``backlog`` wait, since new events wait behind them."""

    chunk: int = 1_000
    backlog: int = 1_000
    pause_s: float = 0.05


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it has come; ``waiting`` says that the relay has to catch up first."""

    queued: int
    total: int
    waiting: bool


async def count(*, database_url: str, selection: Selection) -> int:
    """Return how many archived events a selection holds."""
    async with _connected(database_url) as connection:
        return int(await connection.fetchval(_COUNT, *selection.bound()))


async def republish(
    *,
    database_url: str,
    selection: Selection,
    pace: Pace | None = None,
    say: Callable[[Progress], None] = lambda _progress: None,
) -> int:
    """Queue the selected events again, those of an aggregate in order of version, and return how many.

    Memory is bounded by the chunk: the list of ids stays with the database. Cancelling leaves what is queued queued.

    Args:
        database_url: the publishing service's own database, as the worker's role.
        selection: which events.
        pace: how fast.
        say: is told after each chunk, and while waiting for the relay.

    Raises:
        RepublishingElsewhereError: somebody else does it right now.
        asyncpg.InsufficientPrivilegeError: it is another role than the worker's.
        asyncpg.PostgresError, OSError: the database failed; repeating from the beginning is harmless.
    """
    pace = pace or Pace()
    queued = 0
    async with _connected(database_url) as connection:
        if not await connection.fetchval(_LOCK):
            raise RepublishingElsewhereError("another process is republishing: wait until it is done")
        total = int(await connection.fetchval(_COUNT, *selection.bound()))
        await _declare(connection, selection)
        while ids := [row["event_id"] for row in await connection.fetch(f"FETCH {pace.chunk} FROM republished")]:
            while await connection.fetchval(_BACKLOG, pace.backlog) >= pace.backlog:
                say(Progress(queued, total, waiting=True))
                await asyncio.sleep(pace.pause_s)
            await _queue(connection, ids)
            queued += len(ids)
            say(Progress(queued, total, waiting=False))
    return queued


async def _declare(connection: "Connection[Record]", selection: Selection) -> None:
    # DECLARE takes no parameters. The values are of fixed types or from the registry, and the database quotes them.
    statement = _DECLARE
    for number, value in enumerate(selection.bound(), start=1):
        quoted = "NULL" if value is None else await connection.fetchval("SELECT quote_literal($1::text)", str(value))
        statement = statement.replace(f"${number}", quoted)
    async with connection.transaction():
        await connection.execute(statement)


async def _queue(connection: "Connection[Record]", ids: Sequence[UUID]) -> None:
    async with connection.transaction():
        await connection.execute(_QUEUE, ids)
    await connection.execute(f"NOTIFY {OUTBOX_CHANNEL}")


@asynccontextmanager
async def _connected(database_url: str) -> AsyncIterator["Connection[Record]"]:
    connection = await asyncpg.connect(
        database_url.replace("postgresql+asyncpg://", "postgresql://"),
        timeout=10,
        server_settings={"application_name": "republish", "timezone": "UTC", "lock_timeout": "10s"},
    )
    try:
        # A role that row-level security shows nothing would find nothing to publish; it may not look here either.
        await connection.execute("SELECT FROM outbox LIMIT 0")
        yield connection
    finally:
        await connection.close(timeout=5)
