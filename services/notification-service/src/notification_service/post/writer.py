"""Writes letters: works out who wants to be told of a new entry, and puts it into a letter for each.

In the transaction that writes the last of an entry's letters its call ends, so that none is forgotten and none is
written twice, whoever dies. An entry that is for very many people is written page by page.
"""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service import metrics
from notification_service.domain.kinds import Kind
from notification_service.domain.pacing import Pace
from notification_service.domain.posting import after, slot
from notification_service.post.desk import Desk
from notification_service.store import letter_writing
from notification_service.store.choices import pace_in

_HOUR: Final = timedelta(hours=1)


async def write_some(desk: Desk) -> int:
    """Write letters about some entries; return how many entries there were."""
    async with desk.engine.begin() as conn:
        calls = await letter_writing.called(conn, most=desk.config.entries_at_once)
        for call in calls:
            await _write_about(conn, desk, call.entry_id, Kind(call.kind), after_person=call.after_person)
    return len(calls)


async def _write_about(conn: AsyncConnection, desk: Desk, entry_id: UUID, kind: Kind, *, after_person: str) -> None:
    now, most = desk.now(), desk.config.people_on_a_page
    since = now - desk.config.standing_holds
    rows = await letter_writing.to_tell(conn, entry_id, after=after_person, since=since, most=most)
    sent = await letter_writing.recent(conn, (row.person for row in rows), since=now - _HOUR)
    for row in rows:
        pace = pace_in(row)
        for channel in row.channels:
            await _put(conn, desk, entry_id, kind, row.person, channel, pace, sent.get((row.person, channel), 0))
    await letter_writing.told_up_to(conn, entry_id, after=rows[-1].person if len(rows) == most else None)


async def _put(  # noqa: PLR0917 - one person, one entry, one channel
    conn: AsyncConnection, desk: Desk, entry_id: UUID, kind: Kind, person: str, channel: str, pace: Pace, recent: int
) -> None:
    now: Any = desk.now()
    where = slot(pace, kind, now=now, recent=recent)
    if where is None:
        return
    letter_id = None
    while letter_id is None:
        found = await letter_writing.write(
            conn, letter_id=desk.new_id(), person=person, channel=channel, slot=where, now=now
        )
        if found is None:
            where = after(pace, where)
        letter_id = found
    await letter_writing.tell(conn, letter_id=letter_id, entry_id=entry_id, person=person, channel=channel)
    metrics.LETTERS_WRITTEN.labels(channel, where.purpose.value).inc()
