"""Reorganisations: kept as they are proposed, and put into effect by functions of the owner's that the worker calls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.domain.reorganisations import ReorganisationState, Structure
from case_service.tables import municipality_unit, reorganisation, unit

_r: Final = reorganisation.c
_u: Final = municipality_unit.c
_TAKE_EFFECT: Final = text("SELECT changed, uid, version FROM take_effect(:id, :today, :at)")
_WAIT: Final = text("SELECT waits_to_move(:id, :most)")
_MOVE: Final = text("SELECT now_at, version FROM move_for_reorganisation(:case_id, :id, :seen, :events, :by, :at)")
_OFFERS: Final = text("SELECT case_id, transfer_id FROM offers_to_ended(:id, :most)")
_REVOKE: Final = text("SELECT revoke_for_reorganisation(:case_id, :offer, :id, :seen, :events, :by, :at)")
_CONCERNS: Final = text("SELECT id, now_at FROM move_concerns(:id, :most)")
_DONE: Final = text("SELECT reorganisation_done(:id, :at)")
_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtext('reorganisations'))")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedUnit:
    """A unit as the aggregate of its events, after one."""

    id: str
    uid: UUID
    version: int


async def one_at_a_time(conn: AsyncConnection) -> None:
    """Let nobody else propose or approve before this transaction ends: whether two overlap is asked of all of them."""
    await conn.execute(_LOCK)


async def add(conn: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Insert a proposed reorganisation."""
    await conn.execute(insert(reorganisation).values(**values))


async def get(conn: AsyncConnection, reorganisation_id: UUID) -> RowMapping | None:
    """Return a reorganisation, or nothing."""
    query = select(reorganisation).where(_r.id == reorganisation_id)
    return (await conn.execute(query)).mappings().one_or_none()


async def listed(
    conn: AsyncConnection, *, state: ReorganisationState | None, before: UUID | None, limit: int
) -> Sequence[RowMapping]:
    """Return a page of reorganisations, the newest first."""
    query = select(reorganisation).order_by(_r.id.desc()).limit(limit)
    if state is not None:
        query = query.where(_r.state == state.value)
    if before is not None:
        query = query.where(_r.id < before)
    return (await conn.execute(query)).mappings().all()


async def save(conn: AsyncConnection, reorganisation_id: UUID, *, version: int, values: Mapping[str, Any]) -> bool:
    """Write what became of a reorganisation; return whether it stood as the caller saw it."""
    statement = update(reorganisation).where(_r.id == reorganisation_id, _r.version == version)
    return (await conn.execute(statement.values(version=version + 1, **values))).rowcount == 1


async def structure_on(conn: AsyncConnection, day: date, *, beside: UUID | None = None) -> Structure:
    """Return the units and municipalities of a day, and which units other reorganisations speak of."""
    there = (unit.c.valid_from <= day, or_(unit.c.valid_to.is_(None), unit.c.valid_to > day))
    kinds = {row.id: row.kind for row in await conn.execute(select(unit.c.id, unit.c.kind).where(*there))}
    taken = frozenset((await conn.execute(select(unit.c.id))).scalars())
    holds = (_u.valid_from <= day, or_(_u.valid_to.is_(None), _u.valid_to > day))
    districts = {row.number: row.unit for row in await conn.execute(select(_u.number, _u.unit).where(*holds))}
    states = (ReorganisationState.APPROVED.value, ReorganisationState.UNDER_WAY.value)
    others = select(reorganisation).where(_r.state.in_(states), _r.id.is_distinct_from(beside))
    underway = tuple(touched(row) for row in (await conn.execute(others)).mappings())
    return Structure(kinds=kinds, taken=taken, districts=districts, underway=underway)


def touched(row: RowMapping) -> frozenset[str]:
    """Return the units that a reorganisation speaks of."""
    return frozenset((*row["from_units"], *row["successors"].values(), *row["municipalities"].values()))


async def due(conn: AsyncConnection, *, today: date) -> Sequence[RowMapping]:
    """Return approved reorganisations whose day has come, the first before the last."""
    query = select(reorganisation).where(_r.state == ReorganisationState.APPROVED.value, _r.effective_on <= today)
    return (await conn.execute(query.order_by(_r.effective_on, _r.id))).mappings().all()


async def to_work_off(conn: AsyncConnection, *, done_since: datetime) -> Sequence[RowMapping]:
    """Return reorganisations under way, and those done lately: what was opened in an ended unit may commit after it."""
    states = (ReorganisationState.UNDER_WAY.value, ReorganisationState.DONE.value)
    late = or_(_r.done_at.is_(None), _r.done_at > done_since)
    query = select(reorganisation).where(_r.state.in_(states), late).order_by(_r.effective_on, _r.id)
    return (await conn.execute(query)).mappings().all()


async def take_effect(
    conn: AsyncConnection, reorganisation_id: UUID, *, today: date, at: datetime
) -> list[ChangedUnit]:
    """Make and end units and move municipalities; return the units that changed, none when another worker did it."""
    params = {"id": reorganisation_id, "today": today, "at": at}
    return [
        ChangedUnit(id=row.changed, uid=row.uid, version=row.version)
        for row in await conn.execute(_TAKE_EFFECT, params)
    ]


async def municipalities_moved(conn: AsyncConnection, *, on: date, unit_id: str, gained: bool) -> list[str]:
    """Return the municipalities that a unit gained or lost on a day."""
    moved = _u.valid_from == on if gained else _u.valid_to == on
    query = select(_u.number).where(_u.unit == unit_id, moved).order_by(_u.number)
    return [*(await conn.execute(query)).scalars()]


async def waiting(conn: AsyncConnection, reorganisation_id: UUID, *, limit: int) -> list[UUID]:
    """Return cases that a reorganisation is still to move."""
    return [*(await conn.execute(_WAIT, {"id": reorganisation_id, "most": limit})).scalars()]


async def move(
    conn: AsyncConnection, reorganisation_id: UUID, case_id: UUID, *, seen: int, events: int, by: str, at: datetime
) -> tuple[str, int] | None:
    """Move a case that stands as it was read, and return its unit and version now; nothing when it does not."""
    params = {"id": reorganisation_id, "case_id": case_id, "seen": seen, "events": events, "by": by, "at": at}
    row = (await conn.execute(_MOVE, params)).one_or_none()
    return None if row is None else (row.now_at, row.version)


async def offers(conn: AsyncConnection, reorganisation_id: UUID, *, limit: int) -> list[tuple[UUID, UUID]]:
    """Return open offers to a unit that ended, each with its case."""
    rows = await conn.execute(_OFFERS, {"id": reorganisation_id, "most": limit})
    return [(row.case_id, row.transfer_id) for row in rows]


async def revoke(
    conn: AsyncConnection,
    reorganisation_id: UUID,
    case_id: UUID,
    offer: UUID,
    *,
    seen: int,
    events: int,
    by: str,
    at: datetime,
) -> int | None:
    """Take an offer back, and return the version of its case; nothing when that moved since it was read."""
    params = {"id": reorganisation_id, "case_id": case_id, "offer": offer, "seen": seen, "events": events}
    found: int | None = (await conn.execute(_REVOKE, {**params, "by": by, "at": at})).scalar_one()
    return found


async def move_concerns(conn: AsyncConnection, reorganisation_id: UUID, *, limit: int) -> list[tuple[UUID, str]]:
    """Let another unit answer for concerns, and return them with it."""
    rows = await conn.execute(_CONCERNS, {"id": reorganisation_id, "most": limit})
    return [(row.id, row.now_at) for row in rows]


async def done(conn: AsyncConnection, reorganisation_id: UUID, *, at: datetime) -> None:
    """Write that nothing is left of a reorganisation to do."""
    await conn.execute(_DONE, {"id": reorganisation_id, "at": at})
