"""Links between cases: made, removed, and forgotten with either case."""

from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import delete, insert, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.tables import case_link

_l: Final = case_link.c
_FORGET: Final = text("SELECT case_id, gone FROM forget_links(CAST(:case_ids AS uuid[]))")


async def add(conn: AsyncConnection, values: Mapping[str, object]) -> None:
    """Insert a link.

    Raises:
        sqlalchemy.exc.IntegrityError: the two are linked so already.
    """
    await conn.execute(insert(case_link).values(**values))


async def other_end(conn: AsyncConnection, case_id: UUID, link_id: UUID) -> UUID | None:
    """Return the case that a link of a case leads to, or nothing; whether the caller may see it is not asked."""
    mine = or_(_l.from_case == case_id, _l.to_case == case_id)
    row = (await conn.execute(select(_l.from_case, _l.to_case).where(_l.id == link_id, mine))).one_or_none()
    if row is None:
        return None
    found: UUID = row.to_case if row.from_case == case_id else row.from_case
    return found


async def remove(conn: AsyncConnection, link_id: UUID) -> bool:
    """Remove a link; return whether it was there still."""
    return (await conn.execute(delete(case_link).where(_l.id == link_id))).rowcount == 1


async def forget(conn: AsyncConnection, case_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Remove every link of cases that are erased, those to cases too that the caller may not see; return how many."""
    gone = await conn.execute(_FORGET, {"case_ids": list(case_ids)})
    return {row.case_id: row.gone for row in gone}
