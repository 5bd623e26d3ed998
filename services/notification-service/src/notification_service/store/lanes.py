"""The worker's side of the lanes: taking them, taking what is due in them, giving them back, each for many at once.

A lane is worked by one holder of its lease at a time. The lease only saves work: what keeps results right is that each
is written for the attempt it belongs to and no other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.domain.circuit import Circuit
from notification_service.domain.payloads import Letter
from notification_service.domain.signing import Signature

_CLAIM_LANES: Final = text("""
UPDATE lane SET leased_by = :token, leased_until = :until
WHERE endpoint_id IN (
    SELECT endpoint_id FROM lane
    WHERE due_at <= :now AND (leased_until IS NULL OR leased_until <= :now)
      AND endpoint_id <> ALL(CAST(:avoid AS uuid[]))
    ORDER BY due_at LIMIT :wanted FOR UPDATE SKIP LOCKED
)
RETURNING endpoint_id
""")
_HOLD_SOME: Final = """
WITH wanted AS MATERIALIZED (
    SELECT l.endpoint_id, w.token
    FROM unnest(CAST(:ids AS uuid[]), CAST(:tokens AS text[])) AS w (endpoint_id, token)
    JOIN lane AS l USING (endpoint_id)
    ORDER BY l.endpoint_id FOR UPDATE OF l{others}
)
UPDATE lane AS l
SET leased_until = CASE WHEN l.leased_by = w.token THEN CAST(:until AS timestamptz) ELSE l.leased_until END
FROM wanted AS w WHERE l.endpoint_id = w.endpoint_id
RETURNING l.endpoint_id, l.leased_by IS NOT DISTINCT FROM w.token AS held, l.failures, l.failing_since, l.trips,
          l.open_until, l.told_at
"""
_HOLD: Final = text(_HOLD_SOME.format(others=""))
_HOLD_FREE: Final = text(_HOLD_SOME.format(others=" SKIP LOCKED"))
_RELEASE: Final = text("""
UPDATE lane AS l SET leased_by = NULL, leased_until = NULL, due_at = least(
    (SELECT min(p.next_attempt_at) FROM delivery AS p
     WHERE p.endpoint_id = l.endpoint_id AND p.status = 'pending' AND p.is_ping),
    (SELECT greatest(d.next_attempt_at, l.open_until) FROM delivery AS d
     WHERE d.endpoint_id = l.endpoint_id AND d.status = 'pending' AND NOT d.blocked AND NOT d.is_ping
     ORDER BY d.next_attempt_at LIMIT 1)
)
WHERE l.endpoint_id = ANY(CAST(:ids AS uuid[]))
""")
_STORE_CIRCUITS: Final = text("""
UPDATE lane AS l SET failures = c.failures, failing_since = c.failing_since, trips = c.trips,
    open_until = c.open_until, told_at = c.told_at
FROM unnest(CAST(:ids AS uuid[]), CAST(:failures AS int[]), CAST(:since AS timestamptz[]), CAST(:trips AS int[]),
            CAST(:open AS timestamptz[]), CAST(:told AS timestamptz[]))
     AS c (endpoint_id, failures, failing_since, trips, open_until, told_at)
WHERE l.endpoint_id = c.endpoint_id
""")
# An array, since nobody knows beforehand how many a lane has: the rows are always looked up by their key.
_CLAIM_SOME: Final = """
UPDATE delivery AS d SET attempts = d.attempts + 1, rung = d.rung + 1, next_attempt_at = :hidden_until
WHERE d.id = ANY (ARRAY(
    SELECT due.id FROM unnest(CAST(:ids AS uuid[]), CAST(:rooms AS int[])) AS w (endpoint_id, room)
    CROSS JOIN LATERAL (
        SELECT id FROM delivery
        WHERE endpoint_id = w.endpoint_id AND status = 'pending' AND NOT blocked AND next_attempt_at <= :now{only}
        ORDER BY next_attempt_at, sequence LIMIT w.room
    ) AS due
))
RETURNING d.id, d.endpoint_id, d.message_id, d.sequence, d.is_ping, d.event_type, d.subject_id, d.subject_version,
          d.unit, d.occurred_at, d.recorded_at, d.traceparent, d.attempts, d.rung, d.created_at
"""
_CLAIM: Final = text(_CLAIM_SOME.format(only=""))
_CLAIM_PINGS: Final = text(_CLAIM_SOME.format(only=" AND is_ping"))
_ADDRESS: Final = text("""
SELECT e.id, e.url, array(
    SELECT s.version FROM endpoint_secret AS s
    WHERE s.endpoint_id = e.id AND s.version = ANY (e.signatures) AND (s.expires_at IS NULL OR s.expires_at > :now)
    ORDER BY s.created_at DESC, s.id DESC
) AS versions, array(
    SELECT s.sealed FROM endpoint_secret AS s
    WHERE s.endpoint_id = e.id AND s.version = ANY (e.signatures) AND (s.expires_at IS NULL OR s.expires_at > :now)
    ORDER BY s.created_at DESC, s.id DESC
) AS sealed
FROM endpoint AS e
WHERE e.id = ANY(CAST(:ids AS uuid[])) AND e.enabled AND e.proven_at > :unproven AND NOT EXISTS (
    SELECT FROM unit_ending AS u
    WHERE u.ends_at <= :now AND (e.unit = u.unit OR starts_with(e.unit, u.unit || '/'))
)
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A delivery to attempt now: ``attempt`` counts all its attempts, ``rung`` those since it was made or replayed."""

    id: UUID
    letter: Letter
    attempt: int
    rung: int
    is_ping: bool
    created_at: datetime
    traceparent: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where an endpoint's deliveries go now, and the sealed secrets and keys that sign them, the newest first."""

    url: str
    secrets: tuple[bytes, ...]
    keys: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A locked lane: whether it is still held under the token, and how its endpoint did lately."""

    held: bool
    circuit: Circuit


async def claim_lanes(
    conn: AsyncConnection, *, token: str, now: datetime, until: datetime, wanted: int, avoid: Iterable[UUID] = ()
) -> list[UUID]:
    """Take up to ``wanted`` lanes that are due and free, the longest due first."""
    bind = {"token": token, "now": now, "until": until, "wanted": wanted, "avoid": list(avoid)}
    return list((await conn.execute(_CLAIM_LANES, bind)).scalars())


async def hold(conn: AsyncConnection, tokens: Mapping[UUID, str], *, until: datetime, wait: bool) -> dict[UUID, Hold]:
    """Lock lanes until the transaction ends, and keep each that nobody else took.

    Args:
        conn: the connection.
        tokens: the lanes, and under which token each was taken.
        until: how long they are kept.
        wait: for those that are locked elsewhere; without it they are left out.
    """
    bind = {"ids": list(tokens), "tokens": list(tokens.values()), "until": until}
    found = {}
    for row in await conn.execute(_HOLD if wait else _HOLD_FREE, bind):
        circuit = row._asdict()
        endpoint_id, held = circuit.pop("endpoint_id"), circuit.pop("held")
        found[endpoint_id] = Hold(held=held, circuit=Circuit(**circuit))
    return found


async def store_circuits(conn: AsyncConnection, circuits: Mapping[UUID, Circuit]) -> None:
    """Store how endpoints did, in their locked lanes."""
    if not circuits:
        return
    states = circuits.values()
    bind = {
        "ids": list(circuits),
        "failures": [each.failures for each in states],
        "since": [each.failing_since for each in states],
        "trips": [each.trips for each in states],
        "open": [each.open_until for each in states],
        "told": [each.told_at for each in states],
    }
    await conn.execute(_STORE_CIRCUITS, bind)


async def release(conn: AsyncConnection, endpoint_ids: Sequence[UUID]) -> None:
    """Give lanes back, which :func:`hold` has locked, and note when each is due next."""
    if endpoint_ids:
        await conn.execute(_RELEASE, {"ids": list(endpoint_ids)})


async def claim_due(
    conn: AsyncConnection,
    rooms: Mapping[UUID, int],
    *,
    now: datetime,
    hidden_until: datetime,
    pings_alone: bool = False,
) -> dict[UUID, list[Claimed]]:
    """Take what is due, from each lane as many as there is room for.

    Should this process die, they are due again at ``hidden_until``.
    """
    found: dict[UUID, list[Claimed]] = {}
    if not rooms:
        return found
    bind = {"ids": list(rooms), "rooms": list(rooms.values()), "now": now, "hidden_until": hidden_until}
    for row in await conn.execute(_CLAIM_PINGS if pings_alone else _CLAIM, bind):
        found.setdefault(row.endpoint_id, []).append(_claimed(row))
    return found


def _claimed(row: Row[Any]) -> Claimed:
    letter = Letter(
        message_id=row.message_id,
        event_type=row.event_type,
        sequence=row.sequence,
        occurred_at=row.occurred_at,
        recorded_at=row.recorded_at,
        subject_id=row.subject_id,
        subject_version=row.subject_version,
        unit=row.unit,
    )
    return Claimed(
        id=row.id,
        letter=letter,
        attempt=row.attempts,
        rung=row.rung,
        is_ping=row.is_ping,
        created_at=row.created_at,
        traceparent=row.traceparent,
    )


async def destinations(
    conn: AsyncConnection, endpoint_ids: Sequence[UUID], *, now: datetime, unproven: datetime
) -> dict[UUID, Destination]:
    """Return where deliveries go; without those that are off, unproven since a moment, or whose unit has ended."""
    if not endpoint_ids:
        return {}
    bind = {"ids": list(endpoint_ids), "now": now, "unproven": unproven}
    return {row.id: _destination(row) for row in await conn.execute(_ADDRESS, bind)}


def _destination(row: Row[Any]) -> Destination:
    sealed = [(version, bytes(one)) for version, one in zip(row.versions, row.sealed, strict=True)]
    return Destination(
        url=row.url,
        secrets=tuple(one for version, one in sealed if version == Signature.V1),
        keys=tuple(one for version, one in sealed if version == Signature.V1A),
    )
