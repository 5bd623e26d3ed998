"""Contents that go from the database to the object store, one at a time, as they are sealed."""

from typing import Final
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.store.attachments import ContentState
from case_service.tables import attachment_content, attachment_segment

_c: Final = attachment_content.c
_s: Final = attachment_segment.c
_IN_DATABASE: Final = (_c.state == ContentState.KEPT.value, _c.object_name.is_(None))


async def next_content(conn: AsyncConnection, after: UUID) -> UUID | None:
    """Return the next content that came whole and is in the database."""
    query = select(_c.id).where(*_IN_DATABASE, _c.id > after).order_by(_c.id).limit(1)
    return (await conn.execute(query)).scalar_one_or_none()


async def segment(conn: AsyncConnection, content_id: UUID, position: int) -> bytes | None:
    """Return a segment, or nothing behind the last."""
    query = select(_s.sealed).where(_s.content_id == content_id, _s.position == position)
    return (await conn.execute(query)).scalar_one_or_none()


async def moved(conn: AsyncConnection, content_id: UUID, *, object_name: UUID, segments: int) -> bool:
    """Write that a content is so many objects now, and delete its rows; return whether it was there still.

    Raises:
        ValueError: it has another number of segments than were copied; nothing may be deleted then.
    """
    named = update(attachment_content).where(_c.id == content_id, *_IN_DATABASE).values(object_name=object_name)
    if (await conn.execute(named)).rowcount != 1:
        return False
    gone = await conn.execute(delete(attachment_segment).where(_s.content_id == content_id))
    if gone.rowcount != segments:
        raise ValueError(f"content {content_id} has {gone.rowcount} segments, and {segments} were copied")
    return True
