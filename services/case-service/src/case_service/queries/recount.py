"""What is counted of cases and concerns, by functions of the database's owner that hand out codes and moments alone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

_NOW: Final = text("SELECT clock_timestamp()")
_ROWS: Final = {
    name: text(f"SELECT {name}(:after, :asked, :most)").bindparams(
        bindparam("after", type_=Uuid), bindparam("asked", type_=ARRAY(Uuid))
    )
    for name in ("recount_cases", "recount_concerns")
}


async def now(conn: AsyncConnection) -> datetime:
    """Return the database's moment: what was read before it in the transaction was committed by then."""
    moment: datetime = (await conn.execute(_NOW)).scalar_one()
    return moment


async def cases(conn: AsyncConnection, *, after: UUID, asked: Sequence[UUID], most: int) -> list[Any]:
    """Return what is counted of the cases after an id, or of those asked about, in order of id."""
    return await _rows(conn, "recount_cases", after=after, asked=asked, most=most)


async def concerns(conn: AsyncConnection, *, after: UUID, asked: Sequence[UUID], most: int) -> list[Any]:
    """Return what is counted of the concerns after an id, or of those asked about, in order of id."""
    return await _rows(conn, "recount_concerns", after=after, asked=asked, most=most)


async def _rows(conn: AsyncConnection, name: str, *, after: UUID, asked: Sequence[UUID], most: int) -> list[Any]:
    rows = await conn.execute(_ROWS[name], {"after": after, "asked": list(asked), "most": most})
    return list(rows.scalars())
