"""Until when cases are kept: what it goes by, what it was worked out to be, and which are to be looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from forkant_contracts.codes import CaseState
from sqlalchemy import RowMapping, func, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.domain.moments import local_day
from case_service.domain.retention import Kept, Retention
from case_service.scope import UNIT_CASES, Scope
from case_service.store.erasable import BLOCKERS
from case_service.tables import preventive_case

_c: Final = preventive_case.c

FACTS: Final = (
    _c.case_type,
    _c.age_band,
    _c.purpose_code,
    _c.state,
    func.coalesce(_c.close_reason, _c.reject_reason).label("end_reason"),
    _c.opened_at,
    _c.reopened_at,
    _c.ended_at,
    _c.retention_floor,
)
"""What :func:`kept_of` reads of a case."""
_OTHER_RULES: Final = select(_c.id, _c.unit, _c.revision, *FACTS).where(_c.erased_at.is_(None))
# Two that wrote the same cases in different orders would wait for each other.
_ONE_AT_A_TIME: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('recalculate_retention', 7))")
_SET: Final = text("""
SELECT id FROM set_retention(
    CAST(:ids AS uuid[]), CAST(:revisions AS int[]), CAST(:untils AS date[]), CAST(:rules AS text[]), :version)
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case whose retention is worked out anew, as it stood when it was read."""

    id: UUID
    unit: str
    revision: int
    kept: Kept


def kept_of(row: Any) -> Kept:
    """Return what retention goes by, from a row with :data:`FACTS`."""
    return Kept(
        case_type=row.case_type,
        age_band=row.age_band,
        purpose_code=row.purpose_code,
        state=CaseState(row.state),
        reason=row.end_reason,
        began_on=local_day(row.reopened_at or row.opened_at),
        ended_on=None if row.ended_at is None else local_day(row.ended_at),
        floor=row.retention_floor,
    )


async def of_other_rules(conn: AsyncConnection, *, version: int, limit: int) -> list[Case]:
    """Return cases that rules of an earlier version were asked about; another worker that asks waits its turn."""
    await conn.execute(_ONE_AT_A_TIME)
    statement = _OTHER_RULES.where(_c.retention_rules_version < version).order_by(_c.id).limit(limit)
    rows = await conn.execute(statement)
    return [Case(id=row.id, unit=row.unit, revision=row.revision, kept=kept_of(row)) for row in rows]


async def set_all(conn: AsyncConnection, found: Sequence[tuple[Case, Retention]]) -> set[UUID]:
    """Write the retention of cases, where they stand as they were read; return which did."""
    changed = await conn.execute(
        _SET,
        {
            "ids": [case.id for case, _ in found],
            "revisions": [case.revision for case, _ in found],
            "untils": [retention.until for _, retention in found],
            "rules": [retention.rule for _, retention in found],
            "version": found[0][1].rules_version,
        },
    )
    return {row.id for row in changed}


async def to_review(
    conn: AsyncConnection, scope: Scope, *, until: date, after: tuple[date, UUID] | None, limit: int
) -> Sequence[RowMapping]:
    """Return a page of the unit's cases that are kept no longer than until a day, the first due first."""
    place = tuple_(_c.retention_until, _c.id)
    statement = (
        select(
            _c.id,
            _c.unit,
            _c.state,
            _c.version,
            _c.case_type,
            _c.age_band,
            _c.restricted,
            _c.level,
            _c.retention_until,
            _c.retention_rule,
            *BLOCKERS,
        )
        .where(UNIT_CASES, _c.erased_at.is_(None), _c.merged_into.is_(None), _c.retention_until <= until)
        .order_by(_c.retention_until, _c.id)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(place > after)
    params = scope.without_broken_glass().params()
    return (await conn.execute(statement, params)).mappings().all()
