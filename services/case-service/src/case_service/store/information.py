"""Information on cases: registering and clarifying it, and noting that its days are past."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from forkant_kit.vault import DataKey
from sqlalchemy import RowMapping, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.tables import information
from case_service.texts import sealed

_i: Final = information.c
_MOVE_ON: Final = text("SELECT unit, version, purpose_code FROM move_case_on(:case_id)")


class Deadline(StrEnum):
    """A day that something is done after; the value is the column that notes it."""

    WARNING = "warned_at"
    LAST_DAY = "expired_at"


_DAY: Final = {Deadline.WARNING: _i.warning_on, Deadline.LAST_DAY: _i.clarification_deadline}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A case that was moved on for one event about it."""

    unit: str
    version: int
    purpose_code: str


async def register(conn: AsyncConnection, key: DataKey, values: Mapping[str, object]) -> None:
    """Insert information that is not clarified yet."""
    await conn.execute(insert(information).values(**sealed(key, information, values)))


async def deadline_of(conn: AsyncConnection, information_id: UUID) -> date:
    """Return the last day for clarifying information, which is there."""
    found: date = (await conn.execute(select(_i.clarification_deadline).where(_i.id == information_id))).scalar_one()
    return found


async def clarify(conn: AsyncConnection, key: DataKey, information_id: UUID, values: Mapping[str, object]) -> None:
    """Write what came of clarifying information."""
    changed = sealed(key, information, values, id=information_id)
    await conn.execute(update(information).where(_i.id == information_id).values(**changed))


async def past(conn: AsyncConnection, deadline: Deadline, *, day: date, limit: int) -> Sequence[RowMapping]:
    """Return information that nobody clarified before a deadline that is past, and of which that is not noted yet.

    The warning is due on its day, the last day is past after it.
    """
    is_past = _DAY[deadline] <= day if deadline is Deadline.WARNING else _DAY[deadline] < day
    query = select(_i.id, _i.case_id, _i.clarification_deadline).where(
        _i.outcome.is_(None), _i[deadline.value].is_(None), is_past
    )
    return (await conn.execute(query.order_by(_DAY[deadline], _i.id).limit(limit))).mappings().all()


async def move_case_on(conn: AsyncConnection, case_id: UUID) -> Moved | None:
    """Move a case on by one version, which locks it; nothing when it was erased."""
    row = (await conn.execute(_MOVE_ON, {"case_id": case_id})).one_or_none()
    return None if row is None else Moved(unit=row.unit, version=row.version, purpose_code=row.purpose_code)


async def note(conn: AsyncConnection, information_id: UUID, deadline: Deadline, *, at: datetime) -> bool:
    """Note that a deadline is past; return whether it was not noted, and the information not clarified, before."""
    waits = (_i.id == information_id, _i.outcome.is_(None), _i[deadline.value].is_(None))
    return (await conn.execute(update(information).where(*waits).values({deadline.value: at}))).rowcount == 1
