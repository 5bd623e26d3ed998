"""Figures of a unit, and of one indicator across units."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from forkant_kit.audit.recorder import trail_of
from forkant_kit.auth import Principal
from forkant_kit.freshness import Freshness
from forkant_kit.moments import in_words
from forkant_kit.problems import PROBLEM_RESPONSES
from pydantic import AfterValidator, AwareDatetime, BeforeValidator

from indicator_service import audit_names
from indicator_service.aggregation.snapshot import Snapshot
from indicator_service.aggregation.tally import NATIONAL
from indicator_service.api.dependencies import CanReadFigures, Deps
from indicator_service.api.models import DistrictMetrics, IndicatorRow, IndicatorValues, PeriodDocument
from indicator_service.api.newest_answer import AGE, AskedCache, asks_for_computed, newest_answer
from indicator_service.api.parameters import (
    known_indicator,
    known_period,
    no_such_unit,
    well_formed_unit,
    within_the_years,
)
from indicator_service.api.reading import check_shown, read_snapshot
from indicator_service.api.structure_documents import document_of
from indicator_service.api.structures import AskedStructure, check_in_structure
from indicator_service.api.trail import note_asked
from indicator_service.imports.examples import examples
from indicator_service.policy import reader_of

router = APIRouter(prefix="/v1", tags=["figures"], responses=PROBLEM_RESPONSES, dependencies=[Depends(note_asked)])

Reads = Annotated[Principal, CanReadFigures]
AskedMoment = Annotated[
    Annotated[AwareDatetime, BeforeValidator(in_words), AfterValidator(within_the_years)] | None,
    Query(
        description="Imported figures as they were known at a moment; what is counted from events is as of now. "
        "For whoever sees exact figures of all that is asked for."
    ),
]
AskedPeriod = Annotated[
    str,
    Query(
        alias="period",
        description="`rolling_12`, or a month written `YYYY-MM`; of figures that the "
        "caller sees exactly also `year_to_date`, a quarter written `YYYY-Q1`, or a year.",
    ),
]


_SHOWN = examples("read_figures") | {200: {"description": "Successful Response", "headers": AGE}}


@router.get("/districts/{unit}/metrics", responses=_SHOWN, response_model=DistrictMetrics)
async def read_metrics(
    *,
    request: Request,
    unit: Annotated[str, Path(description="A unit's id, or `national`.")],
    principal: Reads,
    deps: Deps,
    structure: AskedStructure,
    asked: AskedPeriod = "rolling_12",
    known_at: AskedMoment = None,
    cache_control: AskedCache = None,
) -> DistrictMetrics | Response:
    """Show all figures of one unit, or of all units together."""
    unit, units = well_formed_unit(unit), structure.register
    check_in_structure(unit, structure)
    period = known_period(asked, now=deps.now())
    reader = reader_of(principal, units)
    exact = reader.sees_exact(unit)
    check_shown(period, known_at, exact=exact)
    trail, there = trail_of(request), unit == NATIONAL or units.knows(unit)
    newest = period.kind == "rolling_12" and structure.day is None and known_at is None
    if newest and there and not asks_for_computed(cache_control):
        shown = audit_names.shown(units=[unit], period=period)
        return await newest_answer(deps, reader, unit, trail=trail, shows=shown)
    # What is hidden of one unit depends on all of them; an exact answer about one unit needs that unit only.
    needed = [*structure.members(unit)] if exact and units.knows(unit) else None

    def shows(found: Snapshot) -> Sequence[UUID]:
        if not units.knows(unit) and unit not in found.tallies:
            raise no_such_unit()
        return audit_names.shown(units=[unit], period=period)

    snapshot, aims, freshness = await read_snapshot(
        deps, reader, needed, period, known_at=known_at, structure=structure, trail=trail, shows=shows
    )
    figures = aims.cited(unit, snapshot.figures(unit, exact=exact), period)
    return DistrictMetrics(
        unit=unit,
        period=PeriodDocument.of(period),
        counts=dict(figures.counts),
        indicators=figures.indicators,
        counts_settled_on=dict(figures.counts_settled_on),
        priorities=figures.priorities,
        structure=document_of(structure, [unit], period),
        **_stamp(freshness),
    )


@router.get("/indicators/{number}/values", responses=examples("read_figures"))
async def read_values(
    *,
    request: Request,
    number: Annotated[int, Path(ge=1, le=audit_names.LAST_NUMBER)],
    principal: Reads,
    deps: Deps,
    structure: AskedStructure,
    asked: AskedPeriod = "rolling_12",
    known_at: AskedMoment = None,
) -> IndicatorValues:
    """Show one indicator of every unit, and of all units together."""
    indicator = known_indicator(number, deps.catalogue)
    period = known_period(asked, now=deps.now())
    reader = reader_of(principal, structure.register)
    check_shown(period, known_at, exact=reader.sees_all)

    def shows(found: Snapshot) -> Sequence[UUID]:
        return audit_names.shown(units=(*found.units, NATIONAL), period=period, indicator=number)

    trail = trail_of(request)
    snapshot, aims, freshness = await read_snapshot(
        deps, reader, None, period, known_at=known_at, structure=structure, trail=trail, shows=shows
    )
    rows = []
    for unit in (*snapshot.units, NATIONAL):
        figures = aims.cited(unit, snapshot.figures(unit, exact=reader.sees_exact(unit)), period)
        found = next(item for item in figures.indicators if item.number == indicator.number)
        rows.append(IndicatorRow(unit=unit, indicator=found))
    return IndicatorValues(
        number=number,
        period=PeriodDocument.of(period),
        structure=document_of(structure, snapshot.units, period),
        rows=tuple(rows),
        **_stamp(freshness),
    )


def _stamp(freshness: Freshness) -> dict[str, Any]:
    return {
        "as_of": freshness.now,
        "watermark": freshness.watermark,
        "seconds_behind": freshness.seconds_behind,
    }
