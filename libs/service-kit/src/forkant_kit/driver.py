"""Statements that are sent by the driver itself: those that nearly every request runs.

SQLAlchemy spends some hundred microseconds of processor time on a statement before the driver has it, which is more
than anything that such a statement does here. What is sent in this way belongs to the transaction of its connection as
any other, and fails with the same errors; it is text with named parameters, and returns no rows.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import asyncpg
from sqlalchemy import TextClause
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection

_NAME: Final = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")
"""A named parameter, as SQLAlchemy reads one: not the type of a cast, nor a bound of a slice."""
_KINDS: Final[Mapping[str, type[DBAPIError]]] = {"23": IntegrityError, "42": ProgrammingError}
"""The errors that callers tell apart, by the class of their SQLSTATE."""
_FAULTS: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class DriverError(Exception):
    """What the driver raised, as the ``orig`` of SQLAlchemy's error; the driver's own is its cause."""

    def __init__(self, error: BaseException) -> None:
        """Keep the type and the SQLSTATE: the text may repeat what was sent."""
        super().__init__(type(error).__name__)
        self.sqlstate: str | None = getattr(error, "sqlstate", None)
        self.__cause__ = error


def driver_of(conn: AsyncConnection) -> "asyncpg.Connection[asyncpg.Record]":
    """Return the driver's connection below one that is checked out."""
    assert conn.sync_connection is not None  # noqa: S101 - it is while it is checked out
    driver: asyncpg.Connection[asyncpg.Record] = conn.sync_connection.connection.driver_connection
    return driver


async def run(conn: AsyncConnection, statement: TextClause, bound: Mapping[str, Any]) -> int:
    """Run a statement in the caller's transaction, and return how many rows it wrote.

    The first statement of a transaction begins it, which is SQLAlchemy's to do, and goes its way.

    Raises:
        sqlalchemy.exc.DBAPIError: as :meth:`AsyncConnection.execute` raises it, without what was bound.
    """
    driver = driver_of(conn)
    if not driver.is_in_transaction():
        return (await conn.execute(statement, bound)).rowcount
    sql, names = _numbered(statement.text)
    try:
        status = await driver.execute(sql, *[bound[name] for name in names])
    except _FAULTS as error:
        if lost := driver.is_closed():
            # Else the end of the transaction would ask it to roll back, and fail with that.
            await conn.invalidate(error)
        raise _translated(error, sql, lost=lost) from error
    return int(status.rpartition(" ")[2])


def _translated(error: BaseException, sql: str, *, lost: bool) -> DBAPIError:
    found = DriverError(error)
    kind = OperationalError if lost else _KINDS.get((found.sqlstate or "")[:2], DBAPIError)
    return kind(sql, None, found, hide_parameters=True, connection_invalidated=lost)


@cache
def _numbered(sql: str) -> tuple[str, tuple[str, ...]]:
    """Return a statement with numbered parameters, and their names in that order."""
    names = tuple(dict.fromkeys(match[1] for match in _NAME.finditer(sql)))
    numbers = {name: f"${number}" for number, name in enumerate(names, start=1)}
    return _NAME.sub(lambda match: numbers[match[1]], sql), names
