"""Looks at what waits in the outbox, and for how long, and shows it as metrics."""

import asyncio
from typing import Final

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from forkant_kit import relay_metrics as metrics

_log = structlog.get_logger(__name__)
_BACKLOG: Final = text("""
SELECT l.topic, l.partition, w.waiting, head.orphans,
       coalesce(extract(epoch FROM clock_timestamp() - head.oldest), 0)::float AS oldest_s
FROM (SELECT topic, partition, count(*) AS waiting FROM outbox GROUP BY topic, partition) AS w
JOIN relay_lease AS l ON l.topic = w.topic AND l.partition = w.partition
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE o.bare AND a.event_id IS NULL) AS orphans, min(a.recorded_at) AS oldest
    FROM (
        SELECT event_id, record IS NULL AS bare FROM outbox
        WHERE topic = l.topic AND partition = l.partition ORDER BY seq LIMIT 1000
    ) AS o
    LEFT JOIN event_archive AS a ON a.event_id = o.event_id
) AS head
""")


async def watch_backlog(engine: AsyncEngine, *, every_s: float) -> None:
    """Look again and again until cancelled; a database that is away is looked for the next time."""
    while True:
        try:
            async with engine.connect() as conn:
                found = (await conn.execute(_BACKLOG)).all()
            metrics.show_backlog([(r.topic, r.partition, r.waiting, r.oldest_s) for r in found])
            orphans = sum(row.orphans for row in found)
            metrics.ORPHANS.set(orphans)
            if orphans:
                _log.error("outbox_rows_without_event", rows=orphans)
        except (SQLAlchemyError, OSError) as error:
            _log.warning("relay_backlog_unknown", error=type(error).__name__)
        await asyncio.sleep(every_s)
