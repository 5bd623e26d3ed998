"""Writing letters: who is to be told what, into which letter it goes, and what is taken out of letters again."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.domain.pacing import MANDATORY
from notification_service.domain.posting import KEPT_WHEN_RESTRICTED, End, Slot

WANTED: Final = """
    e.kind = ANY(CAST(:mandatory AS text[])) OR EXISTS (
        SELECT FROM subscription AS w
        WHERE w.person = s.person AND w.created_at <= e.created_at
          AND entry_matches(e, w.kinds, w.roles, w.units, w.case_id, w.themes, w.indicator)
    )
"""

MEANT: Final = """
    (e.unit = s.unit OR starts_with(e.unit, s.unit || '/')) AND e.roles && s.roles
"""

_CALLED: Final = text("""
SELECT f.entry_id, f.after_person, e.kind FROM fan_out AS f JOIN inbox_entry AS e ON e.id = f.entry_id
ORDER BY f.entry_id LIMIT :most FOR UPDATE OF f SKIP LOCKED
""")

_TOLD: Final = text(f"""
SELECT s.person, p.language, p.time_zone, p.quiet_start, p.quiet_end, p.digest, p.digest_hour, p.digest_weekday,
       p.kinds,
       (SELECT array_agg(c.channel ORDER BY c.channel) FROM contact AS c
        WHERE c.person = s.person AND c.confirmed_at IS NOT NULL) AS channels
FROM person_standing AS s JOIN inbox_entry AS e ON e.id = :entry LEFT JOIN preference AS p ON p.person = s.person
WHERE s.person > :after AND s.proven_at > :since AND {MEANT} AND ({WANTED})
  AND EXISTS (SELECT FROM contact AS c WHERE c.person = s.person AND c.confirmed_at IS NOT NULL)
ORDER BY s.person LIMIT :most
""")  # noqa: S608 - of this file's own constants

_GO_ON: Final = text("UPDATE fan_out SET after_person = :after WHERE entry_id = :entry")

_DONE: Final = text("DELETE FROM fan_out WHERE entry_id = :entry")

_RECENT: Final = text("""
SELECT person, channel, count(*) AS letters FROM letter
WHERE person = ANY(CAST(:people AS text[])) AND purpose = 'message' AND window_at IS NULL AND created_at > :since
GROUP BY person, channel
""")

_WRITE: Final = text("""
INSERT INTO letter AS l (id, person, channel, purpose, window_at, status, due_at, created_at)
VALUES (:id, :person, :channel, :purpose, :window, 'pending', :due, :now)
ON CONFLICT (person, channel, purpose, window_at) DO UPDATE SET person = EXCLUDED.person
WHERE l.status = 'pending' AND l.attempts = 0
RETURNING id
""")

_TELL: Final = text("""
INSERT INTO letter_item (letter_id, entry_id, person, channel) VALUES (:letter, :entry, :person, :channel)
ON CONFLICT DO NOTHING
""")

_ABOUT: Final = text("""
SELECT DISTINCT i.letter_id FROM letter_item AS i JOIN inbox_entry AS e ON e.id = i.entry_id
WHERE e.subject_id = ANY(CAST(:ids AS uuid[]))
""")

_SET_ASIDE: Final = text("""
DELETE FROM letter_item AS i USING letter AS l, inbox_entry AS e
WHERE l.id = i.letter_id AND e.id = i.entry_id AND l.status IN ('pending', 'dead')
  AND e.subject_id = ANY(CAST(:ids AS uuid[])) AND e.kind <> ALL(CAST(:kept AS text[]))
""")

_EMPTY: Final = text("""
UPDATE letter AS l
SET status = CASE WHEN l.status IN ('pending', 'dead') THEN 'cancelled' ELSE l.status END,
    reason = CASE WHEN l.status IN ('pending', 'dead') THEN CAST(:reason AS text) ELSE l.reason END,
    settled_at = coalesce(l.settled_at, CAST(:now AS timestamptz)), redacted_at = CAST(:now AS timestamptz)
WHERE l.id = ANY(CAST(:letters AS uuid[])) AND NOT EXISTS (SELECT FROM letter_item AS i WHERE i.letter_id = l.id)
""")

_END_CONFIRMATIONS: Final = text("""
UPDATE letter SET status = 'cancelled', reason = 'code_over', settled_at = :now
WHERE person = :person AND channel = :channel AND purpose = 'confirmation' AND status = 'pending'
""")

_CODES: Final = text("""
SELECT count(*) FROM letter
WHERE person = :person AND channel = :channel AND purpose = 'confirmation' AND created_at > :since
""")

ALWAYS: Final[Mapping[str, Any]] = {"mandatory": sorted(MANDATORY)}


async def called(conn: AsyncConnection, *, most: int) -> list[Any]:
    """Lock entries about which letters are to be written, which no other worker is at."""
    return list(await conn.execute(_CALLED, {"most": most}))


async def to_tell(conn: AsyncConnection, entry_id: UUID, *, after: str, since: datetime, most: int) -> list[Any]:
    """Return people after a name who want to be told of an entry, with their choices and confirmed channels."""
    bind = {"entry": entry_id, "after": after, "since": since, "most": most, **ALWAYS}
    return list(await conn.execute(_TOLD, bind))


async def told_up_to(conn: AsyncConnection, entry_id: UUID, *, after: str | None) -> None:
    """Note how far the writing of letters has come; None: to the end."""
    if after is None:
        await conn.execute(_DONE, {"entry": entry_id})
    else:
        await conn.execute(_GO_ON, {"entry": entry_id, "after": after})


async def recent(conn: AsyncConnection, people: Iterable[str], *, since: datetime) -> dict[tuple[str, str], int]:
    """Return how many letters were written at once since a moment, by person and channel."""
    rows = await conn.execute(_RECENT, {"people": sorted(set(people)), "since": since})
    return {(row.person, row.channel): row.letters for row in rows}


async def write(
    conn: AsyncConnection, *, letter_id: UUID, person: str, channel: str, slot: Slot, now: datetime
) -> UUID | None:
    """Return the letter of a slot, made anew where there is none; None when that one is on its way already."""
    bind = {
        "id": letter_id,
        "person": person,
        "channel": channel,
        "purpose": slot.purpose.value,
        "window": slot.window,
        "due": slot.window or now,
        "now": now,
    }
    found: UUID | None = (await conn.execute(_WRITE, bind)).scalar_one_or_none()
    return found


async def tell(conn: AsyncConnection, *, letter_id: UUID, entry_id: UUID, person: str, channel: str) -> None:
    """Let a letter tell of an entry, of which no other letter over that channel does."""
    await conn.execute(_TELL, {"letter": letter_id, "entry": entry_id, "person": person, "channel": channel})


async def about(conn: AsyncConnection, subject_ids: Iterable[UUID]) -> frozenset[UUID]:
    """Return the letters that tell of these cases, to look after them when entries went."""
    found = await conn.execute(_ABOUT, {"ids": sorted(set(subject_ids))})
    return frozenset(found.scalars())


async def set_aside_restricted(conn: AsyncConnection, case_ids: Iterable[UUID]) -> None:
    """Take restricted cases out of letters that are not sent; notices of the restriction stay."""
    if not (ids := sorted(set(case_ids))):
        return
    await conn.execute(_SET_ASIDE, {"ids": ids, "kept": sorted(KEPT_WHEN_RESTRICTED)})


async def cancel_empty(conn: AsyncConnection, letter_ids: Collection[UUID], *, reason: End, now: datetime) -> None:
    """Cancel those of the letters that have nothing left to tell, and note in the log that what they told is gone."""
    if letter_ids:
        await conn.execute(_EMPTY, {"letters": sorted(letter_ids), "reason": reason.value, "now": now})


async def end_confirmations(conn: AsyncConnection, *, person: str, channel: str, now: datetime) -> None:
    """Cancel confirmations of which the code holds no more."""
    await conn.execute(_END_CONFIRMATIONS, {"person": person, "channel": channel, "now": now})


async def codes_since(conn: AsyncConnection, *, person: str, channel: str, since: datetime) -> int:
    """Return how many confirmations a person was written over a channel since a moment."""
    bind = {"person": person, "channel": channel, "since": since}
    return int((await conn.execute(_CODES, bind)).scalar_one())
