"""Dead letters and their way back into the lane."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.tables import delivery, endpoint
from notification_service.visibility import Owner, visible_endpoints


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A delivery that did not arrive."""

    endpoint_id: UUID
    subject_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Which dead letters of an endpoint: those between two numbers and two moments, both as far as they are given."""

    from_sequence: int | None = None
    to_sequence: int | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """One dead letter of a range; ``restricted`` when access to its case is."""

    id: UUID
    sequence: int
    subject_id: UUID | None
    order_key: UUID
    restricted: bool


_IN_RANGE: Final = text("""
SELECT id, sequence, subject_id, order_key,
       coalesce(subject_id = ANY ((SELECT restricted_cases())::uuid[]), false) AS restricted
FROM delivery
WHERE endpoint_id = :endpoint_id AND status = 'dead'
  AND sequence >= coalesce(CAST(:from_sequence AS bigint), 0)
  AND (CAST(:to_sequence AS bigint) IS NULL OR sequence <= :to_sequence)
  AND (CAST(:since AS timestamptz) IS NULL OR created_at >= :since)
  AND (CAST(:until AS timestamptz) IS NULL OR created_at < :until)
ORDER BY sequence LIMIT :most
""")
_REVIVE_ALL: Final = text("""
UPDATE delivery SET status = 'pending', reason = NULL, rung = 0, next_attempt_at = :now, settled_at = NULL,
    blocked = true
WHERE id = ANY (CAST(:ids AS uuid[])) AND status = 'dead'
""")
# The first pending delivery of each case goes, those behind it wait: also those that were waiting before.
_IN_ORDER: Final = text("""
UPDATE delivery AS d SET blocked = o.place > 1 FROM (
    SELECT id, row_number() OVER (PARTITION BY order_key ORDER BY sequence) AS place FROM delivery
    WHERE endpoint_id = :endpoint_id AND status = 'pending' AND order_key = ANY (CAST(:keys AS uuid[]))
) AS o
WHERE d.id = o.id AND d.blocked IS DISTINCT FROM (o.place > 1)
""")
_DUE_AGAIN: Final = text("""
UPDATE lane SET due_at = least(due_at, greatest(CAST(:now AS timestamptz), open_until)),
    failing_since = CASE WHEN failing_since IS NOT NULL THEN CAST(:now AS timestamptz) END
WHERE endpoint_id = :endpoint_id
""")
# Who replays believes that it is mended: it has three days more to show it.
# It takes its old place again: what of its case waits behind it is held back until it is through.
_REVIVE: Final = text("""
WITH revived AS (
    UPDATE delivery AS d
    SET status = 'pending', reason = NULL, rung = 0, next_attempt_at = :now, settled_at = NULL, blocked = EXISTS (
        SELECT FROM delivery AS p WHERE p.endpoint_id = d.endpoint_id AND p.order_key = d.order_key
                                    AND p.status = 'pending' AND p.sequence < d.sequence
    )
    WHERE d.id = :id AND d.status = 'dead'
    RETURNING d.endpoint_id, d.order_key, d.sequence
), held_back AS (
    UPDATE delivery AS d SET blocked = true FROM revived AS r
    WHERE d.endpoint_id = r.endpoint_id AND d.order_key = r.order_key AND d.status = 'pending'
      AND d.sequence > r.sequence AND NOT d.blocked
)
UPDATE lane AS l SET due_at = least(l.due_at, greatest(CAST(:now AS timestamptz), l.open_until)),
    failing_since = CASE WHEN l.failing_since IS NOT NULL THEN CAST(:now AS timestamptz) END
FROM revived AS r
WHERE l.endpoint_id = r.endpoint_id
""")


async def find(conn: AsyncConnection, owner: Owner, *, delivery_id: UUID) -> DeadLetter | None:
    """Return a dead letter of the owner's."""
    query = (
        select(delivery.c.endpoint_id, delivery.c.subject_id)
        .join(endpoint, endpoint.c.id == delivery.c.endpoint_id)
        .where(delivery.c.id == delivery_id, delivery.c.status == "dead", visible_endpoints(owner))
    )
    row = (await conn.execute(query)).one_or_none()
    return None if row is None else DeadLetter(row.endpoint_id, row.subject_id)


async def revive(conn: AsyncConnection, *, delivery_id: UUID, now: datetime) -> bool:
    """Make a dead letter of a locked lane pending again; false when it is not dead any more."""
    return (await conn.execute(_REVIVE, {"id": delivery_id, "now": now})).rowcount == 1


async def in_range(conn: AsyncConnection, *, endpoint_id: UUID, chosen: Range, most: int) -> list[Found]:
    """Return dead letters of an endpoint, the earliest first."""
    bind = {
        "endpoint_id": endpoint_id,
        "from_sequence": chosen.from_sequence,
        "to_sequence": chosen.to_sequence,
        "since": chosen.since,
        "until": chosen.until,
        "most": most,
    }
    return [Found(**row._asdict()) for row in await conn.execute(_IN_RANGE, bind)]


async def revive_all(conn: AsyncConnection, letters: Sequence[Found], *, endpoint_id: UUID, now: datetime) -> int:
    """Make dead letters of a locked lane pending again, in the order of their numbers; return how many."""
    if not letters:
        return 0
    revived = await conn.execute(_REVIVE_ALL, {"ids": [each.id for each in letters], "now": now})
    keys = sorted({each.order_key for each in letters})
    await conn.execute(_IN_ORDER, {"endpoint_id": endpoint_id, "keys": keys})
    await conn.execute(_DUE_AGAIN, {"endpoint_id": endpoint_id, "now": now})
    return revived.rowcount
