"""The loop of one worker: writes letters and sends what is due, until it is told to stop; and takes what comes back."""

import asyncio
import time

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service import metrics
from notification_service.deliveries.workshop import wait_for
from notification_service.domain.letters import Reason, Returned
from notification_service.post.desk import Desk
from notification_service.post.sender import send_some
from notification_service.post.writer import write_some
from notification_service.store import letters, people
from notification_service.store.people import Doubt

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
                found = await self.turn()
                pause = 0.0 if found else config.poll_s
            except* (SQLAlchemyError, OSError) as group:
                _log.warning("post_failed", error=type(group.exceptions[0]).__name__)
                found, pause = 0, config.retry_s
            self._progress = time.monotonic()
            if found < config.entries_at_once:
                await wait_for(stop, config.gather_s)
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

        An address is no longer confirmed either when letters to it came back for now on too many days. Doing it twice
        changes nothing more. Return whether the letter is known.
        """
        async with self._desk.engine.begin() as conn:
            if returned.for_good:
                await self._for_good(conn, returned)
            elif not returned.delayed:
                await self._for_now(conn, returned)
            known = await letters.is_known(conn, returned.letter_id)
        if known:
            metrics.LETTERS_BOUNCED.labels(_outcome(returned)).inc()
        return known

    async def _for_good(self, conn: AsyncConnection, returned: Returned) -> None:
        now = self._desk.now()
        found = await letters.bounced(conn, returned.letter_id, now=now)
        if found is not None:
            doubt = Doubt(reason=Reason.BOUNCED, since=found.settled_at, now=now)
            await people.doubt(conn, person=found.person, channel=found.channel, doubt=doubt)

    async def _for_now(self, conn: AsyncConnection, returned: Returned) -> None:
        now, config = self._desk.now(), self._desk.config
        found = await letters.bounced_softly(conn, returned.letter_id, now=now)
        if found is None:
            return
        days = await people.days_of_soft_bounces(
            conn, person=found.person, channel=found.channel, since=now - config.soft_bounce_window
        )
        if days >= config.soft_bounce_days:
            doubt = Doubt(reason=Reason.BOUNCED_SOFTLY, since=found.settled_at, now=now)
            await people.doubt(conn, person=found.person, channel=found.channel, doubt=doubt)


def _outcome(returned: Returned) -> str:
    if returned.delayed:
        return "delayed"
    return "for_good" if returned.for_good else "for_now"


async def _first(wake: asyncio.Event, stop: asyncio.Event, seconds: float) -> None:
    waiting = [asyncio.create_task(wait_for(event, seconds)) for event in (wake, stop)]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
