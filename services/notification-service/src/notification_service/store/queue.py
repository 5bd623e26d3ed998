"""Putting deliveries into lanes, and taking them out of the way when a case is restricted or erased.

All of it runs under the row locks of the lanes concerned, so numbers have no gaps and nobody blocks the wrong delivery.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.domain.audiences import CASE_ERASED, CASE_RESTRICTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A delivery to be made; a ping is about nothing and is ordered by itself."""

    id: UUID
    endpoint_id: UUID
    message_id: UUID
    event_type: str
    occurred_at: datetime
    recorded_at: datetime
    subject_id: UUID | None = None
    subject_version: int | None = None
    unit: str | None = None
    traceparent: str | None = None


_LOCK_ENDPOINTS: Final = text("""
SELECT id FROM endpoint WHERE id = ANY(CAST(:ids AS uuid[])) AND enabled ORDER BY id FOR SHARE
""")
_LOCK_LANES: Final = text("""
SELECT endpoint_id FROM lane WHERE endpoint_id = ANY(CAST(:ids AS uuid[])) ORDER BY endpoint_id FOR UPDATE
""")
_ENQUEUE: Final = text("""
WITH wanted AS (
    SELECT * FROM unnest(
        CAST(:ids AS uuid[]), CAST(:endpoints AS uuid[]), CAST(:messages AS uuid[]), CAST(:keys AS uuid[]),
        CAST(:types AS text[]), CAST(:subjects AS uuid[]), CAST(:versions AS int[]), CAST(:units AS text[]),
        CAST(:occurred AS timestamptz[]), CAST(:recorded AS timestamptz[]), CAST(:traces AS text[])
    ) WITH ORDINALITY AS w (id, endpoint_id, message_id, order_key, event_type, subject_id, subject_version, unit,
                            occurred_at, recorded_at, traceparent, position)
), fresh AS (
    SELECT w.*, l.last_sequence + row_number() OVER (PARTITION BY w.endpoint_id ORDER BY w.position) AS sequence,
           row_number() OVER (PARTITION BY w.endpoint_id, w.order_key ORDER BY w.position) > 1 OR EXISTS (
               SELECT FROM delivery AS p
               WHERE p.endpoint_id = w.endpoint_id AND p.order_key = w.order_key AND p.status = 'pending'
           ) AS blocked
    FROM wanted AS w JOIN lane AS l USING (endpoint_id)
    WHERE NOT EXISTS (
        SELECT FROM delivery AS d WHERE d.message_id = w.message_id AND d.endpoint_id = w.endpoint_id
    )
), inserted AS (
    INSERT INTO delivery (id, endpoint_id, message_id, sequence, is_ping, order_key, event_type, subject_id,
                          subject_version, unit, occurred_at, recorded_at, traceparent, status, blocked,
                          next_attempt_at, created_at)
    SELECT id, endpoint_id, message_id, sequence, subject_id IS NULL, order_key, event_type, subject_id,
           subject_version, unit, occurred_at, recorded_at, traceparent, 'pending', blocked,
           CAST(:now AS timestamptz), CAST(:now AS timestamptz)
    FROM fresh
    RETURNING endpoint_id, is_ping
), counted AS (
    SELECT endpoint_id, count(*) AS added, count(*) FILTER (WHERE is_ping) AS pings FROM inserted GROUP BY endpoint_id
)
UPDATE lane AS l SET last_sequence = l.last_sequence + c.added, due_at = least(
    l.due_at, CASE WHEN c.pings > 0 THEN CAST(:now AS timestamptz) ELSE greatest(:now, l.open_until) END
)
FROM counted AS c WHERE l.endpoint_id = c.endpoint_id
RETURNING l.endpoint_id, c.added
""")
_RECEIVERS: Final = text("""
SELECT DISTINCT endpoint_id, subject_id FROM delivery WHERE subject_id = ANY(CAST(:ids AS uuid[]))
""")
_RESTRICT: Final = text("""
UPDATE delivery AS d
SET status = 'dead', reason = 'case_restricted', settled_at = :now, blocked = false
FROM unnest(CAST(:ids AS uuid[]), CAST(:versions AS int[])) AS c (case_id, version)
WHERE d.subject_id = c.case_id AND d.subject_version < c.version AND d.status = 'pending'
  AND d.event_type <> ALL(CAST(:kept AS text[]))
RETURNING d.endpoint_id, d.order_key
""")
_ERASE: Final = text("""
UPDATE delivery AS d
SET status = CASE WHEN d.status IN ('pending', 'dead') THEN 'cancelled' ELSE d.status END,
    reason = CASE WHEN d.status IN ('pending', 'dead') THEN 'case_erased' ELSE d.reason END,
    settled_at = coalesce(d.settled_at, :now), redacted_at = :now, blocked = false,
    event_type = NULL, subject_version = NULL, unit = NULL, occurred_at = NULL, recorded_at = NULL, traceparent = NULL
FROM unnest(CAST(:ids AS uuid[]), CAST(:versions AS int[])) AS c (case_id, version)
WHERE d.subject_id = c.case_id AND d.subject_version < c.version AND d.redacted_at IS NULL
RETURNING d.endpoint_id, d.order_key
""")
_UNBLOCK: Final = text("""
WITH first AS (
    SELECT h.id FROM (
        SELECT DISTINCT * FROM unnest(CAST(:endpoints AS uuid[]), CAST(:keys AS uuid[])) AS k (endpoint_id, order_key)
    ) AS k CROSS JOIN LATERAL (
        SELECT id, blocked FROM delivery AS d
        WHERE d.endpoint_id = k.endpoint_id AND d.order_key = k.order_key AND d.status = 'pending'
        ORDER BY d.sequence LIMIT 1
    ) AS h WHERE h.blocked
), freed AS (
    UPDATE delivery SET blocked = false FROM first WHERE delivery.id = first.id
    RETURNING delivery.endpoint_id, delivery.next_attempt_at
)
UPDATE lane AS l SET due_at = least(l.due_at, greatest(f.next_attempt_at, l.open_until))
FROM (SELECT endpoint_id, min(next_attempt_at) AS next_attempt_at FROM freed GROUP BY endpoint_id) AS f
WHERE l.endpoint_id = f.endpoint_id
""")


async def lock_enabled(conn: AsyncConnection, endpoint_ids: Iterable[UUID]) -> frozenset[UUID]:
    """Keep endpoints from being switched off until the transaction ends; return those that are on."""
    found = await conn.execute(_LOCK_ENDPOINTS, {"ids": sorted(set(endpoint_ids))})
    return frozenset(found.scalars())


async def lock_lanes(conn: AsyncConnection, endpoint_ids: Iterable[UUID]) -> None:
    """Lock lanes until the transaction ends, in one order everywhere."""
    await conn.execute(_LOCK_LANES, {"ids": sorted(set(endpoint_ids))})


async def enqueue(conn: AsyncConnection, drafts: Sequence[Draft], *, now: datetime) -> dict[UUID, int]:
    """Put deliveries at the end of their lanes, which are locked, in the order given; return how many each got."""
    if not drafts:
        return {}
    bind = {
        "ids": [d.id for d in drafts],
        "endpoints": [d.endpoint_id for d in drafts],
        "messages": [d.message_id for d in drafts],
        "keys": [d.subject_id or d.message_id for d in drafts],
        "types": [d.event_type for d in drafts],
        "subjects": [d.subject_id for d in drafts],
        "versions": [d.subject_version for d in drafts],
        "units": [d.unit for d in drafts],
        "occurred": [d.occurred_at for d in drafts],
        "recorded": [d.recorded_at for d in drafts],
        "traces": [d.traceparent for d in drafts],
        "now": now,
    }
    return {row.endpoint_id: row.added for row in await conn.execute(_ENQUEUE, bind)}


async def receivers(conn: AsyncConnection, case_ids: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """Return, for each case, the endpoints that have ever had a delivery about it."""
    found: dict[UUID, set[UUID]] = {}
    for row in await conn.execute(_RECEIVERS, {"ids": sorted(set(case_ids))}):
        found.setdefault(row.subject_id, set()).add(row.endpoint_id)
    return found


async def set_aside_restricted(conn: AsyncConnection, versions: Mapping[UUID, int], *, now: datetime) -> None:
    """Move what waits about restricted cases to the dead letters; notices of restriction and erasure still go."""
    await _withdraw(conn, _RESTRICT, versions, now=now, kept=[CASE_RESTRICTED, CASE_ERASED])


async def redact_erased(conn: AsyncConnection, versions: Mapping[UUID, int], *, now: datetime) -> None:
    """Cancel what waits about erased cases, dead letters too, and blank what the log says of what was sent."""
    await _withdraw(conn, _ERASE, versions, now=now)


async def unblock(conn: AsyncConnection, pairs: Iterable[tuple[UUID, UUID]]) -> None:
    """Let the first pending delivery of each endpoint and order key go."""
    unique = sorted(set(pairs))
    if unique:
        await conn.execute(_UNBLOCK, {"endpoints": [e for e, _ in unique], "keys": [k for _, k in unique]})


async def _withdraw(
    conn: AsyncConnection, statement: object, versions: Mapping[UUID, int], *, now: datetime, **bind: object
) -> None:
    if not versions:
        return
    ids = sorted(versions)
    withdrawn = await conn.execute(
        statement,  # type: ignore[call-overload]
        {"ids": ids, "versions": [versions[i] for i in ids], "now": now, **bind},
    )
    await unblock(conn, [(row.endpoint_id, row.order_key) for row in withdrawn])
