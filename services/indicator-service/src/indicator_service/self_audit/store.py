"""What the self-audit keeps: its round, whose lease it is, and what it looks at again."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service.generations import group_of
from indicator_service.self_audit.judging import DRIFT, Judgement, Versions

LEASE_S: Final = 30.0
"""Seconds after which another worker goes on where one that ended has been."""
CONFIRMED: Final = 2
"""How many looks in a row must find a drift before it is told."""

_TAKE: Final = text("""
UPDATE self_audit SET owner = :owner, held_until = clock_timestamp() + make_interval(secs => :lease_s)
WHERE owner = :owner OR owner IS NULL OR held_until < clock_timestamp()
RETURNING round, phase, after_id, after_unit, begun_at, walked_at, clock_timestamp() AS now
""")
_STILL_MINE: Final = text(
    "SELECT 1 FROM self_audit WHERE owner = :owner AND round = :round AND phase = :phase FOR UPDATE"
)
_BEGIN: Final = text("""
UPDATE self_audit SET round = round + 1, phase = 'cases', after_id = NULL, after_unit = '',
       begun_at = clock_timestamp(), walked_at = NULL, cases = 0, concerns = 0, cells = 0
""")
_MOVE: Final = text("""
UPDATE self_audit SET phase = :to, after_id = :after_id, after_unit = :after_unit,
       walked_at = CASE WHEN :to = 'settling' THEN clock_timestamp() ELSE walked_at END,
       cases = cases + :cases, concerns = concerns + :concerns, cells = cells + :cells
""")
_END: Final = text("""
UPDATE self_audit SET phase = 'resting', last_begun_at = begun_at, last_ended_at = clock_timestamp(),
       last_cases = cases, last_concerns = concerns, last_cells = cells,
       next_within_seconds = 2 * (:rest_s + extract(epoch FROM clock_timestamp() - begun_at))
""")
_FAILED: Final = text("""
UPDATE self_audit SET failing_since = coalesce(failing_since, clock_timestamp()), failure = :failure
WHERE owner = :owner
""")
_WELL: Final = text("UPDATE self_audit SET failing_since = NULL, failure = NULL WHERE failing_since IS NOT NULL")
_RELEASE: Final = text("UPDATE self_audit SET owner = NULL, held_until = NULL WHERE owner = :owner")
_DUE: Final = text("""
SELECT kind, key FROM self_audit_item WHERE next_at <= clock_timestamp() ORDER BY next_at LIMIT :most
""")
_UNSETTLED: Final = text("""
SELECT count(*) FROM self_audit_item
WHERE looks < 2 AND (CAST(:walked_at AS timestamptz) IS NULL OR first_at <= CAST(:walked_at AS timestamptz))
""")
_AGREES: Final = text(
    "DELETE FROM self_audit_item WHERE kind = :kind AND key = ANY(:keys) RETURNING key, reason, looks"
)
_INSERT: Final = """
INSERT INTO self_audit_item AS i (kind, key, reason, looks, fields, touched, next_at)
VALUES (:kind, :key, :reason, CASE WHEN :drifts THEN 1 ELSE 0 END, CAST(:fields AS text[]), CAST(:touched AS jsonb),
        clock_timestamp() + make_interval(secs => :soon_s))
"""
_NOTE_FIRST: Final = text(f"{_INSERT} ON CONFLICT DO NOTHING")
_NOTE: Final = text(f"""{_INSERT}
ON CONFLICT (kind, key) DO UPDATE
SET reason = EXCLUDED.reason, fields = EXCLUDED.fields, touched = EXCLUDED.touched, last_at = clock_timestamp(),
    looks = CASE WHEN :drifts THEN i.looks + 1 ELSE 0 END,
    first_at = CASE WHEN :moved THEN clock_timestamp() ELSE i.first_at END,
    next_at = clock_timestamp()
        + make_interval(secs => CASE WHEN :drifts AND i.looks >= 1 THEN :later_s ELSE :soon_s END)
RETURNING looks
""")
_STANDING: Final = text("""
SELECT reason, count(*) AS amount FROM self_audit_item WHERE looks >= 2 GROUP BY reason
UNION ALL
SELECT 'waiting', count(*) FROM self_audit_item WHERE looks < 2
""")
_LAST: Final = text("""
SELECT *, extract(epoch FROM clock_timestamp() - last_ended_at) AS age,
       extract(epoch FROM last_ended_at - last_begun_at) AS took, clock_timestamp() AS now FROM self_audit
""")
_DRIFT: Final = text("SELECT unit, metric, amount FROM self_audit_drift()")
_SEEN: Final = text("SELECT drifting, waiting FROM self_audit_standing()")
_VERSIONS: Final = """
SELECT asked.id, coalesce(f.version, 0) AS fact, coalesce(g.version, 0) AS gate
FROM unnest(CAST(:ids AS uuid[])) AS asked (id)
LEFT JOIN {table} AS f ON f.generation = :generation AND f.{key} = asked.id
LEFT JOIN aggregate_version AS g ON g.consumer_group = :group AND g.aggregate_id = asked.id
"""
_BETWEEN: Final = """
SELECT {key} AS id FROM {table} WHERE generation = :generation
   AND {key} > CAST(:after AS uuid) AND (CAST(:until AS uuid) IS NULL OR {key} <= CAST(:until AS uuid))
"""
_TABLES: Final = {"case": ("case_fact", "case_id"), "concern": ("concern_fact", "concern_id")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How far the round has come."""

    round: int
    phase: str
    after_id: UUID | None
    after_unit: str
    begun_at: datetime | None
    walked_at: datetime | None
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pauses:
    """After how many seconds something is looked at again: what may be on its way soon, what has drifted later."""

    soon_s: float
    later_s: float


async def take(conn: AsyncConnection, owner: str) -> Place | None:
    """Take or renew the lease; return how far the round has come, or nothing where another worker audits."""
    row = (await conn.execute(_TAKE, {"owner": owner, "lease_s": LEASE_S})).one_or_none()
    return None if row is None else Place(**row._mapping)  # noqa: SLF001  the public name of a row's mapping


async def hold(conn: AsyncConnection, owner: str, place: Place) -> bool:
    """Lock the round until the transaction ends; return whether it is still this worker's and where it was."""
    bind = {"owner": owner, "round": place.round, "phase": place.phase}
    return (await conn.execute(_STILL_MINE, bind)).one_or_none() is not None


async def release(conn: AsyncConnection, owner: str) -> None:
    """Leave the round to whoever comes next."""
    await conn.execute(_RELEASE, {"owner": owner})


async def begin(conn: AsyncConnection) -> None:
    """Begin the next round."""
    await conn.execute(_BEGIN)


async def move(
    conn: AsyncConnection,
    *,
    to: str,
    after_id: UUID | None = None,
    after_unit: str = "",
    cases: int = 0,
    concerns: int = 0,
    cells: int = 0,
) -> None:
    """Go on, and add to what was compared."""
    counted = {"cases": cases, "concerns": concerns, "cells": cells}
    await conn.execute(_MOVE, {"to": to, "after_id": after_id, "after_unit": after_unit, **counted})


async def end(conn: AsyncConnection, *, rest_s: float) -> None:
    """End the round, and say within how many seconds the next one is to have ended."""
    await conn.execute(_END, {"rest_s": rest_s})


async def note_failure(conn: AsyncConnection, owner: str, failure: str) -> None:
    """Note since when nothing can be compared, and why, as a code."""
    await conn.execute(_FAILED, {"owner": owner, "failure": failure})


async def note_well(conn: AsyncConnection) -> None:
    """Note that comparing goes on."""
    await conn.execute(_WELL)


async def due(conn: AsyncConnection, *, most: int) -> Mapping[str, list[str]]:
    """Return the keys of what is to be looked at again now, by kind."""
    found: dict[str, list[str]] = {}
    for row in await conn.execute(_DUE, {"most": most}):
        found.setdefault(row.kind, []).append(row.key)
    return found


async def unsettled(conn: AsyncConnection, *, walked_at: datetime | None) -> int:
    """Return of how many nobody can say yet whether they agree, of those noted by a moment, or of all."""
    return int((await conn.execute(_UNSETTLED, {"walked_at": walked_at})).scalar_one())


async def note_agreement(conn: AsyncConnection, kind: str, keys: Collection[str]) -> list[str]:
    """Forget what agrees; return the keys of what had drifted."""
    rows = await conn.execute(_AGREES, {"kind": kind, "keys": list(keys)}) if keys else ()
    return [row.key for row in rows if row.looks >= CONFIRMED]


async def note(conn: AsyncConnection, kind: str, key: str, judgement: Judgement, pauses: Pauses) -> int:
    """Keep what is to be looked at again; return how many looks in a row have found a drift."""
    return int((await conn.execute(_NOTE, _bound(kind, key, judgement, pauses))).scalar_one())


async def note_first(conn: AsyncConnection, kind: str, key: str, judgement: Judgement, pauses: Pauses) -> None:
    """Keep what is to be looked at more closely, unless that is done already."""
    await conn.execute(_NOTE_FIRST, _bound(kind, key, judgement, pauses))


def _bound(kind: str, key: str, judgement: Judgement, pauses: Pauses) -> dict[str, Any]:
    return {
        "kind": kind,
        "key": key,
        "reason": judgement.reason.value,
        "drifts": judgement.reason in DRIFT,
        "moved": judgement.moved,
        "fields": list(judgement.fields),
        "touched": orjson.dumps({unit: sorted(metrics) for unit, metrics in judgement.touched.items()}).decode(),
        "soon_s": pauses.soon_s,
        "later_s": pauses.later_s,
    }


async def standing(conn: AsyncConnection) -> dict[str, int]:
    """Return how many have drifted by reason, and under ``waiting`` how many are not settled; as the worker's role."""
    return {row.reason: int(row.amount) for row in await conn.execute(_STANDING)}


async def last(conn: AsyncConnection) -> Any:
    """Return the row of the audit, with the age of its last round, how long that took, and the moment."""
    return (await conn.execute(_LAST)).one()


async def drift(conn: AsyncConnection) -> list[tuple[str, str, int]]:
    """Return unit, metric and count of what has drifted where the stance reaches; under an empty metric, of all."""
    return [(row.unit, row.metric, int(row.amount)) for row in await conn.execute(_DRIFT)]


async def seen(conn: AsyncConnection) -> tuple[int, int | None]:
    """Return how many have drifted and how many wait; without the stance of all districts whether any has (0 or 1)."""
    row = (await conn.execute(_SEEN)).one()
    return int(row.drifting), None if row.waiting is None else int(row.waiting)


async def versions(conn: AsyncConnection, kind: str, ids: Collection[UUID], *, generation: int) -> dict[UUID, Versions]:
    """Return how far each of the cases or concerns is known."""
    table, key = _TABLES[kind]
    bind = {"generation": generation, "group": group_of(generation), "ids": list(ids)}
    rows = await conn.execute(text(_VERSIONS.format(table=table, key=key)), bind)
    return {row.id: Versions(fact=row.fact, gate=row.gate) for row in rows}


async def between(
    conn: AsyncConnection, kind: str, *, after: UUID, until: UUID | None, generation: int
) -> frozenset[UUID]:
    """Return the ids of the facts after one id up to another, or of all after it."""
    table, key = _TABLES[kind]
    statement = text(_BETWEEN.format(table=table, key=key))
    rows = await conn.execute(statement, {"generation": generation, "after": after, "until": until})
    return frozenset(rows.scalars())
