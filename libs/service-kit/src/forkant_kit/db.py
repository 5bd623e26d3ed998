"""The database: the engine of a process, one transaction at a time, and the clock and ids that rows get."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from uuid_utils.compat import uuid7

from forkant_kit.settings import ServiceSettings

_IDLE_IN_TRANSACTION_MS: Final = 15_000
_LOCK_TIMEOUT_MS: Final = 5_000
_CONNECT_TIMEOUT_S: Final = 5.0
_POOL_WAIT_S: Final = 5.0
_RECYCLE_S: Final = 1_800


def asyncpg_url(url: str) -> str:
    """Return a ``postgresql://`` URL in the form that SQLAlchemy takes for asyncpg."""
    scheme, _, rest = url.partition("://")
    if scheme not in {"postgresql", "postgres", "postgresql+asyncpg"}:
        raise ValueError("the database URL must begin with postgresql://")
    return f"postgresql+asyncpg://{rest}"


def create_engine(
    settings: ServiceSettings,
    *,
    pool_size: int | None = None,
    application_name: str | None = None,
    statement_timeout_s: float | None = None,
) -> AsyncEngine:
    """Return the engine of this process; it connects when first used.

    A pool that stays empty for five seconds raises instead of queueing requests without end.
    """
    timeout_s = settings.database_statement_timeout_s if statement_timeout_s is None else statement_timeout_s
    engine = create_async_engine(
        asyncpg_url(settings.database_url.get_secret_value()),
        pool_size=pool_size or settings.database_pool_size,
        max_overflow=0,
        pool_timeout=_POOL_WAIT_S,
        pool_recycle=_RECYCLE_S,
        pool_use_lifo=True,
        hide_parameters=True,
        json_serializer=_dump_json,
        json_deserializer=orjson.loads,
        connect_args={
            "timeout": _CONNECT_TIMEOUT_S,
            "prepared_statement_cache_size": 256,
            "server_settings": {
                "application_name": application_name or settings.service,
                "statement_timeout": str(int(timeout_s * 1000)),
                "lock_timeout": str(_LOCK_TIMEOUT_MS),
                "idle_in_transaction_session_timeout": str(_IDLE_IN_TRANSACTION_MS),
                "timezone": "UTC",
                "jit": "off",
            },
        },
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return engine


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Run one transaction: committed when the block ends, rolled back when it raises."""
    async with engine.begin() as connection:
        yield connection


def utc_now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


def new_id() -> UUID:
    """Return a UUIDv7: ids made later sort later."""
    return uuid7()


def _refuse_closed(dbapi_connection: Any, _record: Any, _proxy: Any) -> None:
    # asyncpg already knows when the server hung up, so a restart of PostgreSQL costs no request and no ping.
    if dbapi_connection.driver_connection.is_closed():
        raise DisconnectionError("the pooled connection was closed by the server")


def _dump_json(value: object) -> str:
    return orjson.dumps(value).decode()
