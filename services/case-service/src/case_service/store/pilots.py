"""Who takes part in which pilot programme: as the indicator service tells, and as openings ask."""

from collections import defaultdict
from datetime import date
from typing import Final

from forkant_contracts import Event
from forkant_contracts.events.steering import PilotEnded, PilotEnrolled, PilotWithdrawn
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.domain.pilots import Days, Pilots, TakingPart
from case_service.tables import pilot, pilot_unit, piloted_code

CASE_TYPE: Final = "case_type"
_PILOTED: Final = select(piloted_code.c.code, piloted_code.c.first_day, piloted_code.c.last_day).where(
    piloted_code.c.code_list == CASE_TYPE
)
_UNITS: Final = (
    select(
        pilot.c.code,
        pilot.c.case_types,
        pilot.c.first_day.label("opens"),
        pilot.c.last_day.label("closes"),
        pilot_unit.c.unit,
        pilot_unit.c.first_day,
        pilot_unit.c.last_day,
    )
    .join_from(pilot, pilot_unit, pilot_unit.c.pilot_id == pilot.c.id)
    .order_by(pilot.c.code, pilot_unit.c.first_day, pilot_unit.c.unit)
)
_SAVE: Final = text("""
INSERT INTO pilot (id, code, version, case_types, first_day, last_day)
VALUES (:id, :code, :version, CAST(:case_types AS text[]), :first_day, :last_day)
ON CONFLICT (id) DO UPDATE
SET version = EXCLUDED.version, case_types = EXCLUDED.case_types, first_day = EXCLUDED.first_day,
    last_day = EXCLUDED.last_day
""")
# Who was withdrawn before the day came, and is enrolled from that day anew, takes part again.
_ENROL: Final = text("""
INSERT INTO pilot_unit (pilot_id, unit, first_day) VALUES (:id, :unit, :first_day)
ON CONFLICT (pilot_id, unit, first_day) DO UPDATE SET last_day = NULL
""")
_WITHDRAW: Final = text("""
UPDATE pilot_unit SET last_day = :last_day
WHERE pilot_id = :id AND unit = :unit AND (last_day IS NULL OR last_day > :last_day)
""")
_RAISE: Final = text("UPDATE pilot SET version = :version WHERE id = :id")
_END: Final = text("UPDATE pilot SET version = :version, last_day = :last_day WHERE id = :id")


async def load(conn: AsyncConnection) -> Pilots:
    """Return all pilots: they are few, and were few at any time."""
    piloted: dict[str, list[Days]] = defaultdict(list)
    for row in await conn.execute(_PILOTED):
        piloted[row.code].append(Days(first=row.first_day, last=row.last_day))
    open_in: dict[str, list[TakingPart]] = defaultdict(list)
    for one in await conn.execute(_UNITS):
        days = Days(first=max(one.opens, one.first_day), last=_earlier(one.closes, one.last_day))
        for case_type in one.case_types:
            open_in[case_type].append(TakingPart(unit=one.unit, pilot=one.code, days=days))
    return Pilots(piloted=dict(piloted), open_in=dict(open_in))


async def enrol(conn: AsyncConnection, event: Event, data: PilotEnrolled) -> None:
    """Keep that the unit of the event takes part from a day on, and what the programme is now."""
    programme = {
        "id": event.aggregate_id,
        "code": data.pilot,
        "version": event.aggregate_version,
        "case_types": [each.value for each in data.case_types],
        "first_day": data.starts_on,
        "last_day": data.ends_on,
    }
    await conn.execute(_SAVE, programme)
    first = data.enrolled_from or data.starts_on
    await conn.execute(_ENROL, {"id": event.aggregate_id, "unit": event.unit, "first_day": first})


async def withdraw(conn: AsyncConnection, event: Event, data: PilotWithdrawn) -> None:
    """Keep the last day on which the unit of the event takes part."""
    await conn.execute(_WITHDRAW, {"id": event.aggregate_id, "unit": event.unit, "last_day": data.last_day})
    await conn.execute(_RAISE, {"id": event.aggregate_id, "version": event.aggregate_version})


async def skip(conn: AsyncConnection, event: Event) -> None:
    """Count a version that was skipped after a restore, if it is a programme's; nothing else changes."""
    await conn.execute(_RAISE, {"id": event.aggregate_id, "version": event.aggregate_version})


async def end(conn: AsyncConnection, event: Event, data: PilotEnded) -> None:
    """Keep the last day of a programme."""
    bind = {"id": event.aggregate_id, "version": event.aggregate_version, "last_day": data.last_day}
    await conn.execute(_END, bind)


def _earlier(closes: date, last: date | None) -> date:
    return closes if last is None else min(closes, last)
