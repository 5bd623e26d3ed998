"""What happened in the last days, in codes: to try on it what an endpoint would ask for; and which units end when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.domain.filters import Traits
from notification_service.domain.happenings import Happening

_INSERT: Final = text("""
INSERT INTO recent_event (event_id, event_type, subject_id, subject_version, units, for_every_unit, case_type, theme,
                          recorded_at)
SELECT id, type, subject, version, string_to_array(units, ' '), everywhere, case_type, theme, recorded
FROM unnest(CAST(:ids AS uuid[]), CAST(:types AS text[]), CAST(:subjects AS uuid[]), CAST(:versions AS int[]),
            CAST(:units AS text[]), CAST(:everywhere AS boolean[]), CAST(:case_types AS text[]),
            CAST(:themes AS text[]), CAST(:recorded AS timestamptz[]))
     AS e (id, type, subject, version, units, everywhere, case_type, theme, recorded)
ON CONFLICT (event_id) DO NOTHING
""")
_FORGET: Final = text("""
DELETE FROM recent_event AS e USING unnest(CAST(:ids AS uuid[]), CAST(:versions AS int[])) AS c (case_id, version)
WHERE e.subject_id = c.case_id AND e.subject_version < c.version
""")
_COUNT: Final = text("""
SELECT event_type, units, for_every_unit, case_type, theme, count(*) AS amount
FROM recent_event WHERE recorded_at >= :since
GROUP BY event_type, units, for_every_unit, case_type, theme
""")
_END: Final = text("""
INSERT INTO unit_ending (unit, ends_at, successors)
SELECT unit, ends_at, string_to_array(successors, ' ')
FROM unnest(CAST(:units AS text[]), CAST(:moments AS timestamptz[]), CAST(:successors AS text[]))
     AS e (unit, ends_at, successors)
ON CONFLICT (unit) DO UPDATE SET ends_at = EXCLUDED.ends_at, successors = EXCLUDED.successors
""")


@dataclass(frozen=True, slots=True)
class Group:
    """How many recent events have these traits."""

    traits: Traits
    count: int


async def keep(conn: AsyncConnection, happenings: Sequence[Happening]) -> None:
    """Note what happened, each event once."""
    if not happenings:
        return
    bind = {
        "ids": [h.event_id for h in happenings],
        "types": [h.type for h in happenings],
        "subjects": [h.subject_id for h in happenings],
        "versions": [h.version for h in happenings],
        "units": [" ".join(h.units) for h in happenings],
        "everywhere": [h.for_every_unit for h in happenings],
        "case_types": [h.case_type for h in happenings],
        "themes": [h.theme for h in happenings],
        "recorded": [h.recorded_at for h in happenings],
    }
    await conn.execute(_INSERT, bind)


async def forget_erased(conn: AsyncConnection, versions: Mapping[UUID, int]) -> None:
    """Remove what happened in erased cases before their erasure."""
    if versions:
        ids = sorted(versions)
        await conn.execute(_FORGET, {"ids": ids, "versions": [versions[i] for i in ids]})


async def groups(conn: AsyncConnection, *, since: datetime) -> list[Group]:
    """Return how many events of each kind happened since a moment, of those that the caller may know of."""
    return [
        Group(
            Traits(
                type=row.event_type,
                units=tuple(row.units),
                for_every_unit=row.for_every_unit,
                case_type=row.case_type,
                theme=row.theme,
            ),
            row.amount,
        )
        for row in await conn.execute(_COUNT, {"since": since})
    ]


@dataclass(frozen=True, slots=True)
class Ending:
    """When a unit ends, and which follow it."""

    ends_at: datetime
    successors: tuple[str, ...]


async def end_units(conn: AsyncConnection, endings: Mapping[str, Ending]) -> None:
    """Note from when on units are there no more, and which follow them."""
    if endings:
        units = sorted(endings)
        bind = {
            "units": units,
            "moments": [endings[unit].ends_at for unit in units],
            "successors": [" ".join(endings[unit].successors) for unit in units],
        }
        await conn.execute(_END, bind)
