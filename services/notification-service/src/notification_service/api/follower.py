"""Follows one inbox for one stream: from the journal's news to events, each shown only after its reading is recorded.

Whether the reader may see a message is asked anew whenever there is news for their unit and role, and once a minute
besides: what a client shows and may not show any longer is withdrawn, what has become theirs to see is sent.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Final
from uuid import UUID

from forkant_kit.audit.record import Entry
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.api.calls import Call
from notification_service.api.sight import Page, look, look_at_news
from notification_service.api.stream_views import MarkedView, PresentView, ReasonView, UnreadView, WithdrawnView
from notification_service.api.views import EntryView
from notification_service.queries import inbox as queries
from notification_service.queries.inbox_news import Change, Place, What

ACTION: Final = "inbox.stream"
HELD: Final = 200
"""Of how many of the newest messages a stream looks after whether they are still there."""
POSITIONS: Final = "inbox-stream"


class Follower:
    """One client's inbox: how far it was told, and which messages it is taken to show."""

    def __init__(self, call: Call, *, page: Page, met: Place, at: Place | None) -> None:
        """Begin after ``at``; without one the journal does not know the client's place any longer.

        Args:
            call: who reads.
            page: the newest messages, looked at when the journal went as far as ``met`` or further.
            met: where the journal was when the client came.
            at: where the client goes on.
        """
        self._call = call
        self._page: Page | None = page
        self._met = met
        self._at = at or met
        self._lost = at is None
        self._held: set[UUID] = set()
        self._floor: UUID | None = None
        self._unread: UnreadView | None = None

    async def follow(self, head: Place) -> AsyncIterator[bytes]:
        """Give what happened until ``head``; when it fails, the next call goes on where the client got to.

        Raises:
            ProblemError: 503, nobody says what the reader may see, or it can't be recorded that they see it.
        """
        if head.position < self._at.position:
            # A database that was brought back from before; its positions are given a second time.
            self._page, self._met, self._at, self._lost = await self._look(), head, head, True
        if self._page is not None:
            async for event in self._up_to(self._met):
                yield event
            page, self._page = self._page, None
            for event in self._present(page):
                yield event
        async for event in self._up_to(head):
            yield event

    async def look_again(self) -> list[bytes]:
        """Return what differs from what the client shows though the journal tells of nothing, as when a right ends.

        Raises:
            ProblemError: 503, as in :meth:`follow`.
        """
        page = await self._look()
        below, floor = page.following, self._floor
        fresh = [each for each in page.ids if each not in self._held and (floor is None or each > floor)]
        views = await self._read(page.call, fresh)
        gone = [each for each in self._held.difference(page.ids) if below is None or each >= below]
        self._hold(page)
        # Without a place: who comes back may be told of the same once more.
        events = [self._event("entry", view) for view in reversed([*views.values()])]
        events += [self._event("withdrawn", WithdrawnView(id=each)) for each in sorted(gone)]
        return [*events, *self._count(page.unread, more=page.unread_more)]

    async def _look(self) -> Page:
        return await look(self._call, unread=None, kind=None, before=None, limit=HELD)

    def _present(self, page: Page) -> Iterable[bytes]:
        if self._lost:
            self._lost = False
            yield self._event("reset", ReasonView(reason="position-unknown"))
        self._hold(page)
        self._unread = None
        yield self._event("present", PresentView(ids=page.ids, more=page.following is not None))
        yield from self._count(page.unread, more=page.unread_more)

    def _hold(self, page: Page) -> None:
        self._held, self._floor = {*page.ids}, page.following

    async def _up_to(self, until: Place) -> AsyncIterator[bytes]:
        while self._at.position < until.position:
            for event in await self._some(until):
                yield event

    async def _some(self, until: Place) -> list[bytes]:
        found = await look_at_news(self._call, after=self._at.position, until=until.position)
        views = await self._read(found.call, found.ids)
        events = [event for change in found.changes if (event := self._told(change, views.get(change.entry_id)))]
        # What came and went unseen moves the place too, but no client hears of it.
        self._at = found.changes[-1].place if found.full else until
        return [*events, *self._count(found.unread, more=found.unread_more)] if found.changes else []

    def _told(self, change: Change, view: EntryView | None) -> bytes | None:
        if view is None:
            if change.entry_id not in self._held:
                return None
            self._held.discard(change.entry_id)
            return self._event("withdrawn", WithdrawnView(id=change.entry_id), change.place)
        match change.what:
            case What.MARKED if view.read_at is not None:
                marked = MarkedView(id=view.id, read_at=view.read_at, acknowledged_at=view.acknowledged_at)
                return self._event("marked", marked, change.place)
            case What.MADE | What.SHOWN if view.id not in self._held:
                # One that came while the stream was opened is among the present: who lacks it reads it.
                self._held.add(view.id)
                return self._event("entry", view, change.place)
        return None

    async def _read(self, call: Call, ids: Iterable[UUID]) -> Mapping[UUID, EntryView]:
        """Return messages to show, the newest first, once it is committed that they are shown."""
        wanted = [*ids]
        if not wanted:
            return {}

        async def work(conn: AsyncConnection) -> dict[UUID, EntryView]:
            views = [EntryView.of(row) for row in await queries.several(conn, call.reader, wanted)]
            await call.record(conn, ACTION, (id_ for view in views for id_ in (view.id, view.subject_id)))
            return {view.id: view for view in views}

        return await call.read(work)

    def _count(self, unread: int, *, more: bool) -> Iterable[bytes]:
        count = UnreadView(unread_count=unread, unread_more=more)
        if count != self._unread:
            self._unread = count
            yield self._event("unread", count, self._at)

    def _event(self, name: str, data: BaseModel, place: Place | None = None) -> bytes:
        at = "" if place is None else f"id: {self._call.cursor_at(POSITIONS, place.stamp)}\n"
        return f"{at}event: {name}\ndata: {data.model_dump_json()}\n\n".encode()


def opening(page: Page) -> Entry:
    """Return what is recorded when a stream begins: the messages whose ids it names."""
    return Entry(action=ACTION, object_kind="inbox", object_ids=page.ids)
