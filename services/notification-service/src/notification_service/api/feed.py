"""The feed of a process: it looks once for all streams whether inboxes changed, and wakes those that it may concern."""

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
        self.head: Place | None = None
        """The newest place of the journal; None before the first look."""
        self.ready = asyncio.Event()

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
        try:
            yield listener.woken
        finally:
            self._listeners.discard(listener)

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            try:
                await self.refresh()
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                _log.warning("inbox_feed_failed", error=type(error).__name__)
                await asyncio.sleep(_RETRY_S)
            else:
                await asyncio.sleep(self._poll_s)

    async def refresh(self) -> None:
        """Look once: what was committed before the call is then known of, and whom it may concern is woken."""
        before = self.head
        async with transaction(self._engine) as conn:
            head = await inbox_news.number(conn)
        if head is None or head == before:
            return
        concerned = set(self._listeners)
        if before is not None and before.position < head.position:
            async with transaction(self._engine) as conn:
                districts, persons = await inbox_news.touched(conn, after=before.position, until=head.position)
            concerned = {each for each in self._listeners if each.district in districts or each.person in persons}
        self.head = head
        self.ready.set()
        for each in concerned:
            each.woken.set()
