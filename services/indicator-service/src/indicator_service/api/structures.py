"""The structure of units that figures are asked for in."""

from datetime import date, datetime
from typing import Annotated

from fastapi import Depends, Query
from forkant_kit.problems import ProblemError

from indicator_service.aggregation.calendar import FIRST_YEAR, LAST_YEAR, day_of
from indicator_service.aggregation.register import Register
from indicator_service.aggregation.structure import NOW, THEN, Structure
from indicator_service.aggregation.tally import NATIONAL
from indicator_service.api.dependencies import Deps, Units


async def structure_asked(
    deps: Deps,
    units: Units,
    asked: Annotated[
        str,
        Query(
            alias="structure",
            max_length=10,
            examples=["then", "now", "2026-06-30"],
            description="In which units: `then`, as they were in the period; `now`; or a day `YYYY-MM-DD` until "
            "today, as they were on it. The nation is the same in each.",
        ),
    ] = THEN,
) -> Structure:
    """Return the structure that figures are asked for in.

    Raises:
        ProblemError: 400, it is none.
    """
    return known_structure(asked, units, now=deps.now())


AskedStructure = Annotated[Structure, Depends(structure_asked)]


def known_structure(asked: str, units: Register, *, now: datetime) -> Structure:
    """Return a structure by its name.

    Raises:
        ProblemError: 400, it is none.
    """
    today = day_of(now)
    if asked in {THEN, NOW}:
        return Structure(register=units, day=None if asked == THEN else today)
    try:
        day = date.fromisoformat(asked)
    except ValueError:
        day = None
    if day is None or not FIRST_YEAR <= day.year <= LAST_YEAR or day > today:
        detail = "A structure is then, now, or a day YYYY-MM-DD until today."
        raise ProblemError(400, "invalid-structure", "Invalid structure", detail)
    return Structure(register=units, day=day)


def check_in_structure(unit: str, structure: Structure) -> None:
    """Refuse a unit whose work is told in another one.

    Raises:
        ProblemError: 404, with the unit to ask for in ``told_in``.
    """
    holder = structure.holder(unit)
    if unit not in (NATIONAL, holder):
        title = "The unit is told in another one"
        detail = "In this structure `told_in` has its figures; ask with `structure=then` for its own."
        raise ProblemError(404, "unit-told-in-another", title, detail, extra={"told_in": holder})
