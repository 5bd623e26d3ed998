"""Writing what came of attempts: each result for the attempt that it belongs to and no other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.domain.attempts import Answer, Verdict
from notification_service.store.lanes import Claimed

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
class Result:
    """What came of one attempt."""

    claimed: Claimed
    answer: Answer
    verdict: Verdict
    started_at: datetime
    ended_at: datetime


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
