"""Lists of cases: codes only, newest first, by keyset; and how many there are."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    RowMapping,
    and_,
    case,
    exists,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.scope import CASES_FROM_ELSEWHERE, GRANTED_IDS, UNIT_CASES, VISIBLE_CASES, Scope
from case_service.tables import case_word, preventive_case
from case_service.words import Sought

_c: Final = preventive_case.c

UNIT_OF_ITS_TIME: Final = (
    func.coalesce(_c.unit_of_its_time, _c.unit).label("unit"),
    case((_c.unit_of_its_time.is_not(None), _c.unit)).label("successor"),
)
"""The unit that holds a case, or did when it ended; and who answers for it since, where a reorganisation ended that."""

CODES: Final = (
    _c.id,
    *UNIT_OF_ITS_TIME,
    _c.state,
    _c.version,
    _c.case_type,
    _c.theme,
    _c.age_band,
    _c.subject_category,
    _c.arena,
    _c.municipality_number,
    _c.restricted,
    _c.level,
    _c.opened_at,
    _c.updated_at,
    _c.clarification_deadline,
    _c.closed_at,
    _c.close_reason,
    _c.retention_until,
    _c.prevention_goal,
)
"""The columns that a list shows: codes, dates and ids, no text that anybody wrote."""


EXPORTED: Final = (*CODES, _c.purpose_code, _c.legal_basis, _c.special_category, _c.recorded_at)
"""The columns of a list that is handed out: the same kinds of things."""
AT_A_TIME: Final = 1000
"""How many cases of it are read at once."""

CODED: Final[Mapping[str, Column[Any]]] = MappingProxyType(
    {
        str(column.name): column
        for column in (
            _c.state,
            _c.held_from,
            _c.hold_reason,
            _c.case_type,
            _c.theme,
            _c.age_band,
            _c.subject_category,
            _c.special_category,
            _c.arena,
            _c.municipality_number,
            _c.purpose_code,
            _c.legal_basis,
            _c.level,
            _c.restricted,
            _c.restriction_reason,
            _c.close_reason,
            _c.reject_reason,
        )
    }
)
"""What a list can be narrowed to, by name: cases whose code is one of those given."""

DATED: Final[Mapping[str, Column[Any]]] = MappingProxyType(
    {
        "opened": _c.opened_at,
        "recorded": _c.recorded_at,
        "updated": _c.updated_at,
        "closed": _c.closed_at,
        "clarification_deadline": _c.clarification_deadline,
        "retention_until": _c.retention_until,
    }
)
"""Moments and days that a list can begin at and end before, by name; a case without one is in neither."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which cases to list, all conditions together; an empty filter lists all that the caller may see.

    Attributes:
        one_of: for names of :data:`CODED`, the codes of which a case has one.
        since: for names of :data:`DATED`, the first moment or day.
        before: for names of :data:`DATED`, the moment or day after the last.
        words: words that a case is to have, all of them, in whichever of its texts.
    """

    one_of: Mapping[str, Sequence[str | int]] = field(default_factory=dict)
    since: Mapping[str, date] = field(default_factory=dict)
    before: Mapping[str, date] = field(default_factory=dict)
    words: Sequence[Sought] = ()

    def told(self) -> dict[str, Any]:
        """Return what it is narrowed to, words left out, which nobody is to find in a record."""
        return {
            **{name: list(codes) for name, codes in self.one_of.items()},
            **{f"{name}_from": at.isoformat() for name, at in self.since.items()},
            **{f"{name}_before": at.isoformat() for name, at in self.before.items()},
        }

    def key(self) -> str:
        """Return what binds a cursor to this filter, however its parts were ordered."""
        parts = (
            {name: sorted({*codes}) for name, codes in self.one_of.items()},
            {name: at.isoformat() for name, at in self.since.items()},
            {name: at.isoformat() for name, at in self.before.items()},
            [dict(word.numbers) for word in self.words],
        )
        return orjson.dumps(parts, option=orjson.OPT_SORT_KEYS).decode()


async def list_cases(
    conn: AsyncConnection, scope: Scope, chosen: Filter, *, before: UUID | None, limit: int
) -> Sequence[RowMapping]:
    """Return a page of cases, newest first."""
    below = [] if before is None else [_c.id < before]
    # Each side is cut before they are joined, so that each reads no more of its index than a page.
    pages = [
        select(*CODES).where(side, *_conditions(chosen, unit), *below).order_by(_c.id.desc()).limit(limit).subquery()
        for side, unit in _sides(scope)
    ]
    rows = union_all(*(select(page) for page in pages)).subquery()
    statement = select(rows).order_by(rows.c.id.desc()).limit(limit)
    return (await conn.execute(statement, _params(scope))).mappings().all()


async def count_cases(conn: AsyncConnection, scope: Scope, chosen: Filter) -> int:
    """Return how many cases the filter finds."""
    counts = [
        select(func.count()).select_from(preventive_case).where(side, *_conditions(chosen, unit))
        for side, unit in _sides(scope)
    ]
    found = (await conn.execute(union_all(*counts), _params(scope))).scalars()
    return sum(found)


async def stream_cases(conn: AsyncConnection, scope: Scope, chosen: Filter) -> AsyncGenerator[Sequence[RowMapping]]:
    """Yield all cases that the filter finds, newest first, some at a time, by a cursor of the database's."""
    sides = [select(*EXPORTED).where(side, *_conditions(chosen, unit)) for side, unit in _sides(scope)]
    rows = union_all(*sides).subquery()
    statement = select(rows).order_by(rows.c.id.desc())
    found = await conn.stream(statement, _params(scope), execution_options={"yield_per": AT_A_TIME})
    try:
        async for part in found.mappings().partitions():
            yield part
    finally:
        await found.close()


def _sides(scope: Scope) -> tuple[tuple[ColumnElement[bool], str | None], ...]:
    """Return predicates that together, and never two of them, hold on the cases that the caller may see.

    They say no more than :data:`~case_service.scope.VISIBLE_CASES`, in the words that let an index find the rows: by
    the caller's grants for who sees cases by these alone, else by the unit. With each comes the unit whose cases alone
    it holds on, if there is one.
    """
    if scope.members_only:
        return ((and_(VISIBLE_CASES, GRANTED_IDS), None),)
    return ((UNIT_CASES, scope.unit), (CASES_FROM_ELSEWHERE, None))


def _params(scope: Scope) -> dict[str, Any]:
    return scope.without_broken_glass().params()


def _conditions(chosen: Filter, unit: str | None) -> list[ColumnElement[Any]]:
    return [
        _c.erased_at.is_(None),
        _c.merged_into.is_(None),
        *(CODED[name].in_(codes) for name, codes in chosen.one_of.items()),
        *(DATED[name] >= at for name, at in chosen.since.items()),
        *(DATED[name] < at for name, at in chosen.before.items()),
        *(_has(word, unit) for word in chosen.words),
    ]


def _has(word: Sought, unit: str | None) -> ColumnElement[bool]:
    """Return the condition that a case has a word: as its own unit's number, so that one look into the index says it.

    Numbers of words are another for each unit; with one key of the service's each has one, while it is rotated two. One
    that came after others has theirs as well.
    """
    wanted = (
        [literal(number, BigInteger) for number in dict.fromkeys(word.numbers[unit])]
        if unit is not None
        else [
            case({name: literal(number, BigInteger) for name, number in each.items()}, value=_c.unit)
            for each in _in_turn(word.numbers)
        ]
    )
    is_it = case_word.c.word == wanted[0] if len(wanted) == 1 else case_word.c.word.in_(wanted)
    return exists().where(case_word.c.case_id == _c.id, is_it)


def _in_turn(numbers: Mapping[str, Sequence[int]]) -> list[dict[str, int]]:
    """Return the first number of each unit, then the second, and so on; whoever has fewer has the last again."""
    most = max(len(each) for each in numbers.values())
    return [{unit: each[min(turn, len(each) - 1)] for unit, each in numbers.items()} for turn in range(most)]
