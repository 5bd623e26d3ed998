"""Writing down together what many requests are about to be answered: one transaction for all that wait.

An answer that is ready in memory costs less than the transaction that says who got it. Those who wait for such a
transaction while another is under way share the next one: each is answered after its own entry is committed, as ever.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine

from forkant_kit.audit.record import Actor, Entry, Trail, unavailable, write_for_all

_MOST: Final = 500


class Together:
    """Writes down entries of requests, those that come at once in one transaction."""

    def __init__(self, engine: AsyncEngine, *, before: Callable[[], Awaitable[None]]) -> None:
        """Remember where to write.

        Args:
            engine: the database that holds the audit trail.
            before: done before each transaction, after all who share it have come; what it raises they get.
        """
        self._engine = engine
        self._before = before
        self._waiting: list[tuple[Actor, Entry, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def record(self, trail: Trail, entry: Entry) -> None:
        """Write an act down that has no transaction of its own, and commit it.

        Raises:
            ProblemError: 503 ``audit-unavailable``.
        """
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((trail.actor, entry, written))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write(), name="audit-together")
        await written
        trail.recorded = True

    async def _write(self) -> None:
        try:
            while self._waiting:
                taken, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
                error = await self._fault([(actor, entry) for actor, entry, _ in taken])
                for _, _, written in taken:
                    if not written.done():
                        written.set_result(None) if error is None else written.set_exception(error)
        finally:
            self._writing = None

    async def _fault(self, entries: list[tuple[Actor, Entry]]) -> Exception | None:
        """Write some entries; return why that was not done, which is for each of those who wait."""
        try:
            await self._before()
            await self._commit(entries)
        except Exception as error:  # noqa: BLE001 - theirs who wait, who raise it: else they would wait for ever
            return error
        return None

    async def _commit(self, entries: list[tuple[Actor, Entry]]) -> None:
        try:
            async with self._engine.begin() as conn:
                await write_for_all(conn, entries)
        except (DBAPIError, PoolTimeoutError, OSError, TimeoutError) as error:
            raise unavailable(error) from error
