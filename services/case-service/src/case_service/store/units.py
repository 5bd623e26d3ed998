"""Units as commands and searches ask for them: which hold cases, of which kind, and after which others they came."""

from datetime import date
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.tables import unit, unit_succession

_WITH_CASES: Final = ("district", "special_body")


async def units_with_cases(conn: AsyncConnection, *, day: date | None = None) -> frozenset[str]:
    """Return the units that hold cases: those of a day, or all that ever did."""
    query = select(unit.c.id).where(unit.c.kind.in_(_WITH_CASES))
    if day is not None:
        query = query.where(unit.c.valid_from <= day, or_(unit.c.valid_to.is_(None), unit.c.valid_to > day))
    return frozenset((await conn.execute(query)).scalars())


async def kind_of_units(conn: AsyncConnection) -> dict[str, str]:
    """Return the kind of every unit."""
    return {row.id: row.kind for row in await conn.execute(select(unit.c.id, unit.c.kind))}


async def words_of_units(conn: AsyncConnection) -> dict[str, list[str]]:
    """Return for which units the words of a unit's cases may be kept: itself, and those that it came after."""
    s = unit_succession.c
    rows = (
        await conn.execute(
            select(unit.c.id, s.predecessor)
            .outerjoin_from(unit, unit_succession, s.unit == unit.c.id)
            .where(unit.c.kind.in_(_WITH_CASES))
            .order_by(unit.c.id, s.predecessor)
        )
    ).all()
    before: dict[str, set[str]] = {row.id: set() for row in rows}
    for row in rows:
        before[row.id] |= {row.predecessor} - {None}
    return {one: [one, *sorted(_all_before(one, before))] for one in before}


def _all_before(one: str, before: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    ahead = [*before[one]]
    while ahead:
        each = ahead.pop()
        if each not in found and each != one:
            found.add(each)
            ahead += before.get(each, ())
    return found
