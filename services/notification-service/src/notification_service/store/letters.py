"""The queue of letters: what is due, what it is to tell, and what came of it.

A claim hides a letter until its lease ends; every result is written for the attempt that it belongs to and no other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.domain.audiences import SEE_RESTRICTED
from notification_service.domain.posting import KEPT_WHEN_RESTRICTED, Verdict
from notification_service.store.letter_writing import ALWAYS, MEANT, WANTED

_CLAIM: Final = text("""
UPDATE letter AS l SET attempts = l.attempts + 1, rung = l.rung + 1, due_at = :hidden_until
FROM (
    SELECT id FROM letter
    WHERE status = 'pending' AND due_at <= :now AND channel = ANY(CAST(:channels AS text[]))
    ORDER BY due_at LIMIT :room FOR UPDATE SKIP LOCKED
) AS due
WHERE l.id = due.id
RETURNING l.id, l.person, l.channel, l.purpose, l.attempts, l.rung, l.created_at
""")

_PEOPLE: Final = text("""
SELECT w.person, s.unit, s.roles, s.clearance, s.proven_at, p.language, p.time_zone, p.quiet_start, p.quiet_end,
       p.digest, p.digest_hour, p.digest_weekday, p.kinds
FROM unnest(CAST(:people AS text[])) AS w (person)
LEFT JOIN person_standing AS s ON s.person = w.person LEFT JOIN preference AS p ON p.person = w.person
""")

_ADDRESSES: Final = text("""
SELECT person, channel, address, confirmed_at, code, code_until FROM contact
WHERE person = ANY(CAST(:people AS text[]))
""")

_ITEMS: Final = text(f"""
SELECT i.letter_id, e.id AS entry_id, e.kind, e.unit, e.about_unit, e.needs, e.subject, e.subject_id,
       ({MEANT}) AND ({WANTED}) AND (
           e.kind = ANY(CAST(:kept AS text[])) AND s.roles && CAST(:see_restricted AS text[])
           OR NOT EXISTS (SELECT FROM case_standing AS c WHERE c.case_id = e.subject_id AND c.restricted)
       ) AS stands
FROM letter_item AS i JOIN inbox_entry AS e ON e.id = i.entry_id JOIN person_standing AS s ON s.person = i.person
WHERE i.letter_id = ANY(CAST(:letters AS uuid[])) ORDER BY e.id
""")  # noqa: S608 - of this file's own constants

_HOLD: Final = text("SELECT id FROM letter WHERE id = :id AND attempts = :attempt AND status = 'pending' FOR UPDATE")

_DROP: Final = text("""
DELETE FROM letter_item WHERE letter_id = :id AND entry_id <> ALL(CAST(:kept AS uuid[]))
""")

_LEFT: Final = text("SELECT entry_id FROM letter_item WHERE letter_id = :id")

_RECORD: Final = text("""
UPDATE letter
SET status = :status, reason = :reason, due_at = coalesce(CAST(:due AS timestamptz), due_at),
    rung = rung - CAST(:given_back AS int), last_outcome = coalesce(CAST(:outcome AS text), last_outcome),
    wording = coalesce(CAST(:wording AS text), wording),
    settled_at = CASE WHEN CAST(:status AS text) = 'pending' THEN NULL ELSE CAST(:now AS timestamptz) END
WHERE id = :id AND attempts = :attempt AND status = 'pending'
""")

_REPLAY: Final = text("""
UPDATE letter SET status = 'pending', reason = NULL, rung = 0, due_at = :now, settled_at = NULL, returned_at = NULL
WHERE id = :id AND person = :person AND status = 'dead' RETURNING id
""")

_BOUNCED: Final = text("""
UPDATE letter AS l SET status = 'dead', reason = 'bounced', settled_at = :now, returned_at = :now
FROM (SELECT id, person, channel, settled_at FROM letter WHERE id = :id AND status = 'delivered' FOR UPDATE) AS was
WHERE l.id = was.id RETURNING was.person, was.channel, was.settled_at
""")

_BOUNCED_SOFTLY: Final = text("""
UPDATE letter SET returned_at = :now WHERE id = :id AND status = 'delivered' AND returned_at IS NULL
RETURNING person, channel, settled_at
""")

_KNOWN: Final = text("SELECT EXISTS (SELECT FROM letter WHERE id = :id)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A letter to attempt now: ``attempt`` counts all its attempts, ``rung`` those since it was written or replayed."""

    id: UUID
    person: str
    channel: str
    purpose: str
    attempt: int
    rung: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A message that a letter tells; ``stands`` says whether it is still meant for the person and wanted."""

    entry_id: UUID
    kind: str
    unit: str
    about_unit: str | None
    needs: str
    subject: str
    subject_id: UUID
    stands: bool


async def claim(
    conn: AsyncConnection, *, now: datetime, hidden_until: datetime, channels: Sequence[str], room: int
) -> list[Claimed]:
    """Take what is due; should this process die, it is due again at ``hidden_until``."""
    bind = {"now": now, "hidden_until": hidden_until, "channels": list(channels), "room": room}
    return [
        Claimed(
            id=row.id,
            person=row.person,
            channel=row.channel,
            purpose=row.purpose,
            attempt=row.attempts,
            rung=row.rung,
            created_at=row.created_at,
        )
        for row in await conn.execute(_CLAIM, bind)
    ]


async def people(conn: AsyncConnection, names: Iterable[str]) -> dict[str, Any]:
    """Return what is known of people, and what they chose, by name."""
    rows = await conn.execute(_PEOPLE, {"people": sorted(set(names))})
    return {row.person: row for row in rows}


async def addresses(conn: AsyncConnection, names: Iterable[str]) -> dict[tuple[str, str], Any]:
    """Return the sealed addresses of people, by name and channel."""
    rows = await conn.execute(_ADDRESSES, {"people": sorted(set(names))})
    return {(row.person, row.channel): row for row in rows}


async def facts(conn: AsyncConnection, letter_ids: Iterable[UUID]) -> dict[UUID, list[Fact]]:
    """Return what letters are to tell, by letter."""
    bind = {
        "letters": sorted(letter_ids),
        "kept": sorted(KEPT_WHEN_RESTRICTED),
        "see_restricted": sorted(SEE_RESTRICTED),
        **ALWAYS,
    }
    found: dict[UUID, list[Fact]] = {}
    for row in await conn.execute(_ITEMS, bind):
        fact = Fact(
            entry_id=row.entry_id,
            kind=row.kind,
            unit=row.unit,
            about_unit=row.about_unit,
            needs=row.needs,
            subject=row.subject,
            subject_id=row.subject_id,
            stands=row.stands,
        )
        found.setdefault(row.letter_id, []).append(fact)
    return found


async def hold(conn: AsyncConnection, claimed: Claimed) -> bool:
    """Keep a letter as it is until the transaction ends; false when it is no longer this attempt's."""
    bind = {"id": claimed.id, "attempt": claimed.attempt}
    return (await conn.execute(_HOLD, bind)).one_or_none() is not None


async def drop_but(conn: AsyncConnection, letter_id: UUID, kept: Iterable[UUID]) -> frozenset[UUID]:
    """Let a letter tell of these entries alone; return which of them are there still."""
    await conn.execute(_DROP, {"id": letter_id, "kept": sorted(kept)})
    return frozenset((await conn.execute(_LEFT, {"id": letter_id})).scalars())


async def record(
    conn: AsyncConnection,
    claimed: Claimed,
    verdict: Verdict,
    *,
    now: datetime,
    outcome: str | None = None,
    wording: str | None = None,
    attempted: bool = True,
) -> bool:
    """Write what came of an attempt; one that did not get as far as sending does not count.

    Return whether it counted: a letter that was withdrawn meanwhile stays as it is.
    """
    bind = {
        "id": claimed.id,
        "attempt": claimed.attempt,
        "status": verdict.status.value,
        "reason": verdict.reason,
        "due": verdict.due_at,
        "given_back": 0 if attempted else 1,
        "outcome": outcome,
        "wording": wording,
        "now": now,
    }
    return (await conn.execute(_RECORD, bind)).rowcount == 1


async def replay(conn: AsyncConnection, *, letter_id: UUID, person: str, now: datetime) -> bool:
    """Make a dead letter of a person's pending again; false when it is not dead."""
    bind = {"id": letter_id, "person": person, "now": now}
    return (await conn.execute(_REPLAY, bind)).one_or_none() is not None


async def bounced(conn: AsyncConnection, letter_id: UUID, *, now: datetime) -> Any:
    """Make a dead letter of a delivered one that came back; return whose it was, or None."""
    return (await conn.execute(_BOUNCED, {"id": letter_id, "now": now})).one_or_none()


async def bounced_softly(conn: AsyncConnection, letter_id: UUID, *, now: datetime) -> Any:
    """Note when a delivered letter came back for now; return whose it was, or None when that is noted already."""
    return (await conn.execute(_BOUNCED_SOFTLY, {"id": letter_id, "now": now})).one_or_none()


async def is_known(conn: AsyncConnection, letter_id: UUID) -> bool:
    """Whether there is a letter of this id."""
    return bool((await conn.execute(_KNOWN, {"id": letter_id})).scalar_one())
