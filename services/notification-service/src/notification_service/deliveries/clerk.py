"""Writes the turns of all lanes of a worker that are ready in the same moment by one transaction.

What can't go together is handed back for the lane to do by itself: a lane that is locked elsewhere, a turn that does
more than usual, and each turn of a transaction that failed. So nobody waits for the trouble of another endpoint.
"""

import asyncio
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog

from notification_service.deliveries.turns import Turn, Work, together
from notification_service.deliveries.workshop import Workshop, wait_for

_AT_ONCE: Final = 64
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Waiting:
    turn: Turn
    answer: asyncio.Future[Work | None]


class Clerk:
    """The one that writes for the lanes of one worker; it works while there is something to write."""

    def __init__(self, shop: Workshop) -> None:
        """Take the tools."""
        self._shop = shop
        self._waiting: list[_Waiting] = []
        self._more = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None

    async def turn(self, turn: Turn) -> Work | None:
        """Take a turn with those of others; None when the lane is to take it alone."""
        answer: asyncio.Future[Work | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(turn, answer))
        if not turn.results or len(self._waiting) >= _AT_ONCE:
            self._more.set()
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(), name="clerk")
        return await answer

    async def close(self) -> None:
        """Leave what is still under way, once no lane waits for it."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)

    async def _write(self) -> None:
        while self._waiting:
            # Who brings results waits for others a little while; who has nothing under way yet is served at once.
            await wait_for(self._more, self._shop.config.gather_s)
            self._more.clear()
            batch = self._next()
            found = await self._together([each.turn for each in batch.values()])
            for endpoint_id, each in batch.items():
                if not each.answer.done():
                    each.answer.set_result(found.get(endpoint_id))

    def _next(self) -> dict[UUID, _Waiting]:
        """Take those that have waited longest, one of each lane: one that was lost and retaken may be there twice."""
        batch: dict[UUID, _Waiting] = {}
        later = []
        for each in self._waiting:
            if each.answer.done():
                continue
            if len(batch) < _AT_ONCE and each.turn.endpoint_id not in batch:
                batch[each.turn.endpoint_id] = each
            else:
                later.append(each)
        self._waiting = later
        if later:
            self._more.set()
        return batch

    async def _together(self, turns: list[Turn]) -> dict[UUID, Work]:
        try:
            return await together(self._shop, turns) if turns else {}
        except Exception as error:  # noqa: BLE001 - each lane takes its turn alone then, and the one at fault meets it
            _log.warning("turns_failed", lanes=len(turns), error=type(error).__name__)
            return {}
