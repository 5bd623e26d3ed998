"""The worker's side of the lanes: taking a lane, taking what is due in it, writing what came of it, giving it back.

A lane is worked by one holder of its lease at a time. The lease only saves work: what keeps results right is that each
is written for the attempt it belongs to and no other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.domain.attempts import Answer, Verdict
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
_RENEW: Final = text("""
UPDATE lane SET leased_until = CASE WHEN leased_by = :token THEN CAST(:until AS timestamptz) ELSE leased_until END
WHERE endpoint_id = :endpoint_id
RETURNING leased_by IS NOT DISTINCT FROM :token AS held, failures, failing_since, trips, open_until, told_at
""")
_RELEASE: Final = text("""
UPDATE lane AS l SET leased_by = NULL, leased_until = NULL, due_at = least(
    (SELECT min(p.next_attempt_at) FROM delivery AS p
     WHERE p.endpoint_id = l.endpoint_id AND p.status = 'pending' AND p.is_ping),
    (SELECT greatest(d.next_attempt_at, l.open_until) FROM delivery AS d
     WHERE d.endpoint_id = l.endpoint_id AND d.status = 'pending' AND NOT d.blocked AND NOT d.is_ping
     ORDER BY d.next_attempt_at LIMIT 1)
)
WHERE l.endpoint_id = :endpoint_id
""")
_STORE_CIRCUIT: Final = text("""
UPDATE lane SET failures = :failures, failing_since = :failing_since, trips = :trips, open_until = :open_until,
    told_at = :told_at
WHERE endpoint_id = :endpoint_id
""")
_CLAIM_SOME: Final = """
UPDATE delivery AS d SET attempts = d.attempts + 1, rung = d.rung + 1, next_attempt_at = :hidden_until
FROM (
    SELECT id FROM delivery
    WHERE endpoint_id = :endpoint_id AND status = 'pending' AND NOT blocked AND next_attempt_at <= :now{only}
    ORDER BY next_attempt_at, sequence LIMIT :room
) AS due
WHERE d.id = due.id
RETURNING d.id, d.message_id, d.sequence, d.is_ping, d.event_type, d.subject_id, d.subject_version, d.unit,
          d.occurred_at, d.recorded_at, d.traceparent, d.attempts, d.rung, d.created_at
"""
_CLAIM: Final = text(_CLAIM_SOME.format(only=""))
_CLAIM_PINGS: Final = text(_CLAIM_SOME.format(only=" AND is_ping"))
_ADDRESS: Final = text("""
SELECT e.url, array(
    SELECT s.version FROM endpoint_secret AS s
    WHERE s.endpoint_id = e.id AND s.version = ANY (e.signatures) AND (s.expires_at IS NULL OR s.expires_at > :now)
    ORDER BY s.created_at DESC, s.id DESC
) AS versions, array(
    SELECT s.sealed FROM endpoint_secret AS s
    WHERE s.endpoint_id = e.id AND s.version = ANY (e.signatures) AND (s.expires_at IS NULL OR s.expires_at > :now)
    ORDER BY s.created_at DESC, s.id DESC
) AS sealed
FROM endpoint AS e
WHERE e.id = :endpoint_id AND e.enabled AND e.proven_at > :unproven AND NOT EXISTS (
    SELECT FROM unit_ending AS u
    WHERE u.ends_at <= :now AND (e.unit = u.unit OR starts_with(e.unit, u.unit || '/'))
)
""")
_RECORD: Final = text("""
UPDATE delivery AS d
SET status = r.status, reason = r.reason, next_attempt_at = coalesce(r.next_attempt_at, d.next_attempt_at),
    settled_at = CASE WHEN r.status = 'pending' THEN NULL ELSE r.ended_at END,
    last_outcome = r.outcome, last_status_code = r.status_code
FROM unnest(CAST(:ids AS uuid[]), CAST(:attempts AS int[]), CAST(:statuses AS text[]), CAST(:reasons AS text[]),
            CAST(:next AS timestamptz[]), CAST(:ended AS timestamptz[]), CAST(:outcomes AS text[]),
            CAST(:codes AS int[]))
     AS r (id, attempt, status, reason, next_attempt_at, ended_at, outcome, status_code)
WHERE d.id = r.id AND d.attempts = r.attempt AND d.status = 'pending'
RETURNING d.endpoint_id, d.order_key, d.status
""")
_LOG: Final = text("""
INSERT INTO delivery_attempt (delivery_id, number, started_at, duration_ms, outcome, status_code)
SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:attempts AS int[]), CAST(:started AS timestamptz[]),
                     CAST(:durations AS int[]), CAST(:outcomes AS text[]), CAST(:codes AS int[]))
ON CONFLICT (delivery_id, number) DO NOTHING
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
class Result:
    """What came of one attempt."""

    claimed: Claimed
    answer: Answer
    verdict: Verdict
    started_at: datetime
    ended_at: datetime


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


async def renew(conn: AsyncConnection, *, endpoint_id: UUID, token: str, until: datetime) -> Hold:
    """Lock a lane until the transaction ends and keep it, unless somebody else took it."""
    bind = {"endpoint_id": endpoint_id, "token": token, "until": until}
    row = (await conn.execute(_RENEW, bind)).one()._asdict()
    return Hold(held=row.pop("held"), circuit=Circuit(**row))


async def store_circuit(conn: AsyncConnection, *, endpoint_id: UUID, circuit: Circuit) -> None:
    """Store how an endpoint did, in its locked lane."""
    bind = {
        "endpoint_id": endpoint_id,
        "failures": circuit.failures,
        "failing_since": circuit.failing_since,
        "trips": circuit.trips,
        "open_until": circuit.open_until,
        "told_at": circuit.told_at,
    }
    await conn.execute(_STORE_CIRCUIT, bind)


async def release(conn: AsyncConnection, *, endpoint_id: UUID) -> None:
    """Give a lane back, which :func:`renew` has locked, and note when it is due next."""
    await conn.execute(_RELEASE, {"endpoint_id": endpoint_id})


async def claim_due(
    conn: AsyncConnection,
    *,
    endpoint_id: UUID,
    now: datetime,
    hidden_until: datetime,
    room: int,
    pings_alone: bool = False,
) -> list[Claimed]:
    """Take what is due in a lane; should this process die, it is due again at ``hidden_until``."""
    bind = {"endpoint_id": endpoint_id, "now": now, "hidden_until": hidden_until, "room": room}
    return [
        Claimed(
            id=row.id,
            letter=Letter(
                message_id=row.message_id,
                event_type=row.event_type,
                sequence=row.sequence,
                occurred_at=row.occurred_at,
                recorded_at=row.recorded_at,
                subject_id=row.subject_id,
                subject_version=row.subject_version,
                unit=row.unit,
            ),
            attempt=row.attempts,
            rung=row.rung,
            is_ping=row.is_ping,
            created_at=row.created_at,
            traceparent=row.traceparent,
        )
        for row in await conn.execute(_CLAIM_PINGS if pings_alone else _CLAIM, bind)
    ]


async def destination(
    conn: AsyncConnection, *, endpoint_id: UUID, now: datetime, unproven: datetime
) -> Destination | None:
    """Return where an endpoint's deliveries go; None when it is off, unproven since a moment, or its unit has ended."""
    bind = {"endpoint_id": endpoint_id, "now": now, "unproven": unproven}
    row = (await conn.execute(_ADDRESS, bind)).one_or_none()
    if row is None:
        return None
    sealed = [(version, bytes(one)) for version, one in zip(row.versions, row.sealed, strict=True)]
    return Destination(
        url=row.url,
        secrets=tuple(one for version, one in sealed if version == Signature.V1),
        keys=tuple(one for version, one in sealed if version == Signature.V1A),
    )


async def record(conn: AsyncConnection, results: Sequence[Result]) -> list[tuple[UUID, UUID]]:
    """Write what came of attempts; return endpoint and order key of the deliveries that ended.

    A result of an attempt that is no longer the newest, or of a delivery that was withdrawn meanwhile, goes to the
    log alone.
    """
    if not results:
        return []
    shared = {
        "ids": [r.claimed.id for r in results],
        "attempts": [r.claimed.attempt for r in results],
        "outcomes": [r.answer.outcome.value for r in results],
        "codes": [r.answer.status_code for r in results],
    }
    verdicts = {
        "statuses": [r.verdict.status.value for r in results],
        "reasons": [None if r.verdict.reason is None else r.verdict.reason.value for r in results],
        "next": [r.verdict.next_attempt_at for r in results],
        "ended": [r.ended_at for r in results],
    }
    times = {
        "started": [r.started_at for r in results],
        "durations": [round((r.ended_at - r.started_at).total_seconds() * 1000) for r in results],
    }
    moved = await conn.execute(_RECORD, {**shared, **verdicts})
    ended = [(row.endpoint_id, row.order_key) for row in moved if row.status != "pending"]
    await conn.execute(_LOG, {**shared, **times})
    return ended
