"""Removes what has been kept long enough, and measures how long the oldest delivery has waited."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from forkant_kit.idempotency import remove_old_keys
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from notification_service import metrics
from notification_service.deliveries.workshop import Clock, wait_for
from notification_service.queries import inbox_news

_OLD_ENTRIES: Final = text("""
DELETE FROM inbox_entry WHERE id IN (
    SELECT id FROM inbox_entry WHERE created_at < :before ORDER BY created_at LIMIT :most
)
""")
# From the beginning and without a gap, so that whoever is at a place that is kept misses nothing after it. The newest
# stays: a client may be there for as long as nothing happens.
_OLD_CHANGES: Final = text("""
DELETE FROM inbox_change WHERE id IN (
    SELECT id FROM inbox_change WHERE position < (
        SELECT coalesce(min(position) FILTER (WHERE changed_at >= :before), max(position)) FROM inbox_change
    ) ORDER BY position LIMIT :most
)
""")
_OLD_DELIVERIES: Final = text("""
DELETE FROM delivery WHERE id IN (
    SELECT id FROM delivery WHERE settled_at < :before AND status <> 'dead' ORDER BY settled_at LIMIT :most
)
""")
_OLD_EVENTS: Final = text("DELETE FROM recent_event WHERE recorded_at < :before")
_OLD_LETTERS: Final = text("""
DELETE FROM letter WHERE id IN (SELECT id FROM letter WHERE settled_at < :before ORDER BY settled_at LIMIT :most)
""")
_OLDEST_LETTERS: Final = text("""
SELECT (SELECT min(due_at) FROM letter WHERE status = 'pending' AND due_at <= :now) AS due,
       (SELECT min(created_at) FROM fan_out) AS unwritten
""")
_OLD_SECRETS: Final = text("DELETE FROM endpoint_secret WHERE expires_at < :before")
_OLDEST_DUE: Final = text("SELECT min(due_at) FROM lane WHERE due_at IS NOT NULL")
RECENT: Final = timedelta(days=31)
"""How long what happened is kept to try endpoints on."""
CHANGES: Final = timedelta(days=2)
"""How long a client of the live inbox may have been away and still be told what it missed."""
_AT_ONCE: Final = 5_000
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long things are kept. Dead letters stay until somebody sends them again or their endpoint is removed."""

    entries: timedelta
    deliveries: timedelta
    letters: timedelta


async def clean(engine: AsyncEngine, retention: Retention, *, now: datetime) -> None:
    """Remove what is too old, a bounded number at a time."""
    # Where nobody listens to an inbox nobody else numbers what changes, and only what has a number goes.
    await inbox_news.number(engine)
    jobs = (
        (_OLD_ENTRIES, {"before": now - retention.entries, "most": _AT_ONCE}),
        (_OLD_CHANGES, {"before": now - CHANGES, "most": _AT_ONCE}),
        (_OLD_DELIVERIES, {"before": now - retention.deliveries, "most": _AT_ONCE}),
        (_OLD_LETTERS, {"before": now - retention.letters, "most": _AT_ONCE}),
    )
    for statement, bind in jobs:
        removed = _AT_ONCE
        while removed == _AT_ONCE:
            async with engine.begin() as conn:
                removed = (await conn.execute(statement, bind)).rowcount
    async with engine.begin() as conn:
        await conn.execute(_OLD_SECRETS, {"before": now})
        await conn.execute(_OLD_EVENTS, {"before": now - RECENT})
    await remove_old_keys(engine)


async def measure(engine: AsyncEngine, *, now: datetime) -> None:
    """Publish how long the endpoint, the letter and the message that wait longest have been due."""
    async with engine.connect() as conn:
        oldest: datetime | None = (await conn.execute(_OLDEST_DUE)).scalar_one()
        letters = (await conn.execute(_OLDEST_LETTERS, {"now": now})).one()
    metrics.OLDEST_DUE_SECONDS.set(_age(oldest, now))
    metrics.OLDEST_LETTER_SECONDS.set(_age(letters.due, now))
    metrics.OLDEST_CALL_SECONDS.set(_age(letters.unwritten, now))


def _age(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())


async def keep_house(
    engine: AsyncEngine,
    retention: Retention,
    *,
    now: Clock,
    stop: asyncio.Event,
    measure_every_s: float = 5.0,
    clean_every: timedelta = timedelta(hours=1),
) -> None:
    """Measure often and clean now and then, until ``stop`` is set; a fault is tried again at the next turn."""
    cleaned_at: datetime | None = None
    while not stop.is_set():
        try:
            await measure(engine, now=now())
            if cleaned_at is None or now() - cleaned_at >= clean_every:
                cleaned_at = now()
                await clean(engine, retention, now=cleaned_at)
        except (SQLAlchemyError, OSError) as error:
            _log.warning("housekeeping_failed", error=type(error).__name__)
        await wait_for(stop, measure_every_s)
