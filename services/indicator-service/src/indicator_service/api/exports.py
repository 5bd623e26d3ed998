"""Figures handed out as a table: every indicator of every unit in one period, with what each rests on."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from forkant_kit.audit.recorder import trail_of
from forkant_kit.auth import Principal
from forkant_kit.problems import PROBLEM_RESPONSES
from forkant_kit.table_forms import MEDIA

from indicator_service import audit_names
from indicator_service.aggregation.snapshot import Snapshot
from indicator_service.aggregation.tally import NATIONAL
from indicator_service.api.dependencies import CanExportFigures, Deps
from indicator_service.api.figures import AskedPeriod
from indicator_service.api.parameters import known_period
from indicator_service.api.reading import check_shown, read_snapshot
from indicator_service.api.structures import AskedStructure
from indicator_service.api.tables import FILE, AskedForm, chosen_form, row_of, table_of
from indicator_service.api.trail import note_asked
from indicator_service.imports.examples import examples
from indicator_service.policy import EXPORT_FIGURES, reader_of

router = APIRouter(prefix="/v1", tags=["exports"], responses=PROBLEM_RESPONSES, dependencies=[Depends(note_asked)])


@router.get(
    "/exports",
    response_class=Response,
    responses={
        **examples("export_figures"),
        200: {
            "content": dict.fromkeys(MEDIA.values(), FILE),
            "description": "A row for each unit and indicator; `Link` names the definitions and the licence.",
        },
    },
)
async def export_figures(
    *,
    request: Request,
    principal: Annotated[Principal, CanExportFigures],
    deps: Deps,
    structure: AskedStructure,
    asked: AskedPeriod = "rolling_12",
    form: AskedForm = None,
) -> Response:
    """Hand out the figures of all units in a period, suppressed as they are everywhere for the same reader."""
    chosen = chosen_form(request, form)
    period, reader = known_period(asked, now=deps.now()), reader_of(principal, structure.register)
    check_shown(period, None, exact=reader.sees_all)

    def shows(found: Snapshot) -> Sequence[UUID]:
        return audit_names.shown(units=(*found.units, NATIONAL), period=period)

    snapshot, aims, freshness = await read_snapshot(
        deps,
        reader,
        None,
        period,
        known_at=None,
        structure=structure,
        trail=trail_of(request),
        shows=shows,
        action=EXPORT_FIGURES,
    )
    rows = [
        row_of(unit, period, found, freshness, structure)
        for unit in (*snapshot.units, NATIONAL)
        for found in aims.cited(unit, snapshot.figures(unit, exact=reader.sees_exact(unit)), period).indicators
    ]
    name = f"indicators-{period.name}"
    return table_of(chosen, rows, name=name, indicators=deps.catalogue.indicators, period=period)
