"""Which messages wait to be acknowledged, and who acknowledged which."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.domain.happenings import Subject
from notification_service.queries.inbox import Meant
from notification_service.queries.rows import Row, many
from notification_service.tables import demand
from notification_service.visibility import Reader, visible_demands

_MEANT: Final = text("""
SELECT entry_id, needs, subject, subject_id
FROM demands_meant_for_me(CAST(:before AS uuid), CAST(:open AS boolean), CAST(:most AS int))
""")


async def meant_for(conn: AsyncConnection, *, before: UUID | None, open_ones: bool | None, most: int) -> list[Meant]:
    """Return those of the unit of the transaction's stance, the newest first; to ask about."""
    rows = await conn.execute(_MEANT, {"before": before, "open": open_ones, "most": most})
    return [Meant(row.entry_id, row.needs, Subject(row.subject), row.subject_id) for row in rows]


async def several(conn: AsyncConnection, reader: Reader, ids: Sequence[UUID]) -> list[Row]:
    """Return those that the reader may see, the newest first."""
    query = select(demand).where(demand.c.entry_id.in_(ids), visible_demands(reader))
    return await many(conn, query.order_by(demand.c.entry_id.desc()))
