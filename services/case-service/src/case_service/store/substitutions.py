"""Who stands in for whom while they are on leave."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Final
from uuid import UUID

from forkant_kit.access.grants import Substitution
from forkant_kit.access.schema import access_substitution
from sqlalchemy import RowMapping, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

_s: Final = access_substitution.c


async def add(conn: AsyncConnection, made: UUID, leave: Substitution, *, unit: str, by: str) -> None:
    """Insert a substitution."""
    await conn.execute(insert(access_substitution).values(id=made, unit=unit, made_by=by, **asdict(leave)))


async def end(conn: AsyncConnection, substitution_id: UUID, *, unit: str, at: datetime, by: str) -> bool:
    """End a substitution that is not over; return whether there was one."""
    ended = update(access_substitution).where(_s.id == substitution_id, _s.unit == unit, _s.valid_to > at)
    # One that has not begun ends where it would have begun, so that it never holds.
    values = {"valid_to": func.greatest(_s.valid_from, at), "ended_by": by}
    return (await conn.execute(ended.where(_s.ended_by.is_(None)).values(**values))).rowcount == 1


async def listed(conn: AsyncConnection, *, unit: str, before: UUID | None, limit: int) -> Sequence[RowMapping]:
    """Return a page of a unit's substitutions, newest first."""
    statement = select(access_substitution).where(_s.unit == unit).order_by(_s.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(_s.id < before)
    return (await conn.execute(statement)).mappings().all()
