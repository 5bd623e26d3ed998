"""Reading and acknowledging."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.domain.refusals import Code, Refusal
from notification_service.store import inbox
from notification_service.visibility import Reader


async def mark(conn: AsyncConnection, reader: Reader, entry_id: UUID, *, acknowledge: bool, now: datetime) -> UUID:
    """Note that a person has read an entry, and acknowledged it when asked; return what the entry is about.

    Raises:
        Refusal: the person has no such entry.
    """
    subject_id = await inbox.subject_of(conn, reader, entry_id=entry_id)
    if subject_id is None:
        raise Refusal(Code.NOT_FOUND)
    await inbox.mark(conn, entry_id=entry_id, person=reader.person, acknowledge=acknowledge, now=now)
    return subject_id
