"""How fresh what a consumer group has built is, read from its own database.

The consumer notes each partition's end every few seconds, so any process can tell how far behind the group is, and
that a consumer which no longer notes anything is stale rather than caught up.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_QUERY: Final = text("""
SELECT clock_timestamp() AS now, count(*) AS partitions,
       count(*) FILTER (WHERE next_offset < end_offset) AS behind,
       coalesce(sum(greatest(end_offset - next_offset, 0)), 0) AS lag_records,
       min(observed_at) AS observed_at,
       count(*) FILTER (WHERE next_offset < end_offset AND last_recorded_at IS NULL AND caught_up_at IS NULL) AS unread,
       min(greatest(last_recorded_at, caught_up_at)) FILTER (WHERE next_offset < end_offset) AS oldest_applied,
       max(last_recorded_at) AS newest_applied
FROM consumer_offset WHERE consumer_group = :group
""")


@dataclass(frozen=True, slots=True)
class Freshness:
    """How fresh a read model is.

    ``watermark`` is the moment up to which every event on Kafka is applied; None before the first event.
    ``seconds_behind`` is the time from the watermark to now, 0 when the group has caught up and reports regularly;
    None before anything was read of a partition that holds something.
    """

    now: datetime
    watermark: datetime | None
    newest_applied: datetime | None
    seconds_behind: float | None
    lag_records: int


async def read_freshness(conn: AsyncConnection, *, group: str, reports_every_s: float = 10.0) -> Freshness:
    """Read a group's freshness; a group that has not reported for ``reports_every_s`` seconds counts as behind."""
    row = (await conn.execute(_QUERY, {"group": group})).one()
    # A quiet partition with one new event is behind since it last had caught up, not since its last event.
    if row.partitions == 0 or row.unread:
        return Freshness(row.now, None, row.newest_applied, None, int(row.lag_records))
    watermark: datetime = row.observed_at
    if row.behind and row.oldest_applied < watermark:
        watermark = row.oldest_applied
    age = (row.now - watermark).total_seconds()
    silent = (row.now - row.observed_at).total_seconds() > reports_every_s
    seconds = max(age, 0.0) if row.behind or silent else 0.0
    return Freshness(row.now, watermark, row.newest_applied, seconds, int(row.lag_records))
