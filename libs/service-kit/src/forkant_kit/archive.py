"""The upkeep of the event archive: months made ahead, old ones removed, and both measured."""

from datetime import UTC, datetime
from typing import Final

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from forkant_kit import archive_metrics as metrics
from forkant_kit.db import utc_now

_MONTHS_AHEAD: Final = 3
_PREPARE: Final = text("SELECT ensure_archive_partitions(:months)")
_STATE: Final = text("SELECT month, bytes, strays FROM archive_state()")
_DROP: Final = text("SELECT month, held_by, dropped FROM drop_archive_months(:months)")
# Deciding reads the whole archive, which may take longer than other statements of the service may.
_TAKE_TIME: Final = text("SET LOCAL statement_timeout = '15min'")
_log = structlog.get_logger(__name__)


async def prepare_archive(engine: AsyncEngine) -> None:
    """Make the months to come, and give what is in no month one.

    Raises:
        sqlalchemy.exc.DBAPIError: the database refused, or writers left no moment for it; try again later.
    """
    async with engine.begin() as conn:
        await conn.execute(_PREPARE, {"months": _MONTHS_AHEAD})


async def drop_old_months(engine: AsyncEngine, *, keep_months: int) -> None:
    """Remove the months that began more than so many months before the current one, where nothing goes on.

    A month in which anything goes on is kept and reported: see ``drop_archive_months`` in the schema.

    Raises:
        sqlalchemy.exc.DBAPIError: the database refused, or fewer than ``LEAST_MONTHS`` are to be kept.
    """
    async with engine.begin() as conn:
        await conn.execute(_TAKE_TIME)
        rows = (await conn.execute(_DROP, {"months": keep_months})).all()
    metrics.HELD.set(sum(not row.dropped for row in rows))
    for row in rows:
        if row.dropped:
            _log.info("archive_month_dropped", month=row.month)
        else:
            _log.info("archive_month_held", month=row.month, held_by=row.held_by)


async def measure_archive(engine: AsyncEngine) -> None:
    """Publish how many months there are, how large they are, and what is in none."""
    async with engine.connect() as conn:
        rows = (await conn.execute(_STATE)).all()
    months = sorted(row.month for row in rows if row.month is not None)
    strays = sum(row.strays for row in rows)
    metrics.PARTITIONS.set(len(months))
    metrics.BYTES.set(sum(row.bytes for row in rows))
    metrics.STRAYS.set(strays)
    if months:
        oldest = datetime.strptime(months[0], "%Y_%m").replace(tzinfo=UTC)
        metrics.OLDEST.set(max((utc_now() - oldest).total_seconds(), 0.0))
    if strays:
        _log.warning("archive_strays", count=strays)
