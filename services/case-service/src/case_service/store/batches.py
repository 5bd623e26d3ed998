"""Inserting many rows of a table by one statement, column by column: one row costs as many statements as a thousand."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import Table, TextClause, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

_DIALECT: Final = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's own is without types


def columns_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Return rows, all of the same columns, as a list for each column."""
    return {name: [row[name] for row in rows] for name in rows[0]}


async def insert_columns(conn: AsyncConnection, table: Table, columns: Mapping[str, list[Any]]) -> None:
    """Insert the rows of :func:`columns_of`; what they leave out gets the table's default."""
    await conn.execute(_statement(table, tuple(columns)), dict(columns))


@cache
def _statement(table: Table, names: tuple[str, ...]) -> TextClause:
    return text(insert_sql(table, names))


def insert_sql(table: Table, names: Sequence[str], *, prefix: str = "") -> str:
    """Return the statement; ``prefix`` stands before the name of each column in its parameter's."""
    parts = ", ".join(f"CAST(:{prefix}{name} AS {_type(table, name)}[])" for name in names)
    return f"INSERT INTO {table.name} ({', '.join(names)}) SELECT * FROM unnest({parts})"  # noqa: S608 - names of ours


def _type(table: Table, name: str) -> str:
    return table.c[name].type.compile(_DIALECT)
