"""How an indicator went: its figures month by month, with the target that was in force in each, beside other units."""

from datetime import date
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from forkant_kit.audit.recorder import trail_of
from forkant_kit.auth import Principal
from forkant_kit.problems import PROBLEM_RESPONSES, ProblemError

from indicator_service import audit_names
from indicator_service.aggregation.calendar import (
    FIRST_YEAR,
    LAST_YEAR,
    add_months,
    day_of,
    month_with,
    months_through,
)
from indicator_service.aggregation.structure import Structure
from indicator_service.aggregation.tally import NATIONAL
from indicator_service.api.dependencies import CanReadFigures, Dependencies, Deps
from indicator_service.api.parameters import known_indicator, well_formed_unit
from indicator_service.api.series_documents import IndicatorSeries, lines_of
from indicator_service.api.series_reading import SeriesAsked, read_series
from indicator_service.api.structure_documents import document_of
from indicator_service.api.structures import AskedStructure, check_in_structure
from indicator_service.api.trail import note_asked
from indicator_service.api.written import with_list
from indicator_service.imports.examples import examples
from indicator_service.policy import reader_of

router = APIRouter(prefix="/v1", tags=["figures"], responses=PROBLEM_RESPONSES, dependencies=[Depends(note_asked)])

MOST_MONTHS: Final = 120
MOST_UNITS: Final = 30
_USUAL_MONTHS: Final = 12
_MONTH: Final = r"^\d{4}-(0[1-9]|1[0-2])$"
Reads = Annotated[Principal, CanReadFigures]


Unit = Annotated[str, Query(description="A unit's id, or `national`.")]
Compared = Annotated[
    str, Query(description="Units to show beside it, with commas between; `national` is there always.")
]
FirstMonth = Annotated[
    str | None,
    Query(alias="from", pattern=_MONTH, description="The first month, `YYYY-MM`; else eleven before the last."),
]
LastMonth = Annotated[
    str | None, Query(alias="to", pattern=_MONTH, description="The last month, `YYYY-MM`; else the current one.")
]
PointsAbout = Annotated[
    Literal["month", "rolling_12"],
    Query(
        description="What each point is about: a month, or the twelve until its end, as they are known today. "
        "The twelve of each month for figures that the caller sees exactly."
    ),
]


@router.get("/indicators/{number}/series", responses=examples("read_series"), response_model=IndicatorSeries)
async def show_series(
    *,
    request: Request,
    number: Annotated[int, Path(ge=1, le=audit_names.LAST_NUMBER)],
    principal: Reads,
    deps: Deps,
    structure: AskedStructure,
    unit: Unit = NATIONAL,
    compare: Compared = "",
    first: FirstMonth = None,
    last: LastMonth = None,
    period: PointsAbout = "month",
) -> Response:
    """Show how an indicator went month by month: of a unit, of the nation, and of units to compare.

    Of others than the caller's own unit, those from whom small counts are hidden see the national months alone.
    """
    asked = series_asked(
        deps, principal, structure, number=number, unit=unit, compare=compare, first=first, last=last, kind=period
    )
    lines, freshness = await read_series(deps, asked, trail=trail_of(request))
    head = IndicatorSeries(
        number=number,
        key=asked.indicator.key,
        kind=period,
        first_month=asked.months[0],
        last_month=asked.months[-1],
        structure=document_of(structure, asked.units, asked.span),
        lines=(),
        as_of=freshness.now,
        watermark=freshness.watermark,
        seconds_behind=freshness.seconds_behind,
    )
    return Response(with_list(head, lines_of(lines)), media_type="application/json")


def series_asked(
    deps: Dependencies,
    principal: Principal,
    structure: Structure,
    *,
    number: int,
    unit: str,
    compare: str,
    first: str | None,
    last: str | None,
    kind: Literal["month", "rolling_12"],
) -> SeriesAsked:
    """Return what is asked for.

    Raises:
        ProblemError: an indicator, a unit or a month is none, or there are too many of them.
    """
    today = day_of(deps.now())
    units = _units(unit, compare)
    for each in units:
        check_in_structure(each, structure)
    return SeriesAsked(
        indicator=known_indicator(number, deps.catalogue),
        units=units,
        months=_months(first, last, current=month_with(today)),
        kind=kind,
        reader=reader_of(principal, structure.register),
        structure=structure,
        today=today,
    )


def _units(unit: str, compare: str) -> tuple[str, ...]:
    others = compare.split(",") if compare else []
    found = tuple(dict.fromkeys(well_formed_unit(each) for each in (unit, NATIONAL, *others)))
    if len(found) > MOST_UNITS:
        detail = f"Compare at most {MOST_UNITS - 2} units at once."
        raise ProblemError(400, "too-many-units", "Too many units", detail)
    return found


def _months(first: str | None, last: str | None, *, current: date) -> tuple[date, ...]:
    to = current if last is None else date.fromisoformat(f"{last}-01")
    since = add_months(to, 1 - _USUAL_MONTHS) if first is None else date.fromisoformat(f"{first}-01")
    count = (to.year - since.year) * 12 + to.month - since.month + 1
    in_order = FIRST_YEAR <= since.year <= to.year <= LAST_YEAR and 1 <= count <= MOST_MONTHS
    if not in_order or to > current:
        detail = f"A series is 1 to {MOST_MONTHS} months, in order, until the current one at the latest."
        raise ProblemError(400, "invalid-range", "Invalid range of months", detail)
    return months_through(since, to)
