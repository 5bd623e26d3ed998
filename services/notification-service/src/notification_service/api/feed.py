"""The feed of a process: it looks once for all streams whether inboxes changed, and wakes those that it may concern.

Where nobody listens it looks at nothing, so that an idle process asks and writes nothing.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import structlog
from forkant_kit.db import transaction
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from notification_service.domain.happenings import district_of
from notification_service.queries import inbox_news
from notification_service.queries.inbox_news import Place
from notification_service.visibility import Reader

_RETRY_S: Final = 1.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Listener:
    """One stream: whose it is, and what wakes it."""

    person: str
    district: str
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class Feed:
    """Knows how far the journal of inboxes goes; what changed, each stream reads in its reader's own stance."""

    def __init__(self, *, engine: AsyncEngine, poll_s: float) -> None:
        """Remember where to look; :meth:`run` looks."""
        self._engine = engine
        self._poll_s = poll_s
        self._listeners: set[Listener] = set()
        self._listened = asyncio.Event()
        self._looking = asyncio.Lock()
        self._begun = 0
        self._known = 0
        self._head: Place | None = None

    async def head(self) -> Place:
        """Return the newest place of the journal; after the first look it is the one that was looked at last."""
        return self._head or await self.refresh()

    @property
    def streams(self) -> int:
        """How many streams listen."""
        return len(self._listeners)

    def streams_of(self, person: str) -> int:
        """Return how many streams of one person listen."""
        return sum(each.person == person for each in self._listeners)

    @contextmanager
    def listen(self, reader: Reader) -> Iterator[asyncio.Event]:
        """Give an event that is set when the reader's inbox may have changed, for as long as the block lasts."""
        listener = Listener(reader.person, district_of(reader.unit))
        self._listeners.add(listener)
        self._listened.set()
        try:
            yield listener.woken
        finally:
            self._listeners.discard(listener)
            if not self._listeners:
                self._listened.clear()

    async def run(self) -> None:
        """Look again and again while somebody listens, until cancelled."""
        while True:
            await self._listened.wait()
            try:
                await self.refresh()
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                _log.warning("inbox_feed_failed", error=type(error).__name__)
                await asyncio.sleep(_RETRY_S)
            else:
                await asyncio.sleep(self._poll_s)

    async def refresh(self) -> Place:
        """Look once: what was committed before the call is then known of, and whom it may concern is woken."""
        asked = self._begun
        async with self._looking:
            # A look that began after this was asked for is as good as one of its own: many clients come back at once.
            if self._head is None or self._known <= asked:
                self._begun += 1
                head = await inbox_news.number(self._engine)
                await self._wake(self._head, head)
                self._head, self._known = head, self._begun
            return self._head

    async def _wake(self, before: Place | None, head: Place) -> None:
        if head == before:
            return
        concerned = set(self._listeners)
        if before is not None and before.position < head.position:
            async with transaction(self._engine) as conn:
                districts, persons = await inbox_news.touched(conn, after=before.position, until=head.position)
            concerned = {each for each in self._listeners if each.district in districts or each.person in persons}
        for each in concerned:
            each.woken.set()
