"""The loop of one worker: writes letters and sends what is due, until it is told to stop; and takes what comes back."""

import asyncio
import time

import structlog
from sqlalchemy.exc import SQLAlchemyError

from notification_service import metrics
from notification_service.deliveries.workshop import wait_for
from notification_service.domain.letters import Returned
from notification_service.post.desk import Desk
from notification_service.post.sender import send_some
from notification_service.post.writer import write_some
from notification_service.store import letters, people

_log = structlog.get_logger(__name__)


class Office:
    """Writes and sends letters."""

    def __init__(self, desk: Desk) -> None:
        """Take the tools."""
        self._desk = desk
        self._wake = asyncio.Event()
        self._progress = time.monotonic()

    def wake(self) -> None:
        """Say that there may be something new; returns at once."""
        self._wake.set()

    def healthy(self) -> bool:
        """Whether the loop turns."""
        return time.monotonic() - self._progress < self._desk.config.stuck_after_s

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set; what is under way is seen through, or taken up again when its lease ends."""
        config = self._desk.config
        while not stop.is_set():
            self._wake.clear()
            try:
                busy = await self.turn()
                pause = 0.0 if busy else config.poll_s
            except* (SQLAlchemyError, OSError) as group:
                _log.warning("post_failed", error=type(group.exceptions[0]).__name__)
                pause = config.retry_s
            self._progress = time.monotonic()
            if pause and not stop.is_set():
                await _first(self._wake, stop, pause)

    async def turn(self) -> int:
        """Write what is called for and send what is due; return how much there was."""
        written = await write_some(self._desk)
        return written + await send_some(self._desk)

    async def run_until_idle(self) -> None:
        """Write and send until nothing is due; for tests and for emptying a queue by hand."""
        while await self.turn():
            pass

    async def take(self, returned: Returned) -> bool:
        """Note that a letter came back: for good makes a dead letter of it, and its address is no longer confirmed.

        Doing it twice changes nothing more. Return whether the letter is known.
        """
        now = self._desk.now()
        async with self._desk.engine.begin() as conn:
            found = await letters.bounced(conn, returned.letter_id, now=now) if returned.for_good else None
            if found is not None:
                await people.doubt(conn, person=found.person, channel=found.channel, since=found.settled_at)
            known = found is not None or await letters.is_known(conn, returned.letter_id)
        if known:
            metrics.LETTERS_RETURNED.labels("for_good" if returned.for_good else "for_now").inc()
        return known


async def _first(wake: asyncio.Event, stop: asyncio.Event, seconds: float) -> None:
    waiting = [asyncio.create_task(wait_for(event, seconds)) for event in (wake, stop)]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
