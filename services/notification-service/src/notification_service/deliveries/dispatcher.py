"""Takes lanes that are due, as many as there is room for, and lets each be worked by a task of its own."""

import asyncio
import itertools
import time
from collections.abc import Iterable
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from notification_service import metrics
from notification_service.deliveries.clerk import Clerk
from notification_service.deliveries.lane import Lane
from notification_service.deliveries.workshop import Workshop, wait_for
from notification_service.store import lanes

_log = structlog.get_logger(__name__)


class Dispatcher:
    """The delivery loop of one worker."""

    def __init__(self, shop: Workshop, *, owner: str) -> None:
        """Take the tools; ``owner`` names this process among the workers."""
        self._shop = shop
        self._owner = owner
        self._clerk = Clerk(shop)
        self._turns = itertools.count(1)
        self._active: dict[UUID, Lane] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._progress = time.monotonic()

    def wake(self, endpoint_ids: Iterable[UUID] = ()) -> None:
        """Say that there is new work, and for which endpoints; returns at once."""
        self._wake.set()
        for endpoint_id in endpoint_ids:
            if (lane := self._active.get(endpoint_id)) is not None:
                lane.wake.set()

    def healthy(self) -> bool:
        """Whether the loop turns."""
        return time.monotonic() - self._progress < self._shop.config.stuck_after_s

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until ``stop`` is set, then finish what is under way within the deadline."""
        stopping = asyncio.create_task(self._wake_on(stop), name="dispatcher-stop")
        config, pause = self._shop.config, self._shop.config.min_poll_s
        try:
            while not stop.is_set():
                self._wake.clear()
                try:
                    began = await self._take_lanes()
                except (SQLAlchemyError, OSError) as error:
                    _log.warning("dispatch_failed", error=type(error).__name__)
                    began, pause = 0, config.retry_s
                self._progress = time.monotonic()
                pause = config.min_poll_s if began else min(pause * 2, config.max_poll_s)
                await wait_for(self._wake, pause)
        finally:
            stopping.cancel()
            await self._finish()

    async def run_until_idle(self) -> None:
        """Deliver what is due now and return when nothing is; for tests and for emptying a queue by hand."""
        while await self._take_lanes():
            await asyncio.gather(*self._tasks)

    async def _wake_on(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._shop.stopping = True
        self.wake(list(self._active))

    async def _take_lanes(self) -> int:
        shop = self._shop
        wanted = min(shop.config.concurrency - len(self._tasks), shop.room)
        if wanted <= 0:
            return 0
        now = shop.now()
        busy_slow = len(shop.slow & self._active.keys())
        token = f"{self._owner}/{next(self._turns)}"
        async with shop.engine.begin() as conn:
            taken = await lanes.claim_lanes(
                conn,
                token=token,
                now=now,
                until=now + shop.config.lease,
                wanted=wanted,
                avoid=shop.slow if busy_slow >= shop.config.slow_lanes else (),
            )
        for endpoint_id in taken:
            self._start(endpoint_id, token)
        return len(taken)

    def _start(self, endpoint_id: UUID, token: str) -> None:
        lane = Lane(self._shop, self._clerk, endpoint_id=endpoint_id, token=token)
        task = asyncio.create_task(lane.run(), name="lane")
        self._active[endpoint_id] = lane
        self._tasks.add(task)
        metrics.LANES.set(len(self._tasks))

        def ended(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            if self._active.get(endpoint_id) is lane:
                del self._active[endpoint_id]
            metrics.LANES.set(len(self._tasks))
            if not task.cancelled() and (error := task.exception()) is not None:
                _log.error("lane_failed", endpoint_id=str(endpoint_id), error=type(error).__name__, exc_info=error)

        task.add_done_callback(ended)

    async def _finish(self) -> None:
        self._shop.stopping = True
        self.wake(list(self._active))
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=self._shop.config.stop_deadline_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._clerk.close()
