"""Demands to acknowledge a message: made with it, settled by whoever acknowledges, and gone with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.domain.acknowledgements import Demand
from notification_service.domain.audiences import Needs
from notification_service.domain.happenings import Subject
from notification_service.domain.kinds import Kind

_MAKE: Final = text("""
INSERT INTO demand (entry_id, event_id, kind, unit, district, needs, subject, subject_id, subject_version, about_id,
                    rules, level, told_on, escalates_on)
SELECT e.id, e.event_id, e.kind, e.unit, e.district, e.needs, e.subject, e.subject_id, e.subject_version, m.about_id,
       :rules, 0, CAST(:day AS date), m.escalates_on
FROM unnest(CAST(:ids AS uuid[]), CAST(:about AS uuid[]), CAST(:escalates AS date[])) AS m (id, about_id, escalates_on)
JOIN inbox_entry AS e ON e.id = m.id
ON CONFLICT (entry_id) DO NOTHING
""")
_END: Final = text("""
UPDATE demand AS d SET over_at = CAST(:now AS timestamptz)
FROM unnest(CAST(:ids AS uuid[]), CAST(:versions AS int[])) AS o (about_id, version)
WHERE d.about_id = o.about_id AND d.subject_version < o.version AND d.over_at IS NULL AND d.acknowledged_at IS NULL
""")
# Who is at work on one lets it be: the other worker tells of it.
_DUE: Final = text("""
SELECT entry_id, event_id, kind, unit, needs, subject, subject_id, subject_version, rules, level FROM demand
WHERE escalates_on <= CAST(:day AS date) AND acknowledged_at IS NULL AND over_at IS NULL
ORDER BY escalates_on, entry_id LIMIT :most FOR UPDATE SKIP LOCKED
""")
_RAISE: Final = text("""
UPDATE demand SET level = :level, told_on = CAST(:day AS date), escalates_on = CAST(:escalates_on AS date)
WHERE entry_id = :entry_id
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """A message that must be acknowledged from a day on; ``about_id`` names what settles it when it is done."""

    entry_id: UUID
    about_id: UUID | None
    escalates_on: date | None


async def make(conn: AsyncConnection, new: Sequence[New], *, rules: int, day: date) -> None:
    """Demand that messages, which are there, are acknowledged; once for each."""
    if new:
        bind = {
            "ids": [one.entry_id for one in new],
            "about": [one.about_id for one in new],
            "escalates": [one.escalates_on for one in new],
            "rules": rules,
            "day": day,
        }
        await conn.execute(_MAKE, bind)


async def end(conn: AsyncConnection, ended: Mapping[UUID, int], *, now: datetime) -> None:
    """Ask no more for messages about what was done, by the version in which it was."""
    if ended:
        ids = sorted(ended)
        await conn.execute(_END, {"ids": ids, "versions": [ended[one] for one in ids], "now": now})


async def lock_due(conn: AsyncConnection, *, day: date, limit: int) -> list[Demand]:
    """Return what goes to the next level by a day, locked, the longest late first; what another has locked is left."""
    rows = await conn.execute(_DUE, {"day": day, "most": limit})
    return [
        Demand(
            entry_id=row.entry_id,
            event_id=row.event_id,
            kind=Kind(row.kind),
            unit=row.unit,
            needs=Needs(row.needs),
            subject=Subject(row.subject),
            subject_id=row.subject_id,
            subject_version=row.subject_version,
            rules=row.rules,
            level=row.level,
        )
        for row in rows
    ]


async def raise_level(
    conn: AsyncConnection, entry_id: UUID, *, level: int, day: date, escalates_on: date | None
) -> None:
    """Write to which level it went on which day, and when it goes further."""
    bind = {"entry_id": entry_id, "level": level, "day": day, "escalates_on": escalates_on}
    await conn.execute(_RAISE, bind)
