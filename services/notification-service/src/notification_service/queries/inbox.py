"""A person's inbox."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.queries.rows import Row, many, one_or_none
from notification_service.tables import inbox_entry, inbox_mark
from notification_service.visibility import Reader, visible_entries

MOST_COUNTED: Final = 1_000


async def page(
    conn: AsyncConnection, reader: Reader, *, unread: bool | None, kind: str | None, before: UUID | None, limit: int
) -> list[Row]:
    """Return up to ``limit`` entries below the id ``before``, the newest first."""
    query = _entries(reader).order_by(inbox_entry.c.id.desc()).limit(limit)
    if unread is not None:
        query = query.where(inbox_mark.c.read_at.is_(None) if unread else inbox_mark.c.read_at.is_not(None))
    if kind is not None:
        query = query.where(inbox_entry.c.kind == kind)
    if before is not None:
        query = query.where(inbox_entry.c.id < before)
    return await many(conn, query)


async def one(conn: AsyncConnection, reader: Reader, entry_id: UUID) -> Row | None:
    """Return one entry, or None when there is none that the reader may see."""
    return await one_or_none(conn, _entries(reader).where(inbox_entry.c.id == entry_id))


async def count_unread(conn: AsyncConnection, reader: Reader) -> tuple[int, bool]:
    """Return how many entries the reader has not read, up to a thousand, and whether there are more."""
    unread = _entries(reader).where(inbox_mark.c.read_at.is_(None)).limit(MOST_COUNTED + 1).subquery()
    found = int((await conn.execute(select(func.count()).select_from(unread))).scalar_one())
    return min(found, MOST_COUNTED), found > MOST_COUNTED


def _entries(reader: Reader) -> Select[Any]:
    own_mark = and_(inbox_mark.c.entry_id == inbox_entry.c.id, inbox_mark.c.person == reader.person)
    return (
        select(inbox_entry, inbox_mark.c.read_at, inbox_mark.c.acknowledged_at)
        .outerjoin(inbox_mark, own_mark)
        .where(visible_entries(reader))
    )
