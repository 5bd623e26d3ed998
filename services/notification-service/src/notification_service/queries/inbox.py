"""A person's inbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, and_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.domain.happenings import Subject
from notification_service.queries.rows import Row, many, one_or_none
from notification_service.tables import inbox_entry, inbox_mark
from notification_service.visibility import Reader, visible_entries

_MEANT: Final = text("""
SELECT entry_id, needs, subject, subject_id FROM inbox_meant_for_me(
    CAST(:only AS uuid), CAST(:before AS uuid), CAST(:kind AS text), CAST(:unread AS boolean), CAST(:most AS int)
)
""")


@dataclass(frozen=True, slots=True)
class Meant:
    """A message for the reader's unit and role, of which it is not known yet whether the reader may see it."""

    entry_id: UUID
    needs: str
    subject: Subject
    subject_id: UUID


async def meant_for(
    conn: AsyncConnection,
    *,
    only: UUID | None = None,
    before: UUID | None = None,
    kind: str | None = None,
    unread: bool | None = None,
    most: int = 1,
) -> list[Meant]:
    """Return what is meant for the unit and roles of the transaction's stance, the newest first; to ask about."""
    bind = {"only": only, "before": before, "kind": kind, "unread": unread, "most": most}
    rows = await conn.execute(_MEANT, bind)
    return [Meant(row.entry_id, row.needs, Subject(row.subject), row.subject_id) for row in rows]


async def several(conn: AsyncConnection, reader: Reader, ids: Sequence[UUID]) -> list[Row]:
    """Return those of the entries that the reader may see, the newest first."""
    query = _entries(reader).where(inbox_entry.c.id.in_(ids)).order_by(inbox_entry.c.id.desc())
    return await many(conn, query)


async def one(conn: AsyncConnection, reader: Reader, entry_id: UUID) -> Row | None:
    """Return one entry, or None when there is none that the reader may see."""
    return await one_or_none(conn, _entries(reader).where(inbox_entry.c.id == entry_id))


def _entries(reader: Reader) -> Select[Any]:
    own_mark = and_(inbox_mark.c.entry_id == inbox_entry.c.id, inbox_mark.c.person == reader.person)
    return (
        select(inbox_entry, inbox_mark.c.read_at, inbox_mark.c.acknowledged_at)
        .outerjoin(inbox_mark, own_mark)
        .where(visible_entries(reader))
    )
