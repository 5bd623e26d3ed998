"""Erasures of many cases: which could go, what was asked for, and what became of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, and_, bindparam, exists, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.domain.standing import ENDED_STATES
from case_service.scope import UNIT_CASES, Scope
from case_service.store.erasable import BLOCKERS, DECIDED_BY, HELD
from case_service.tables import erasure_batch, erasure_batch_case, preventive_case

_c: Final = preventive_case.c
_b: Final = erasure_batch.c
_i: Final = erasure_batch_case.c
_WAITING: Final = exists().where(_i.batch_id == _b.id, _i.outcome.is_(None))
_NOTED: Final = ("outcome", "reason", "version", "decided_at")
_NOTE: Final = (
    update(erasure_batch_case)
    .where(_i.batch_id == bindparam("of_batch"), _i.case_id == bindparam("of_case"))
    .values({name: bindparam(f"new_{name}") for name in _NOTED})
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A batch that was asked for, and whose it is."""

    id: UUID
    unit: str
    as_of: date
    requested_by: str
    clearance: int


async def candidates(conn: AsyncConnection, scope: Scope, *, as_of: date, limit: int) -> Sequence[RowMapping]:
    """Return the unit's cases whose last day was before a day: first those that nothing keeps, the first due first."""
    blocked = or_(
        _c.state.not_in([state.value for state in ENDED_STATES]),
        HELD,
        DECIDED_BY.is_(None),
        DECIDED_BY.in_([scope.subject]),
    )
    statement = (
        select(_c.id, _c.state, _c.retention_until, *BLOCKERS)
        .where(UNIT_CASES, _c.erased_at.is_(None), _c.merged_into.is_(None), _c.retention_until < as_of)
        .order_by(blocked, _c.retention_until, _c.id)
        .limit(limit)
    )
    params = scope.without_broken_glass().params()
    return (await conn.execute(statement, params)).mappings().all()


async def add(conn: AsyncConnection, batch: Mapping[str, object], items: Sequence[Mapping[str, object]]) -> None:
    """Insert a batch with its cases."""
    await conn.execute(insert(erasure_batch).values(**batch))
    if items:
        await conn.execute(insert(erasure_batch_case), [dict(item) for item in items])


async def find(conn: AsyncConnection, batch_id: UUID, *, unit: str) -> RowMapping | None:
    """Return a batch of a unit, or nothing."""
    statement = select(erasure_batch).where(_b.id == batch_id, _b.unit == unit)
    return (await conn.execute(statement)).mappings().one_or_none()


async def cases_of(conn: AsyncConnection, batch_id: UUID) -> Sequence[RowMapping]:
    """Return the cases of a batch in order, with what became of each."""
    statement = select(erasure_batch_case).where(_i.batch_id == batch_id).order_by(_i.position)
    return (await conn.execute(statement)).mappings().all()


async def unfinished(conn: AsyncConnection, *, unit: str | None = None) -> list[Batch]:
    """Return batches that are not finished, the oldest first."""
    statement = select(erasure_batch).where(_b.finished_at.is_(None)).order_by(_b.requested_at, _b.id)
    if unit is not None:
        statement = statement.where(_b.unit == unit)
    return [
        Batch(id=row.id, unit=row.unit, as_of=row.as_of, requested_by=row.requested_by, clearance=row.clearance)
        for row in await conn.execute(statement)
    ]


async def claim(conn: AsyncConnection, batch_id: UUID, *, limit: int, only: UUID | None = None) -> list[UUID]:
    """Lock cases of a batch that wait, passing over those that another worker has, and return them in order."""
    statement = (
        select(_i.case_id)
        .where(and_(_i.batch_id == batch_id, _i.outcome.is_(None)))
        .order_by(_i.position)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    if only is not None:
        statement = statement.where(_i.case_id == only)
    return [row.case_id for row in await conn.execute(statement)]


async def note(conn: AsyncConnection, batch_id: UUID, outcomes: Sequence[Mapping[str, Any]]) -> None:
    """Write what became of cases that are claimed."""
    if outcomes:
        rows = [
            {"of_batch": batch_id, "of_case": each["case_id"], **{f"new_{name}": each.get(name) for name in _NOTED}}
            for each in outcomes
        ]
        await conn.execute(_NOTE, rows)


async def finish(conn: AsyncConnection, batch_id: UUID, *, at: datetime) -> bool:
    """Note that a batch is finished when none of its cases waits any more; return whether that was new."""
    statement = update(erasure_batch).where(_b.id == batch_id, _b.finished_at.is_(None), ~_WAITING)
    return (await conn.execute(statement.values(finished_at=at))).rowcount == 1
