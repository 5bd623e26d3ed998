"""Lists of cases: codes only, newest first, by keyset; and how many there are."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from forkant_contracts.codes import CaseState, CaseType, Theme
from sqlalchemy import ColumnElement, RowMapping, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.scope import VISIBLE_CASES, Scope
from case_service.tables import preventive_case

_c: Final = preventive_case.c

CODES: Final = (
    _c.id,
    _c.unit,
    _c.state,
    _c.version,
    _c.case_type,
    _c.theme,
    _c.age_band,
    _c.subject_category,
    _c.arena,
    _c.municipality_number,
    _c.restricted,
    _c.opened_at,
    _c.updated_at,
    _c.clarification_deadline,
    _c.closed_at,
    _c.close_reason,
)
"""The columns that a list shows: codes, dates and ids, no text that anybody wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which cases to list; an empty filter lists all that the caller may see."""

    states: Sequence[CaseState] = field(default_factory=tuple)
    case_type: CaseType | None = None
    theme: Theme | None = None

    def key(self) -> str:
        """Return what binds a cursor to this filter."""
        return "|".join((",".join(sorted(self.states)), self.case_type or "", self.theme or ""))


async def list_cases(
    conn: AsyncConnection, scope: Scope, chosen: Filter, *, before: UUID | None, limit: int
) -> Sequence[RowMapping]:
    """Return a page of cases, newest first."""
    statement = select(*CODES).where(*_conditions(chosen)).order_by(_c.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(_c.id < before)
    return (await conn.execute(statement, scope.params())).mappings().all()


async def count_cases(conn: AsyncConnection, scope: Scope, chosen: Filter) -> int:
    """Return how many cases the filter finds."""
    statement = select(func.count()).select_from(preventive_case).where(*_conditions(chosen))
    count: int = (await conn.execute(statement, scope.params())).scalar_one()
    return count


def _conditions(chosen: Filter) -> list[ColumnElement[Any]]:
    conditions: list[ColumnElement[Any]] = [VISIBLE_CASES, _c.erased_at.is_(None)]
    if chosen.states:
        conditions.append(_c.state.in_([state.value for state in chosen.states]))
    if chosen.case_type is not None:
        conditions.append(_c.case_type == chosen.case_type.value)
    if chosen.theme is not None:
        conditions.append(_c.theme == chosen.theme.value)
    return conditions
