"""Figures of an indicator by category of a dimension: themes, case types, age bands."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from forkant_kit.audit.recorder import trail_of
from forkant_kit.auth import Principal
from forkant_kit.problems import PROBLEM_RESPONSES, ProblemError

from indicator_service import audit_names
from indicator_service.aggregation.calendar import Period
from indicator_service.aggregation.structure import Structure
from indicator_service.api.breakdown_documents import IndicatorBreakdown, rows_of
from indicator_service.api.breakdown_reading import BreakdownAsked, read_breakdown
from indicator_service.api.dependencies import CanReadFigures, Dependencies, Deps
from indicator_service.api.models import PeriodDocument
from indicator_service.api.parameters import known_indicator, known_period, well_formed_unit
from indicator_service.api.structure_documents import document_of
from indicator_service.api.structures import AskedStructure, check_in_structure
from indicator_service.api.trail import note_asked
from indicator_service.api.written import with_list
from indicator_service.definitions import Indicator
from indicator_service.definitions.models import Dimension
from indicator_service.imports.examples import examples
from indicator_service.imports.refusals import Code, Refusal
from indicator_service.policy import reader_of

router = APIRouter(prefix="/v1", tags=["figures"], responses=PROBLEM_RESPONSES, dependencies=[Depends(note_asked)])

Reads = Annotated[Principal, CanReadFigures]


AskedDimension = Annotated[
    str, Query(max_length=40, description="A dimension that the definition names: see `/v1/indicators`.")
]
OneUnit = Annotated[str | None, Query(description="A unit's id, or `national`; else every unit and the nation.")]
AnyPeriod = Annotated[
    str,
    Query(alias="period", description="`rolling_12`; of figures that the caller sees exactly also any other period."),
]


@router.get("/indicators/{number}/breakdown", responses=examples("read_breakdown"), response_model=IndicatorBreakdown)
async def show_breakdown(
    *,
    request: Request,
    number: Annotated[int, Path(ge=1, le=audit_names.LAST_NUMBER)],
    principal: Reads,
    deps: Deps,
    structure: AskedStructure,
    by: AskedDimension = "theme",
    unit: OneUnit = None,
    period_name: AnyPeriod = "rolling_12",
) -> Response:
    """Show an indicator by theme, case type or age band.

    Those from whom small counts are hidden see their own unit, and of the others the nation's last twelve months.
    """
    asked = breakdown_asked(deps, principal, structure, number=number, by=by, unit=unit, period_name=period_name)
    rows, freshness = await read_breakdown(deps, asked, trail=trail_of(request))
    head = IndicatorBreakdown(
        number=number,
        key=asked.indicator.key,
        by=asked.dimension,
        period=PeriodDocument.of(asked.period),
        structure=document_of(structure, [each for each, _ in rows], asked.period),
        definition_version=asked.indicator.at(asked.period.last_day).version,
        rows=(),
        as_of=freshness.now,
        watermark=freshness.watermark,
        seconds_behind=freshness.seconds_behind,
    )
    return Response(with_list(head, rows_of(rows)), media_type="application/json")


def breakdown_asked(
    deps: Dependencies,
    principal: Principal,
    structure: Structure,
    *,
    number: int,
    by: str,
    unit: str | None,
    period_name: str,
) -> BreakdownAsked:
    """Return what is asked for.

    Raises:
        ProblemError: an indicator, a dimension, a unit or a period is none.
        Refusal: ``period-not-shown``.
    """
    indicator = known_indicator(number, deps.catalogue)
    period = known_period(period_name, now=deps.now())
    if unit is not None:
        check_in_structure(well_formed_unit(unit), structure)
    asked = BreakdownAsked(
        indicator=indicator,
        dimension=_known_dimension(by, indicator, period),
        period=period,
        reader=reader_of(principal, structure.register),
        structure=structure,
        unit=unit,
    )
    if not asked.exact and period.kind != "rolling_12":
        raise Refusal(Code.PERIOD_NOT_SHOWN)
    return asked


def _known_dimension(by: str, indicator: Indicator, period: Period) -> Dimension:
    there = indicator.at(period.last_day).dimensions
    for each in there:
        if each == by:
            return each
    title = "The indicator is not split by that"
    detail = "Ask by one of `dimensions`." if there else "The indicator is split by nothing: it has no dimensions."
    raise ProblemError(422, "unknown-dimension", title, detail, extra={"dimensions": [*there]})
