"""Why a figure changed: the events between two moments that moved it, and by how much each."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from forkant_kit.auth import Principal
from forkant_kit.moments import in_words
from forkant_kit.policy import requires
from forkant_kit.problems import PROBLEM_RESPONSES
from pydantic import AfterValidator, AwareDatetime, BeforeValidator

from indicator_service import audit_names
from indicator_service.aggregation.calendar import day_of, parse_period
from indicator_service.aggregation.contributions import metrics_behind
from indicator_service.aggregation.moves import Figured
from indicator_service.aggregation.tally import NATIONAL
from indicator_service.api.cases import no_cases
from indicator_service.api.changes_documents import FigureChanges
from indicator_service.api.changes_reading import ChangesAsked, read_changes
from indicator_service.api.dependencies import Deps, Units
from indicator_service.api.parameters import (
    known_indicator,
    known_period,
    known_unit,
    no_such_unit,
    within_the_years,
)
from indicator_service.api.trail import note_asked
from indicator_service.imports.examples import examples
from indicator_service.imports.refusals import Code, Refusal
from indicator_service.policy import READ_CASES_BEHIND, reader_of

router = APIRouter(prefix="/v1", tags=["figures"], responses=PROBLEM_RESPONSES, dependencies=[Depends(note_asked)])

Looks = Annotated[Principal, requires(READ_CASES_BEHIND)]
Moment = Annotated[AwareDatetime, BeforeValidator(in_words), AfterValidator(within_the_years)]


@router.get("/indicators/{number}/changes", responses=examples("read_changes"))
async def show_changes(
    *,
    request: Request,
    number: Annotated[int, Path(ge=1, le=audit_names.LAST_NUMBER)],
    principal: Looks,
    deps: Deps,
    units: Units,
    unit: Annotated[str, Query(description="A district or a special body whose exact figures the caller sees.")],
    since: Annotated[Moment, Query(description="What was recorded until then was known before.")],
    until: Annotated[Moment | None, Query(description="The later moment; else now.")] = None,
    period_name: Annotated[
        str, Query(alias="period", description="As of the values, on the day of the later moment.")
    ] = "rolling_12",
) -> FigureChanges:
    """Show which events between two moments moved a figure: their sums by type, and those that the caller may see.

    The period is counted until the same day at both moments. What moves because days go by is no event.
    """
    indicator = known_indicator(number, deps.catalogue)
    now = deps.now()
    later = min(until or now, now)
    known_period(period_name, now=later)
    period = parse_period(period_name, today=day_of(later))
    if known_unit(unit, units) == NATIONAL:
        raise no_such_unit()
    if not reader_of(principal, units).sees_exact(unit):
        raise Refusal(Code.CASES_NOT_SHOWN)
    version = indicator.at(period.last_day)
    if not metrics_behind(version):
        raise no_cases()
    if since >= later:
        raise Refusal(Code.NO_TIME_BETWEEN)
    asked = ChangesAsked(
        number=number,
        figured=Figured(unit=unit, version=version, period=period),
        since=since,
        until=later,
        reader=reader_of(principal, units),
    )
    return await read_changes(deps, request, asked)
