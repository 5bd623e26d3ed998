"""The service's own database: engine, transactions, ids and time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import orjson
import uuid_utils.compat
from sqlalchemy import event, text
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from forkant_kit.db_pool import MeasuredPool
from forkant_kit.driver import driver_of
from forkant_kit.rls.stance import Stance, StancedConnection

_NOW: Final = text("SELECT clock_timestamp()")


def asyncpg_url(url: str) -> str:
    """Return the URL with the driver named, as SQLAlchemy wants it."""
    return url.replace("postgresql://", "postgresql+asyncpg://", 1)


def create_engine(
    database_url: str,
    *,
    application_name: str,
    pool_size: int = 10,
    statement_timeout_s: float = 30.0,
    idle_in_transaction_s: float = 60.0,
    durable: bool = True,
) -> AsyncEngine:
    """Make an engine; connections are opened on first use, and a closed one is replaced without a failed request.

    A statement or an idle transaction that lasts longer than its limit is ended by the server, since an open
    transaction holds back vacuum of the outbox for everyone. Without ``durable`` a commit does not wait for the disk: a
    crash of the server takes back the last moments, in order, so it is for work that is then done again.
    """
    engine = create_async_engine(
        asyncpg_url(database_url),
        poolclass=MeasuredPool,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_use_lifo=True,
        hide_parameters=True,
        json_serializer=_dump_json,
        json_deserializer=orjson.loads,
        connect_args={
            "timeout": 5,
            "connection_class": StancedConnection,
            "server_settings": {
                "application_name": application_name,
                "statement_timeout": str(int(statement_timeout_s * 1000)),
                "idle_in_transaction_session_timeout": str(int(idle_in_transaction_s * 1000)),
                "timezone": "UTC",
                "jit": "off",
                **({} if durable else {"synchronous_commit": "off"}),
            },
        },
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return engine


@asynccontextmanager
async def transaction(
    engine: AsyncEngine, stance: Stance | None = None, *, snapshot: bool = False
) -> AsyncIterator[AsyncConnection]:
    """Open a transaction that commits at the end of the block and rolls back when it raises.

    Row-level security goes by the stance, which ends with the transaction; without one no guarded row is there. The
    engine must be one of :func:`create_engine`. With ``snapshot``, all its statements see the database as of the first.
    """
    async with engine.connect() as conn:
        if snapshot:
            await conn.execution_options(isolation_level="REPEATABLE READ")
        driver = driver_of(conn)
        assert isinstance(driver, StancedConnection)  # noqa: S101 - create_engine makes no others
        driver.take(stance)
        try:
            async with conn.begin():
                yield conn
        finally:
            driver.take(None)


def utc_now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


async def database_now(conn: AsyncConnection) -> datetime:
    """Return the present moment in UTC by the database's clock, which all processes of a service share."""
    found: datetime = (await conn.execute(_NOW)).scalar_one()
    return found


def new_id() -> UUID:
    """Return a new UUIDv7, whose order is the order of making."""
    return uuid_utils.compat.uuid7()


def _refuse_closed(dbapi_connection: Any, _record: Any, _proxy: Any) -> None:
    # asyncpg knows at once when the server hangs up, so that a restart of PostgreSQL needs no ping at each checkout.
    if dbapi_connection.driver_connection.is_closed():
        raise DisconnectionError("the server closed this connection")


def _dump_json(value: Any) -> str:
    return orjson.dumps(value).decode()
