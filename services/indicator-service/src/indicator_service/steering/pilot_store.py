"""The SQL of pilot programmes: rows in and out; which of them a caller sees, the policies of the tables say."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service.steering.pilot_rules import Enrolment, PilotState, Programme

_COLUMNS: Final = """
SELECT id, version, told, code, state, name_nb, name_en, case_types, indicators, baseline_from, baseline_until,
       first_day, last_day, reason, proposed_by, proposed_at, approved_by, approved_at, ended_by, ended_at,
       ending_reason, closes
FROM pilot
"""
_ADD: Final = text("""
INSERT INTO pilot (id, code, state, name_nb, name_en, case_types, indicators, baseline_from, baseline_until, first_day,
                   last_day, closes, reason, proposed_by, proposed_at)
VALUES (:id, :code, 'proposed', :name_nb, :name_en, CAST(:case_types AS text[]), CAST(:indicators AS int[]),
        :baseline_from, :baseline_until, :first_day, :last_day, :last_day, :reason, :by, :at)
ON CONFLICT (code) DO NOTHING RETURNING id
""")
_FIND: Final = text(f"{_COLUMNS} WHERE id = :id")
_RAISE: Final = text("""
UPDATE pilot SET version = version + 1 WHERE id = :id AND version = :seen RETURNING version
""")
_TELL: Final = text("UPDATE pilot SET told = told + 1 WHERE id = :id RETURNING told")
_APPROVE: Final = text("""
UPDATE pilot SET state = 'approved', approved_by = :by, approved_at = :at WHERE id = :id
""")
_END: Final = text("""
UPDATE pilot SET state = :state, closes = :closes, ended_by = :by, ended_at = :at, ending_reason = :reason
WHERE id = :id
""")
_ENROLMENTS: Final = text("""
SELECT pilot_id, unit, number, first_day, last_day, enrolled_by, enrolled_at, withdrawn_by, withdrawn_at
FROM pilot_enrolment WHERE pilot_id = ANY(:ids) ORDER BY pilot_id, first_day, unit, number
""")
_ENROL: Final = text("""
INSERT INTO pilot_enrolment (pilot_id, unit, number, first_day, enrolled_by, enrolled_at)
VALUES (:id, :unit, :number, :first, :by, :at)
""")
_WITHDRAW: Final = text("""
UPDATE pilot_enrolment SET last_day = :last, withdrawn_by = :by, withdrawn_at = :at
WHERE pilot_id = :id AND unit = :unit AND number = :number
""")
_PAGE: Final = text(f"""{_COLUMNS} AS p
WHERE id < coalesce(CAST(:before AS uuid), 'ffffffff-ffff-ffff-ffff-ffffffffffff')
  AND (CAST(:unit AS text) IS NULL
       OR EXISTS (SELECT FROM pilot_enrolment AS e WHERE e.pilot_id = p.id AND e.unit = :unit))
  AND (CAST(:case_type AS text) IS NULL OR CAST(:case_type AS text) = ANY(case_types))
ORDER BY id DESC LIMIT :limit
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pilot:
    """A programme with how it stands.

    ``version`` counts its changes, for the ETag; ``closes`` is its last day as it stands now.
    """

    id: UUID
    version: int
    state: PilotState
    programme: Programme
    closes: date
    proposed_by: str


async def add(conn: AsyncConnection, pilot_id: UUID, programme: Programme, *, by: str, at: datetime) -> bool:
    """Add a proposed programme; return whether no other has its code."""
    values = asdict(programme) | {"case_types": list(programme.case_types), "indicators": list(programme.indicators)}
    return (await conn.execute(_ADD, {"id": pilot_id, "by": by, "at": at, **values})).one_or_none() is not None


async def find_row(conn: AsyncConnection, pilot_id: UUID) -> RowMapping | None:
    """Return a programme that the caller sees, as it is kept."""
    return (await conn.execute(_FIND, {"id": pilot_id})).mappings().one_or_none()


def pilot_of(row: RowMapping) -> Pilot:
    """Return a programme as the rules see it."""
    names = Programme.__dataclass_fields__
    values = {name: row[name] for name in names} | {
        "case_types": tuple(row["case_types"]),
        "indicators": tuple(row["indicators"]),
    }
    return Pilot(
        id=row["id"],
        version=row["version"],
        state=PilotState(row["state"]),
        programme=Programme(**values),
        closes=row["closes"],
        proposed_by=row["proposed_by"],
    )


async def raise_version(conn: AsyncConnection, pilot_id: UUID, *, seen: int) -> int | None:
    """Lock a programme and count its change; nothing when it changed since it was seen."""
    return (await conn.execute(_RAISE, {"id": pilot_id, "seen": seen})).scalar_one_or_none()


async def next_told(conn: AsyncConnection, pilot_id: UUID) -> int:
    """Return the version of the programme's next event; the row is locked."""
    return int((await conn.execute(_TELL, {"id": pilot_id})).scalar_one())


async def approve(conn: AsyncConnection, pilot_id: UUID, *, by: str, at: datetime) -> None:
    """Write who approved a programme."""
    await conn.execute(_APPROVE, {"id": pilot_id, "by": by, "at": at})


async def end(
    conn: AsyncConnection, pilot_id: UUID, state: PilotState, closes: date, *, by: str, at: datetime, reason: str
) -> None:
    """Write who ended a programme, with which day and why."""
    bind = {"id": pilot_id, "state": state.value, "closes": closes, "by": by, "at": at, "reason": reason}
    await conn.execute(_END, bind)


async def enrolment_rows(conn: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, list[RowMapping]]:
    """Return the enrolments of programmes, by programme, the earliest first."""
    found: dict[UUID, list[RowMapping]] = {pilot_id: [] for pilot_id in ids}
    for row in (await conn.execute(_ENROLMENTS, {"ids": list(ids)})).mappings():
        found[row["pilot_id"]].append(row)
    return found


async def enrolments(conn: AsyncConnection, pilot_id: UUID) -> tuple[Enrolment, ...]:
    """Return the enrolments of a programme as the rules see them."""
    return tuple(enrolment_of(row) for row in (await enrolment_rows(conn, [pilot_id]))[pilot_id])


def enrolment_of(row: RowMapping) -> Enrolment:
    """Return an enrolment as the rules see it."""
    return Enrolment(unit=row["unit"], number=row["number"], first=row["first_day"], last=row["last_day"])


async def enrol(conn: AsyncConnection, pilot_id: UUID, new: Enrolment, *, by: str, at: datetime) -> None:
    """Add an enrolment."""
    bind = {"id": pilot_id, "unit": new.unit, "number": new.number, "first": new.first, "by": by, "at": at}
    await conn.execute(_ENROL, bind)


async def withdraw(conn: AsyncConnection, pilot_id: UUID, gone: Enrolment, *, by: str, at: datetime) -> None:
    """Write until when a unit takes part."""
    bind = {"id": pilot_id, "unit": gone.unit, "number": gone.number, "last": gone.last, "by": by, "at": at}
    await conn.execute(_WITHDRAW, bind)


async def page(
    conn: AsyncConnection, *, before: UUID | None, limit: int, unit: str | None, case_type: str | None
) -> Sequence[RowMapping]:
    """Return a page of the programmes that the caller sees, the newest first."""
    bind: dict[str, Any] = {"before": before, "limit": limit, "unit": unit, "case_type": case_type}
    return (await conn.execute(_PAGE, bind)).mappings().all()
