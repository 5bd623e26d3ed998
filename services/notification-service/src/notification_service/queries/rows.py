"""Rows as dictionaries by column name."""

from typing import Any

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncConnection

Row = dict[str, Any]


async def many(conn: AsyncConnection, query: Select[Any]) -> list[Row]:
    """Return all rows of a query."""
    return [row._asdict() for row in await conn.execute(query)]


async def one_or_none(conn: AsyncConnection, query: Select[Any]) -> Row | None:
    """Return the row of a query that finds one at the most."""
    row = (await conn.execute(query)).one_or_none()
    return None if row is None else row._asdict()
