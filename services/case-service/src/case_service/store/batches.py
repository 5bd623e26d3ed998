"""Inserting many rows by columns: a thousand rows cost as many statements as one, and several tables as many as one."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from forkant_kit.driver import run
from sqlalchemy import ARRAY, Table, TextClause, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

_DIALECT: Final = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's own is without types

Columns = Mapping[str, list[Any]]
"""Rows of one table, all of the same columns, as a list for each column.

The value of a column of arrays is the array as PostgreSQL writes it, since it takes lists of lists for rectangles.
"""
_Names = tuple[tuple[Table, tuple[str, ...]], ...]


def columns_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Return rows, all of the same columns, as a list for each column."""
    return {name: [row[name] for row in rows] for name in rows[0]}


async def insert_columns(conn: AsyncConnection, rows: Mapping[Table, Columns]) -> None:
    """Insert rows of one or more tables by one statement; a column that is left out gets the table's default.

    No policy and no trigger of one table finds the rows of another that come with it: what looks for those comes after.
    """
    names = tuple((table, tuple(columns)) for table, columns in rows.items())
    lists = {
        _parameter(number, name): values
        for number, columns in enumerate(rows.values())
        for name, values in columns.items()
    }
    single = all(len(values) == 1 for values in lists.values())
    # Plain values are sent and planned for less than lists of one.
    bound = {name: values[0] for name, values in lists.items()} if single else lists
    await run(conn, _statement(names, single), bound)


@cache
def _statement(names: _Names, single: bool) -> TextClause:
    *others, last = (_insert(number, table, columns, single=single) for number, (table, columns) in enumerate(names))
    parts = ", ".join(f"of_{number} AS ({each})" for number, each in enumerate(others))
    return text(f"WITH {parts} {last}" if parts else last)


def _insert(number: int, table: Table, names: Sequence[str], *, single: bool) -> str:
    into = f"INSERT INTO {table.name} ({', '.join(names)})"
    types = [_type(table, name) for name in names]
    sent = ["text" if isinstance(table.c[name].type, ARRAY) else kind for name, kind in zip(names, types, strict=True)]
    given = [f":{_parameter(number, name)}" for name in names]
    if single:
        values = [f"CAST(CAST({each} AS {a}) AS {b})" for each, a, b in zip(given, sent, types, strict=True)]
        return f"{into} VALUES ({', '.join(values)})"
    lists = ", ".join(f"CAST({each} AS {kind}[])" for each, kind in zip(given, sent, strict=True))
    columns = ", ".join(f"CAST(f.{name} AS {kind})" for name, kind in zip(names, types, strict=True))
    return f"{into} SELECT {columns} FROM unnest({lists}) AS f ({', '.join(names)})"  # noqa: S608 - names of ours


def _parameter(number: int, name: str) -> str:
    return f"of_{number}_{name}"


def _type(table: Table, name: str) -> str:
    return table.c[name].type.compile(_DIALECT)
