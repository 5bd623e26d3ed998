"""Series and figures by category handed out as tables, suppressed as in every other answer to the same reader."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from forkant_kit.audit.recorder import trail_of
from forkant_kit.auth import Principal
from forkant_kit.problems import PROBLEM_RESPONSES
from forkant_kit.table_forms import MEDIA, Kind, TableColumn

from indicator_service import audit_names
from indicator_service.aggregation.tally import NATIONAL
from indicator_service.api.breakdown import AnyPeriod, AskedDimension, OneUnit, breakdown_asked
from indicator_service.api.breakdown_reading import read_breakdown
from indicator_service.api.dependencies import CanExportFigures, Deps
from indicator_service.api.series import Compared, FirstMonth, LastMonth, PointsAbout, Unit, series_asked
from indicator_service.api.series_reading import read_series
from indicator_service.api.structures import AskedStructure
from indicator_service.api.tables import COLUMNS, FILE, AskedForm, chosen_form, row_of, table_of
from indicator_service.api.trail import note_asked
from indicator_service.imports.examples import examples
from indicator_service.policy import EXPORT_FIGURES

router = APIRouter(
    prefix="/v1/exports", tags=["exports"], responses=PROBLEM_RESPONSES, dependencies=[Depends(note_asked)]
)

SPLIT: Final = (*COLUMNS[:5], TableColumn("dimension", Kind.TEXT), TableColumn("category", Kind.TEXT), *COLUMNS[5:])
"""What a row of figures by category says."""
Exports = Annotated[Principal, CanExportFigures]
Number = Annotated[int, Query(ge=1, le=audit_names.LAST_NUMBER, alias="indicator", description="Its number.")]
_CONTENT: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": dict.fromkeys(MEDIA.values(), FILE), "description": "The table, as a file."}
}


@router.get("/series", response_class=Response, responses={**examples("export_series"), **_CONTENT})
async def export_series(
    *,
    request: Request,
    principal: Exports,
    deps: Deps,
    structure: AskedStructure,
    number: Number,
    unit: Unit = NATIONAL,
    compare: Compared = "",
    first: FirstMonth = None,
    last: LastMonth = None,
    period: PointsAbout = "month",
    form: AskedForm = None,
) -> Response:
    """Hand out how an indicator went month by month: a row for each unit and point."""
    chosen = chosen_form(request, form)
    asked = series_asked(
        deps, principal, structure, number=number, unit=unit, compare=compare, first=first, last=last, kind=period
    )
    lines, freshness = await read_series(deps, asked, trail=trail_of(request), action=EXPORT_FIGURES)
    rows = [
        row_of(each, point.period, point.figures, freshness, structure) for each, points in lines for point in points
    ]
    name = f"indicator-{number}-series"
    return table_of(chosen, rows, name=name, indicators=(asked.indicator,), period=asked.periods[-1])


@router.get("/breakdown", response_class=Response, responses={**examples("export_breakdown"), **_CONTENT})
async def export_breakdown(
    *,
    request: Request,
    principal: Exports,
    deps: Deps,
    structure: AskedStructure,
    number: Number,
    by: AskedDimension = "theme",
    unit: OneUnit = None,
    period_name: AnyPeriod = "rolling_12",
    form: AskedForm = None,
) -> Response:
    """Hand out an indicator by theme, case type or age band: a row for each unit and category."""
    chosen = chosen_form(request, form)
    asked = breakdown_asked(deps, principal, structure, number=number, by=by, unit=unit, period_name=period_name)
    found, freshness = await read_breakdown(deps, asked, trail=trail_of(request), action=EXPORT_FIGURES)
    rows = [
        {
            **row_of(each, asked.period, figures, freshness, structure),
            "dimension": asked.dimension,
            "category": category,
        }
        for each, categories in found
        for category, figures in categories
    ]
    return table_of(
        chosen,
        rows,
        name=f"indicator-{number}-by-{asked.dimension}",
        indicators=(asked.indicator,),
        period=asked.period,
        columns=SPLIT,
    )
