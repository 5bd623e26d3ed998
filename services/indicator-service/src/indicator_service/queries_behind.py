"""Reads: the facts behind a figure, of one district, in order of their ids."""

from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service.aggregation.facts import Fact
from indicator_service.fact_codec import case_from_json, concern_from_json

BEFORE_ALL: Final = UUID(int=0)
_CASES: Final = text("SELECT id, fact FROM cases_behind(:generation, :district, :after, :most)")
_CONCERNS: Final = text("SELECT id, fact FROM concerns_behind(:generation, :district, :after, :most)")


async def facts_behind(
    conn: AsyncConnection, *, concerns: bool, generation: int, district: str, after: UUID, most: int
) -> list[tuple[UUID, Fact]]:
    """Return the next facts of a district, for a transaction whose stance says that it looks behind its figures.

    Args:
        conn: the transaction.
        concerns: whether concerns are meant, not cases.
        generation: whose facts.
        district: a unit, with its operational units.
        after: the id after which to go on.
        most: how many at most.
    """
    bind = {"generation": generation, "district": district, "after": after, "most": most}
    rows = await conn.execute(_CONCERNS if concerns else _CASES, bind)
    read = concern_from_json if concerns else case_from_json
    return [(row.id, read(row.fact)) for row in rows]
