"""What of a person's messages, and of the log of deliveries, is theirs to see: less what they may not know of.

Messages are read in windows, the newest first, and each window is one question to the case service. So a page costs the
same however long the inbox is; among many messages about others' cases it may come out short, and goes on at `next`.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from forkant_contracts.visibility import MOST_ASKED, VisibilityQuestion
from forkant_kit.problems import not_found
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.api.calls import Call
from notification_service.domain.audiences import Needs
from notification_service.domain.happenings import Subject
from notification_service.queries import demands
from notification_service.queries.inbox import Meant, meant_for
from notification_service.queries.inbox_news import Change, news
from notification_service.queries.subscriptions import Match
from notification_service.visibility import Sight

MOST_COUNTED: Final = 1_000
"""How many unread messages are looked at to count those that the reader may see."""
WINDOW: Final = 500
MOST_WINDOWS: Final = 4
"""How many messages are looked at for one page: four windows of 500."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which entries to show, for whom, and where to go on; with the count of what is not read."""

    call: Call
    ids: tuple[UUID, ...]
    following: UUID | None
    unread: int
    unread_more: bool


NEWS: Final = 200
"""How many changes of an inbox are told of at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What changed in an inbox, for whom, and which of the messages to show; with the count of what is not read."""

    call: Call
    changes: tuple[Change, ...]
    ids: tuple[UUID, ...]
    unread: int
    unread_more: bool

    @property
    def full(self) -> bool:
        """Whether there may be more."""
        return len(self.changes) == NEWS


async def look(call: Call, *, unread: bool | None, kind: str | None, before: UUID | None, limit: int) -> Page:
    """Return the newest entries below ``before`` that the caller may see, up to ``limit``.

    Raises:
        ProblemError: 503, nobody says what the caller may see.
    """
    not_read = await call.peek(lambda conn: meant_for(conn, unread=True, most=MOST_COUNTED + 1))

    async def window(at: UUID | None) -> list[Meant]:
        return await call.peek(lambda conn: meant_for(conn, before=at, kind=kind, unread=unread, most=WINDOW))

    sight, ids, following = await _walk(call, window, before=before, limit=limit, besides=not_read)
    return Page(
        call=call.seeing(sight),
        ids=ids,
        following=following,
        unread=len(_shown(not_read[:MOST_COUNTED], sight)),
        unread_more=len(not_read) > MOST_COUNTED,
    )


async def look_at_news(call: Call, *, after: int, until: int) -> News:
    """Return what changed in the caller's inbox between two positions of its journal, ``NEWS`` changes at the most.

    Raises:
        ProblemError: 503, nobody says what the caller may see.
    """

    async def work(conn: AsyncConnection) -> tuple[list[Change], list[Meant]]:
        changes = await news(conn, after=after, until=until, most=NEWS)
        return changes, await meant_for(conn, unread=True, most=MOST_COUNTED + 1) if changes else []

    changes, not_read = await call.peek(work)
    there = [change.meant for change in changes if change.meant is not None]
    sight = await _ask(call, Sight(), [*there, *not_read])
    return News(
        call=call.seeing(sight),
        changes=tuple(changes),
        ids=tuple(dict.fromkeys(_shown(there, sight))),
        unread=len(_shown(not_read[:MOST_COUNTED], sight)),
        unread_more=len(not_read) > MOST_COUNTED,
    )


async def look_at_demands(call: Call, *, open_ones: bool | None, before: UUID | None, limit: int) -> Page:
    """Return the newest messages below ``before`` that must be acknowledged and that the caller may see.

    Raises:
        ProblemError: 503, nobody says what the caller may see.
    """

    async def window(at: UUID | None) -> list[Meant]:
        return await call.peek(lambda conn: demands.meant_for(conn, before=at, open_ones=open_ones, most=WINDOW))

    sight, ids, following = await _walk(call, window, before=before, limit=limit)
    return Page(call=call.seeing(sight), ids=ids, following=following, unread=0, unread_more=False)


async def look_at(call: Call, entry_id: UUID) -> Call:
    """Return the call of somebody who may see this entry.

    Raises:
        ProblemError: 404, there is none for the caller; 503, nobody says what the caller may see.
    """
    found = await call.peek(lambda conn: meant_for(conn, only=entry_id))
    sight = await _ask(call, Sight(), found)
    if not _shown(found, sight):
        raise not_found()
    return call.seeing(sight)


async def look_into_log(call: Call, find: Callable[[AsyncConnection], Awaitable[frozenset[UUID]]]) -> Call:
    """Return the call of somebody of whom it is known which of the found cases and concerns they may see.

    Nobody is asked about a service: it is told by unit, as its endpoint is.

    Args:
        call: who asks.
        find: what finds the ids.

    Raises:
        ProblemError: 503, nobody says what the caller may see.
    """
    if call.owner.subject is not None:
        return call
    found = await call.peek(find)
    # An id does not say which of both it is of.
    return call.seeing(await _answer(call, Sight(), {subject: {*found} for subject in Subject}))


async def _walk(
    call: Call,
    window_below: Callable[[UUID | None], Awaitable[list[Meant]]],
    *,
    before: UUID | None,
    limit: int,
    besides: Sequence[Meant] = (),
) -> tuple[Sight, tuple[UUID, ...], UUID | None]:
    """Return what the caller may see of the windows and ``besides``, the ids of a page, and where it goes on."""
    ids: list[UUID] = []
    at, sight = before, Sight()
    for _ in range(MOST_WINDOWS):
        window = await window_below(at)
        sight = await _ask(call, sight, [*window, *besides])
        ids += _shown(window, sight)
        at = window[-1].entry_id if len(window) == WINDOW else None
        if at is None or len(ids) > limit:
            break
    return sight, tuple(ids[:limit]), ids[limit - 1] if len(ids) > limit else at


async def look_at_all(call: Call, messages: Sequence[Match]) -> list[Match]:
    """Return those of some messages, ``MOST_ASKED`` at the most, that the caller may see.

    Raises:
        ProblemError: 503, nobody says what the caller may see.
    """
    sight = await _ask(call, Sight(), messages)
    return [each for each in messages if sight.shows(each.needs, each.subject_id)]


async def seeing_of(call: Call, messages: Sequence[Match]) -> Call:
    """Return the call of somebody of whom it is known which of some messages they may see.

    Raises:
        ProblemError: 503, nobody says what the caller may see.
    """
    return call.seeing(await _ask(call, Sight(), messages))


async def sees_case(call: Call, case_id: UUID) -> bool:
    """Whether the caller may see a case now.

    Raises:
        ProblemError: 503, nobody says what the caller may see.
    """
    return case_id in (await _answer(call, Sight(), {Subject.CASE: {case_id}, Subject.CONCERN: set()})).now


def _shown(messages: Iterable[Meant], sight: Sight) -> list[UUID]:
    return [each.entry_id for each in messages if sight.shows(each.needs, each.subject_id)]


async def _ask(call: Call, known: Sight, messages: Iterable[Meant | Match]) -> Sight:
    asked = {subject: set[UUID]() for subject in Subject}
    for each in messages:
        if each.needs != Needs.ROLE and each.subject_id not in known.ever:
            asked[each.subject].add(each.subject_id)
    return await _answer(call, known, asked)


async def _answer(call: Call, known: Sight, asked: Mapping[Subject, set[UUID]]) -> Sight:
    question = VisibilityQuestion(cases=_in_order(asked[Subject.CASE]), concerns=_in_order(asked[Subject.CONCERN]))
    if not question.cases and not question.concerns:
        return known
    answer = await call.visible(question)
    # What was not asked is not taken from an answer.
    now = (asked[Subject.CASE] & {*answer.cases}) | (asked[Subject.CONCERN] & {*answer.concerns})
    former = asked[Subject.CASE] & {*answer.former_cases, *answer.offered_cases}
    return replace(known, now=known.now | now, former=known.former | former)


def _in_order(ids: set[UUID]) -> tuple[UUID, ...]:
    return tuple(sorted(ids))


assert WINDOW + MOST_COUNTED < MOST_ASKED  # noqa: S101 - of two constants
