"""Which of some cases and concerns a caller may see: the rule of lists, asked about ids that the caller brings."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from forkant_contracts.visibility import VisibilityAnswer, VisibilityQuestion
from sqlalchemy import Uuid, bindparam, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.scope import KNOWN_CASES, OFFERED_CASES, OWN_DEPARTURES, VISIBLE_CASES, VISIBLE_CONCERNS, Scope
from case_service.tables import case_departure, concern, preventive_case

_c: Final = preventive_case.c
_d: Final = case_departure.c
_CASES: Final = func.any(bindparam("asked_cases", type_=ARRAY(Uuid)))
_CONCERNS: Final = func.any(bindparam("asked_concerns", type_=ARRAY(Uuid)))
_ASKED: Final = union_all(
    select(literal("cases").label("kind"), _c.id).where(_c.id == _CASES, _c.erased_at.is_(None), VISIBLE_CASES),
    select(literal("former_cases"), _c.id).where(_c.id == _CASES, KNOWN_CASES),
    select(literal("former_cases"), _d.case_id).where(_d.case_id == _CASES, OWN_DEPARTURES),
    select(literal("offered_cases"), _c.id).where(_c.id == _CASES, OFFERED_CASES),
    select(literal("concerns"), concern.c.id).where(concern.c.id == _CONCERNS, VISIBLE_CONCERNS),
)


async def ask(conn: AsyncConnection, scope: Scope, question: VisibilityQuestion) -> VisibilityAnswer:
    """Return which of the cases and concerns the caller may see, as lists would show them: broken glass counts not."""
    asked = {"asked_cases": list(question.cases), "asked_concerns": list(question.concerns)}
    found: dict[str, set[UUID]] = {kind: set() for kind in ("cases", "former_cases", "offered_cases", "concerns")}
    for row in await conn.execute(_ASKED, {**asked, **scope.without_broken_glass().params()}):
        found[row.kind].add(row.id)
    return VisibilityAnswer(
        cases=_in_order(found["cases"]),
        former_cases=_in_order(found["former_cases"] - found["cases"]),
        offered_cases=_in_order(found["offered_cases"] - found["cases"]),
        concerns=_in_order(found["concerns"]),
    )


def _in_order(ids: Iterable[UUID]) -> tuple[UUID, ...]:
    return tuple(sorted(ids))
