"""The SQL about parked events: finding them, asking for something to be done, and doing it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from forkant_kit.consumer_store import ConsumerStore, stored_record
from forkant_kit.gate import Read, read

_FIND: Final = """
SELECT p.id, p.consumer_group, p.topic, p.partition, p.record_offset, p.aggregate_id, p.aggregate_version, p.reason,
       p.detail, p.headers, {body} AS body, p.parked_at, a.action AS waiting_for, count(*) OVER () AS total
FROM parked_event AS p LEFT JOIN parked_action AS a ON a.id = p.requested_action
WHERE p.status = 'parked' AND (CAST(:group AS text) IS NULL OR p.consumer_group = :group)
  AND (CAST(:aggregate AS uuid) IS NULL OR p.aggregate_id = :aggregate)
  AND (CAST(:ids AS bigint[]) IS NULL OR p.id = ANY(CAST(:ids AS bigint[])))
ORDER BY p.consumer_group, p.aggregate_id, p.aggregate_version, p.id LIMIT :limit
"""
_LIST: Final = text(_FIND.format(body="CAST(NULL AS bytea)"))
_SHOW: Final = text(_FIND.format(body="p.body"))
_HISTORY: Final = text("""
SELECT a.id, a.action, a.requested_by, a.reason, a.requested_at, o.outcome, o.detail, o.done_at
FROM parked_action AS a LEFT JOIN parked_outcome AS o ON o.action_id = a.id WHERE a.parked_id = :id ORDER BY a.id
""")
_REQUEST: Final = text("""
WITH wanted AS (
    SELECT id, consumer_group FROM parked_event
    WHERE status = 'parked' AND requested_action IS NULL AND id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR UPDATE
), action AS (
    INSERT INTO parked_action (consumer_group, parked_id, action, requested_by, reason)
    SELECT consumer_group, id, CAST(:action AS text), CAST(:by AS text), CAST(:reason AS text) FROM wanted ORDER BY id
    RETURNING id, parked_id
)
UPDATE parked_event AS p SET requested_action = action.id FROM action WHERE p.id = action.parked_id
RETURNING action.id, p.aggregate_id
""")
_OUTCOMES: Final = text("""
SELECT a.id, a.parked_id, o.outcome, o.detail
FROM parked_outcome AS o JOIN parked_action AS a ON a.id = o.action_id
WHERE a.id = ANY(CAST(:ids AS bigint[])) ORDER BY a.id
""")
_PARKED_IDS: Final = text("""
SELECT id FROM parked_event
WHERE status = 'parked' AND (CAST(:group AS text) IS NULL OR consumer_group = :group)
  AND (CAST(:aggregate AS uuid) IS NULL OR aggregate_id = :aggregate)
ORDER BY id
""")
_WORK: Final = text("""
SELECT aggregate_id, CASE WHEN aggregate_id IS NULL THEN id END AS lone_id, min(requested_action) AS first
FROM parked_event WHERE consumer_group = :group AND requested_action IS NOT NULL
GROUP BY 1, 2 ORDER BY first LIMIT :limit
""")
_PLACES: Final = text("""
SELECT DISTINCT topic, partition FROM parked_event
WHERE consumer_group = :group AND (aggregate_id = :aggregate OR id = :lone_id)
  AND (status = 'parked' OR requested_action IS NOT NULL)
ORDER BY topic, partition
""")
_ROWS: Final = text("""
SELECT p.id, p.topic, p.partition, p.record_offset, p.headers, p.body, p.status, p.requested_action, a.action
FROM parked_event AS p LEFT JOIN parked_action AS a ON a.id = p.requested_action
WHERE p.consumer_group = :group AND (p.aggregate_id = :aggregate OR p.id = :lone_id)
  AND (p.status = 'parked' OR p.requested_action IS NOT NULL)
ORDER BY p.aggregate_version, p.id FOR UPDATE OF p
""")
_SETTLE: Final = text("""
UPDATE parked_event AS p
SET status = f.status, reason = coalesce(f.reason, p.reason), detail = coalesce(f.detail, p.detail),
    aggregate_id = coalesce(f.aggregate_id, p.aggregate_id),
    aggregate_version = coalesce(f.aggregate_version, p.aggregate_version),
    settled_at = CASE WHEN f.status = 'parked' THEN NULL ELSE coalesce(p.settled_at, clock_timestamp()) END,
    requested_action = NULL
FROM unnest(CAST(:ids AS bigint[]), CAST(:statuses AS text[]), CAST(:reasons AS text[]), CAST(:details AS text[]),
            CAST(:aggregates AS uuid[]), CAST(:versions AS int[]))
     AS f (id, status, reason, detail, aggregate_id, aggregate_version)
WHERE p.id = f.id
""")
_IDENTIFY: Final = text(
    "UPDATE parked_event SET aggregate_id = :aggregate, aggregate_version = :version WHERE id = :id"
)
_NOTE: Final = text("""
INSERT INTO parked_outcome (action_id, outcome, detail)
SELECT * FROM unnest(CAST(:actions AS bigint[]), CAST(:outcomes AS text[]), CAST(:details AS text[]))
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedEvent:
    """One parked event as it is shown; ``read`` holds what this release can read of it, nothing without a body."""

    id: int
    group: str
    aggregate_id: UUID | None
    version: int | None
    reason: str
    detail: str
    parked_at: datetime
    waiting_for: str | None
    """The action that was asked for and is not done yet."""
    read: Read


class Requested(NamedTuple):
    """One line of the record of what was done about a parked event; outcome and what follows are None until then."""

    id: int
    action: str
    requested_by: str
    reason: str | None
    requested_at: datetime
    outcome: str | None
    detail: str | None
    done_at: datetime | None


class Answer(NamedTuple):
    """What became of a request."""

    action_id: int
    parked_id: int
    outcome: str
    detail: str


class Target(NamedTuple):
    """What the worker takes on at once: the parked events of an aggregate, or one that belongs to none."""

    aggregate_id: UUID | None
    lone_id: int | None


class Waiting(NamedTuple):
    """A parked event as the worker takes it on, with the request about it."""

    read: Read
    parked_id: int
    status: str
    action_id: int | None
    action: str | None


class Fate(NamedTuple):
    """What becomes of a parked event; None leaves the reason and the detail as they are."""

    status: str
    reason: str | None
    detail: str | None


async def find(
    conn: AsyncConnection, *, group: str | None = None, aggregate: UUID | None = None, limit: int = 200
) -> tuple[list[ParkedEvent], int]:
    """Return the parked events without their bodies, by aggregate and version, and how many there are in all."""
    bind = {"group": group, "aggregate": aggregate, "ids": None, "limit": limit}
    rows = (await conn.execute(_LIST, bind)).all()
    return [_shown(row) for row in rows], rows[0].total if rows else 0


async def show(conn: AsyncConnection, parked_id: int) -> tuple[ParkedEvent, list[Requested]] | None:
    """Return one parked event with its body and what was asked for about it; None when there is none."""
    rows = (await conn.execute(_SHOW, {"group": None, "aggregate": None, "ids": [parked_id], "limit": 1})).all()
    if not rows:
        return None
    history = [Requested._make(row) for row in await conn.execute(_HISTORY, {"id": parked_id})]
    return _shown(rows[0]), history


async def parked_ids(conn: AsyncConnection, *, group: str | None = None, aggregate: UUID | None = None) -> list[int]:
    """Return the ids of all parked events, or of those of a group or an aggregate."""
    return list((await conn.execute(_PARKED_IDS, {"group": group, "aggregate": aggregate})).scalars())


async def request(
    conn: AsyncConnection, ids: Sequence[int], *, action: str, by: str, reason: str | None = None
) -> tuple[list[int], list[UUID | None]]:
    """Ask the worker to do something about parked events; it does so with its own code, under its own locks.

    An event that is no longer parked, or about which something is asked already, is left out.

    Returns:
        The ids of the requests, and the cases and concerns that these are about.
    """
    bind = {"ids": sorted(set(ids)), "action": action, "by": by, "reason": reason}
    rows = (await conn.execute(_REQUEST, bind)).all()
    return sorted(row.id for row in rows), [row.aggregate_id for row in rows]


async def answers(conn: AsyncConnection, requests: Sequence[int]) -> list[Answer]:
    """Return what became of those of the requests that are done."""
    return [Answer._make(row) for row in await conn.execute(_OUTCOMES, {"ids": list(requests)})]


async def wanted(conn: AsyncConnection, *, group: str, limit: int) -> list[Target]:
    """Return what a group's worker is asked to take on, the longest asked first."""
    found = await conn.execute(_WORK, {"group": group, "limit": limit})
    return [Target(row.aggregate_id, row.lone_id) for row in found]


async def lock(conn: AsyncConnection, target: Target, *, group: str) -> list[Waiting]:
    """Lock the partitions of a target's parked events, as a batch would, then the events; return them by version."""
    bind = {"group": group, "aggregate": target.aggregate_id, "lone_id": target.lone_id}
    store = ConsumerStore(group)
    for place in (await conn.execute(_PLACES, bind)).all():
        await store.lock_offset(conn, place.topic, place.partition)
    return [
        Waiting(read(stored_record(row.id, row)), row.id, row.status, row.requested_action, row.action)
        for row in await conn.execute(_ROWS, bind)
    ]


async def identify(conn: AsyncConnection, waiting: Waiting) -> None:
    """Note the aggregate of a parked event that an earlier release could not tell."""
    bind = {"id": waiting.parked_id, "aggregate": waiting.read.aggregate_id, "version": waiting.read.version}
    await conn.execute(_IDENTIFY, bind)


async def settle(conn: AsyncConnection, waiting: Sequence[Waiting], fates: Sequence[Fate]) -> None:
    """Store what became of parked events."""
    bind = {
        "ids": [each.parked_id for each in waiting],
        "statuses": [fate.status for fate in fates],
        "reasons": [fate.reason for fate in fates],
        "details": [fate.detail for fate in fates],
        "aggregates": [each.read.aggregate_id for each in waiting],
        "versions": [each.read.version for each in waiting],
    }
    await conn.execute(_SETTLE, bind)


async def note(conn: AsyncConnection, outcomes: Sequence[tuple[int, str, str]]) -> None:
    """Write down the outcomes of requests: id, outcome, detail."""
    ids, kinds, details = zip(*outcomes, strict=True) if outcomes else ((), (), ())
    await conn.execute(_NOTE, {"actions": list(ids), "outcomes": list(kinds), "details": list(details)})


def _shown(row: Any) -> ParkedEvent:
    return ParkedEvent(
        id=row.id,
        group=row.consumer_group,
        aggregate_id=row.aggregate_id,
        version=row.aggregate_version,
        reason=row.reason,
        detail=row.detail,
        parked_at=row.parked_at,
        waiting_for=row.waiting_for,
        read=read(stored_record(row.id, row)),
    )
