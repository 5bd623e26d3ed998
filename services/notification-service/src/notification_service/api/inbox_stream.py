"""The live inbox (server-sent events): what comes, goes and is marked, from where a client left off."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Annotated, Final

import anyio
import structlog
from fastapi import APIRouter, Header
from forkant_kit.audit.record import record_alone
from forkant_kit.problems import ProblemError
from forkant_kit.right import Right, right_of
from forkant_kit.sse import EventStream, end_event, wait_for_change
from sqlalchemy.exc import SQLAlchemyError

from notification_service.api.calls import Call, reading
from notification_service.api.feed import Feed
from notification_service.api.follower import HELD, POSITIONS, Follower, opening
from notification_service.api.sight import look
from notification_service.queries.inbox_news import position_of

router = APIRouter(prefix="/v1/inbox", tags=["inbox"])

LOOK_AGAIN_S: Final = 60.0
"""How often it is asked anew what the reader may see though nothing happened in the inbox."""
_REST_S: Final = 1.0
_RETRY_S: Final = 2.0
_HEARTBEAT_S: Final = 15.0
_HEARTBEAT: Final = b": still here\n\n"
_STOP_SEEN_WITHIN_S: Final = 1.0
_log = structlog.get_logger(__name__)


@router.get("/stream", response_class=EventStream, status_code=200)
async def stream_inbox(
    call: Annotated[Call, reading("inbox.stream")],
    last_event_id: Annotated[str | None, Header(description="The id of the last event that came.")] = None,
) -> EventStream:
    """Stream what comes into the inbox, leaves it and is read, as it happens.

    It begins with `present`, the ids of the newest messages, and `unread`; then `entry` (the body of
    `GET /v1/inbox/{entry_id}`), `marked`, `withdrawn`, and `unread` whenever the count changes. With `Last-Event-ID`
    what happened since comes before `present`; a position that is not known any more is answered by `reset`, one that
    was not given to you by 400 `invalid-cursor`. It ends with an `end` event that says why: `token-expired`;
    `token-revoked`, within five seconds; `right-unconfirmed`, when the issuer is silent; `shutting-down`. Come back
    with the last id, and a new token where the old one ended.
    """
    feed = call.tools.feed
    stamp = call.before(POSITIONS, last_event_id or None)
    _refuse_too_many(call, feed)
    # What the client missed comes before `present`, all of it: nothing committed by now is left to be numbered later.
    head = await feed.refresh()
    at = head if stamp is None else await call.peek(lambda conn: position_of(conn, stamp))
    page = await look(call, unread=None, kind=None, before=None, limit=HELD)
    await record_alone(call.tools.engine, call.trail, opening(page))
    follower, stopping = Follower(call, page=page, met=head, at=at), anyio.Event()
    return EventStream(_events(call, follower, stopping, right_of(call.request)), stopping=stopping)


def _refuse_too_many(call: Call, feed: Feed) -> None:
    if feed.streams_of(call.principal.subject) >= call.tools.streams_of_a_person:
        detail = "You have as many streams open as one person may; close one, or let your tabs share one."
        raise ProblemError(429, "too-many-streams", "Too many streams", detail, headers={"Retry-After": "5"})
    if feed.streams >= call.tools.streams:
        detail = "This process has as many streams as it takes; try again soon."
        raise ProblemError(503, "too-many-streams", "Too many streams", detail, headers={"Retry-After": "5"})


async def _events(call: Call, follower: Follower, stopping: anyio.Event, right: Right) -> AsyncIterator[bytes]:
    pace = _Pace()
    with call.tools.feed.listen(call.reader) as woken:
        right.on_end(woken.set)
        # What happened since the client was let in.
        woken.set()
        while right.ended is None and not stopping.is_set():
            try:
                async for event in _due(call.tools.feed, follower, woken, pace):
                    yield event
                    if right.ended is not None:
                        break
            except (ProblemError, SQLAlchemyError, OSError, TimeoutError) as error:
                # Nothing is shown, and nothing skipped: it goes on from the same place.
                _log.warning("inbox_stream_waits", error=getattr(error, "code", type(error).__name__))
                woken.set()
                pace.rest(_RETRY_S)
            if pace.silent():
                yield _HEARTBEAT
            if right.ended is None:
                await pace.wait(woken)
        # One whose right ended is shown nothing more, not even what had changed by then.
        yield end_event(right.ended)


async def _due(feed: Feed, follower: Follower, woken: asyncio.Event, pace: "_Pace") -> AsyncIterator[bytes]:
    """Give what there is to tell now, if anything."""
    again = pace.looks_again()
    if not (woken.is_set() or again):
        return
    woken.clear()
    pace.rest(_REST_S)
    async for event in follower.follow(await feed.head()):
        pace.sent()
        yield event
    if again:
        for event in await follower.look_again():
            pace.sent()
            yield event
        pace.looked_again()


class _Pace:
    """When a stream is to do what: many changes within a second are one look and one question."""

    def __init__(self) -> None:
        now = time.monotonic()
        self._rests_until = now
        self._again_at = now + LOOK_AGAIN_S
        self._sent_at = now

    def rest(self, seconds: float) -> None:
        self._rests_until = time.monotonic() + seconds

    def looks_again(self) -> bool:
        return time.monotonic() >= self._again_at

    def looked_again(self) -> None:
        self._again_at = time.monotonic() + LOOK_AGAIN_S

    def sent(self) -> None:
        self._sent_at = time.monotonic()

    def silent(self) -> bool:
        now = time.monotonic()
        if now - self._sent_at < _HEARTBEAT_S:
            return False
        self._sent_at = now
        return True

    async def wait(self, woken: asyncio.Event) -> None:
        await wait_for_change(woken, _STOP_SEEN_WITHIN_S)
        await asyncio.sleep(max(0.0, self._rests_until - time.monotonic()))
