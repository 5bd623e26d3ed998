"""How fresh what a consumer group has built is, read from its own database.

The consumer notes each partition's end every few seconds, and what the producer states about its outbox, so any process
can tell how far behind the group is. Who no longer notes or states anything is stale rather than caught up.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# Of a quiet partition with one new event it is known that it had caught up, not only its last event. And what is known
# of Kafka bounds what is known of the outbox: without the producer's statement, the latter counts as empty.
_QUERY: Final = text("""
SELECT clock_timestamp() AS now, count(*) AS partitions, count(*) FILTER (WHERE behind) AS behind,
       coalesce(sum(greatest(end_offset - next_offset, 0)), 0) AS lag_records,
       count(*) FILTER (WHERE behind AND last_recorded_at IS NULL AND caught_up_at IS NULL) AS unread,
       min(least(read_until, greatest(proven_before, CASE WHEN proven_before IS NOT NULL THEN last_recorded_at END)))
           AS watermark,
       max(last_recorded_at) AS newest_applied
FROM (
    SELECT *, next_offset < end_offset AS behind,
           CASE WHEN next_offset < end_offset THEN least(observed_at, greatest(last_recorded_at, caught_up_at))
                ELSE observed_at END AS read_until
    FROM consumer_offset WHERE consumer_group = :group
) AS place
""")


@dataclass(frozen=True, slots=True)
class Freshness:
    """How fresh a read model is.

    ``watermark`` is the moment before which everything committed by the producers is applied, as far as they state what
    is published (see :mod:`forkant_kit.watermark`), else everything on Kafka; None before the first event.
    ``seconds_behind`` is the time from the watermark to now, 0 when the group has caught up and reports regularly;
    None before anything was read of a partition that holds something.
    """

    now: datetime
    watermark: datetime | None
    newest_applied: datetime | None
    seconds_behind: float | None
    lag_records: int


async def read_freshness(conn: AsyncConnection, *, group: str, reports_every_s: float = 10.0) -> Freshness:
    """Read a group's freshness; one of which nothing new is known for ``reports_every_s`` seconds counts as behind."""
    row = (await conn.execute(_QUERY, {"group": group})).one()
    if row.partitions == 0 or row.unread:
        return Freshness(row.now, None, row.newest_applied, None, int(row.lag_records))
    age = (row.now - row.watermark).total_seconds()
    # Statements and looks come every few seconds, so that up to the limit nothing is known to be missing.
    seconds = max(age, 0.0) if row.behind or age > reports_every_s else 0.0
    return Freshness(row.now, row.watermark, row.newest_applied, seconds, int(row.lag_records))
