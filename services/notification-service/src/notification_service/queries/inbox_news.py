"""What became of messages since a position of the journal, in the order in which it could be read.

Positions are given after the commit that they speak of, by one transaction at a time: whoever has read up to one has
missed nothing below it, whichever transaction began first.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from forkant_kit.db import transaction
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from notification_service.domain.happenings import Subject
from notification_service.queries.inbox import Meant

_NUMBER: Final = text("SELECT newest, newest_stamp, more FROM number_inbox_changes()")
_TOUCHED: Final = text("SELECT district, person FROM inbox_touched(:after, :until)")
_POSITION: Final = text("SELECT inbox_position(:stamp)")
_NEWS: Final = text("""
SELECT place, stamp, what, entry_id, needs, subject, subject_id FROM inbox_news_for_me(:after, :until, :most)
""")


class What(StrEnum):
    """What became of a message: ``hidden`` and ``shown`` by a restriction of its case and the end of one."""

    MADE = "made"
    GONE = "gone"
    HIDDEN = "hidden"
    SHOWN = "shown"
    MARKED = "marked"


@dataclass(frozen=True, slots=True)
class Place:
    """A position of the journal, and the stamp by which a client names it without learning how much happens."""

    position: int
    stamp: UUID


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the journal; ``meant`` is its message while it is there for the unit and roles of the reader."""

    place: Place
    what: What
    entry_id: UUID
    meant: Meant | None


async def number(engine: AsyncEngine) -> Place:
    """Give positions to all that was committed before the call, some thousands at a time, and return the newest."""
    while True:
        async with transaction(engine) as conn:
            row = (await conn.execute(_NUMBER)).one()
        if not row.more:
            return Place(row.newest, row.newest_stamp)


async def touched(conn: AsyncConnection, *, after: int, until: int) -> tuple[frozenset[str], frozenset[str]]:
    """Return the districts and the persons whose inboxes changed between two positions."""
    rows = (await conn.execute(_TOUCHED, {"after": after, "until": until})).all()
    districts = frozenset(row.district for row in rows if row.district is not None)
    return districts, frozenset(row.person for row in rows if row.person is not None)


async def position_of(conn: AsyncConnection, stamp: UUID) -> Place | None:
    """Return a place that the journal still knows."""
    found: int | None = (await conn.execute(_POSITION, {"stamp": stamp})).scalar_one()
    return None if found is None else Place(found, stamp)


async def news(conn: AsyncConnection, *, after: int, until: int, most: int) -> list[Change]:
    """Return what changed for the unit, roles and person of the transaction's stance, the oldest first."""
    rows = await conn.execute(_NEWS, {"after": after, "until": until, "most": most})
    return [
        Change(
            Place(row.place, row.stamp),
            What(row.what),
            row.entry_id,
            None if row.subject is None else Meant(row.entry_id, row.needs, Subject(row.subject), row.subject_id),
        )
        for row in rows
    ]
