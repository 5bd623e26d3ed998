"""Inbox entries and what each person has read."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.domain.happenings import district_of
from notification_service.tables import inbox_entry
from notification_service.visibility import Reader, visible_entries


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message for those of a unit who hold one of the roles; ``needs`` says what else shows it to them.

    ``about_unit`` is set when it speaks of another unit.
    """

    id: UUID
    event_id: UUID
    kind: str
    unit: str
    roles: frozenset[str]
    needs: str
    subject: str
    subject_id: UUID
    subject_version: int
    occurred_at: datetime
    recorded_at: datetime
    about_unit: str | None = None
    theme: str | None = None
    indicator: int | None = None
    first_entry_id: UUID | None = None
    """The message that nobody acknowledged, where this one tells of that."""
    level: int = 0
    of_kind: str | None = None


_INSERT: Final = text("""
WITH made AS (
    INSERT INTO inbox_entry (id, event_id, kind, unit, district, roles, needs, subject, subject_id,
                             subject_version, occurred_at, recorded_at, about_unit, theme, indicator, first_entry_id,
                             level, of_kind, created_at)
    SELECT id, event_id, kind, unit, district, string_to_array(roles, ' '), needs, subject, subject_id,
           subject_version, occurred_at, recorded_at, about_unit, theme, indicator, first_entry_id, level, of_kind,
           CAST(:now AS timestamptz)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:events AS uuid[]), CAST(:kinds AS text[]), CAST(:units AS text[]),
                CAST(:districts AS text[]), CAST(:roles AS text[]), CAST(:needs AS text[]), CAST(:subjects AS text[]),
                CAST(:subject_ids AS uuid[]), CAST(:versions AS int[]), CAST(:occurred AS timestamptz[]),
                CAST(:recorded AS timestamptz[]), CAST(:about AS text[]), CAST(:themes AS text[]),
                CAST(:indicators AS int[]), CAST(:first AS uuid[]), CAST(:levels AS int[]), CAST(:of_kinds AS text[]))
         AS e (id, event_id, kind, unit, district, roles, needs, subject, subject_id, subject_version, occurred_at,
               recorded_at, about_unit, theme, indicator, first_entry_id, level, of_kind)
    ON CONFLICT (event_id, kind, unit) DO NOTHING
    RETURNING id
), called AS (
    INSERT INTO fan_out (entry_id, created_at) SELECT id, CAST(:now AS timestamptz) FROM made
)
SELECT id FROM made
""")
_REMOVE_ERASED: Final = text("""
DELETE FROM inbox_entry AS e USING unnest(CAST(:ids AS uuid[]), CAST(:versions AS int[])) AS c (case_id, version)
WHERE e.subject_id = c.case_id AND e.subject_version < c.version
""")
_REMOVE_LEFT: Final = text("""
DELETE FROM inbox_entry AS e
USING unnest(CAST(:ids AS uuid[]), CAST(:units AS text[]), CAST(:versions AS int[])) AS c (case_id, unit, version)
WHERE e.subject_id = c.case_id AND e.district = c.unit AND e.subject_version < c.version
""")
_REMOVE_OVER: Final = text("""
DELETE FROM inbox_entry AS e USING unnest(CAST(:ids AS uuid[]), CAST(:versions AS int[])) AS c (case_id, version)
WHERE e.subject_id = c.case_id AND e.subject_version < c.version AND e.kind = ANY(CAST(:kinds AS text[]))
""")
_MARK: Final = text("""
INSERT INTO inbox_mark AS m (entry_id, person, read_at, acknowledged_at)
VALUES (:entry_id, :person, CAST(:now AS timestamptz),
        CASE WHEN CAST(:acknowledge AS boolean) THEN CAST(:now AS timestamptz) END)
ON CONFLICT (entry_id, person) DO UPDATE
SET acknowledged_at = coalesce(m.acknowledged_at, EXCLUDED.acknowledged_at)
""")


async def insert(conn: AsyncConnection, entries: Sequence[Entry], *, now: datetime) -> list[Entry]:
    """Add entries, once for each event, kind and unit, and call for letters about the new ones; return these."""
    if not entries:
        return []
    bind = {
        "ids": [e.id for e in entries],
        "events": [e.event_id for e in entries],
        "kinds": [e.kind for e in entries],
        "units": [e.unit for e in entries],
        "districts": [district_of(e.unit) for e in entries],
        "roles": [" ".join(sorted(e.roles)) for e in entries],
        "needs": [e.needs for e in entries],
        "subjects": [e.subject for e in entries],
        "subject_ids": [e.subject_id for e in entries],
        "versions": [e.subject_version for e in entries],
        "occurred": [e.occurred_at for e in entries],
        "recorded": [e.recorded_at for e in entries],
        "about": [e.about_unit for e in entries],
        "themes": [e.theme for e in entries],
        "indicators": [e.indicator for e in entries],
        "first": [e.first_entry_id for e in entries],
        "levels": [e.level for e in entries],
        "of_kinds": [e.of_kind for e in entries],
        "now": now,
    }
    made = set((await conn.execute(_INSERT, bind)).scalars())
    return [e for e in entries if e.id in made]


async def remove_erased(conn: AsyncConnection, versions: Mapping[UUID, int]) -> None:
    """Remove everything about erased cases that is older than the erasure."""
    if versions:
        ids = sorted(versions)
        await conn.execute(_REMOVE_ERASED, {"ids": ids, "versions": [versions[i] for i in ids]})


async def remove_over(conn: AsyncConnection, versions: Mapping[UUID, int], kinds: Collection[str]) -> None:
    """Remove messages of these kinds about cases that are older than the version in which that was over."""
    if versions:
        ids = sorted(versions)
        bind = {"ids": ids, "versions": [versions[i] for i in ids], "kinds": sorted(kinds)}
        await conn.execute(_REMOVE_OVER, bind)


async def remove_left(conn: AsyncConnection, moves: Sequence[tuple[UUID, str, int]]) -> None:
    """Remove what a unit was told of a case before it handed the case over: (case, unit, version of the transfer)."""
    if moves:
        bind = {
            "ids": [case_id for case_id, _, _ in moves],
            "units": [district_of(unit) for _, unit, _ in moves],
            "versions": [version for _, _, version in moves],
        }
        await conn.execute(_REMOVE_LEFT, bind)


async def subject_of(conn: AsyncConnection, reader: Reader, *, entry_id: UUID) -> UUID | None:
    """Return what an entry is about, when the reader may see it."""
    query = select(inbox_entry.c.subject_id).where(inbox_entry.c.id == entry_id, visible_entries(reader))
    found: UUID | None = (await conn.execute(query)).scalar_one_or_none()
    return found


async def mark(conn: AsyncConnection, *, entry_id: UUID, person: str, acknowledge: bool, now: datetime) -> None:
    """Note that a person has read an entry, and acknowledged it when asked; the first time stands."""
    await conn.execute(_MARK, {"entry_id": entry_id, "person": person, "acknowledge": acknowledge, "now": now})
