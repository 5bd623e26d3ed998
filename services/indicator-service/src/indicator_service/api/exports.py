"""Figures handed out as a table: every indicator of every unit in one period, with what each rests on."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Final
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from forkant_kit.audit.recorder import trail_of
from forkant_kit.auth import Principal
from forkant_kit.freshness import Freshness
from forkant_kit.problems import PROBLEM_RESPONSES
from forkant_kit.table_forms import MEDIA, Form, Kind, TableColumn, accepted_form, writer_of

from indicator_service import audit_names
from indicator_service.aggregation.calendar import Period
from indicator_service.aggregation.figure import Figure, IndicatorFigures
from indicator_service.aggregation.snapshot import Snapshot
from indicator_service.aggregation.suppression import SMALLEST_SHOWN
from indicator_service.aggregation.tally import NATIONAL
from indicator_service.api.dependencies import CanExportFigures, Deps
from indicator_service.api.figures import AskedPeriod
from indicator_service.api.parameters import known_period
from indicator_service.api.reading import check_shown, read_snapshot
from indicator_service.api.trail import note_asked
from indicator_service.imports.examples import examples
from indicator_service.imports.refusals import Code, Refusal
from indicator_service.policy import EXPORT_FIGURES, reader_of
from indicator_service.steering.aims import Aims

router = APIRouter(prefix="/v1", tags=["exports"], responses=PROBLEM_RESPONSES, dependencies=[Depends(note_asked)])

LICENSE: Final = "https://data.norge.no/nlod/en/2.0"
"""Norwegian Licence for Open Government Data 2.0, under which figures are handed on."""
_FILE: Final = {"schema": {"type": "string", "format": "binary"}}
_Format = Annotated[Form | None, Query(alias="format", description="The form; else the first of `Accept`, else CSV.")]
_NONE: Final = Figure(None)
COLUMNS: Final = tuple(
    TableColumn(name, kind)
    for name, kind in (
        ("unit", Kind.TEXT),
        ("period", Kind.TEXT),
        ("first_day", Kind.DAY),
        ("last_day", Kind.DAY),
        ("counted_until", Kind.DAY),
        ("indicator", Kind.INTEGER),
        ("key", Kind.TEXT),
        ("definition_version", Kind.INTEGER),
        ("measurement_unit", Kind.TEXT),
        ("direction", Kind.TEXT),
        ("numerator", Kind.NUMBER),
        ("numerator_suppressed", Kind.BOOLEAN),
        ("denominator", Kind.NUMBER),
        ("denominator_suppressed", Kind.BOOLEAN),
        ("value", Kind.NUMBER),
        ("value_suppressed", Kind.BOOLEAN),
        ("p90", Kind.NUMBER),
        ("minimum_n", Kind.INTEGER),
        ("counted", Kind.BOOLEAN),
        ("missing", Kind.TEXT),
        ("target", Kind.TEXT),
        ("target_version", Kind.INTEGER),
        ("goal", Kind.NUMBER),
        ("band", Kind.TEXT),
        ("as_of", Kind.MOMENT),
        ("watermark", Kind.MOMENT),
    )
)
"""What a row says. An empty figure is suppressed when its column says so; else there is nothing to compute it from."""


@router.get(
    "/exports",
    response_class=Response,
    responses={
        **examples("export_figures"),
        200: {
            "content": dict.fromkeys(MEDIA.values(), _FILE),
            "description": "A row for each unit and indicator; `Link` names the definitions and the licence.",
        },
    },
)
async def export_figures(
    request: Request, principal: Annotated[Principal, CanExportFigures], deps: Deps,
    asked: AskedPeriod = "rolling_12", form: _Format = None,
) -> Response:  # fmt: skip
    """Hand out the figures of all units in a period, suppressed as they are everywhere for the same reader."""
    chosen = form or accepted_form(request.headers.get("accept", ""))
    if chosen is None:
        raise Refusal(Code.FORM_NOT_OFFERED, offered=sorted(MEDIA.values()))
    period, reader = known_period(asked, now=deps.now()), reader_of(principal)
    check_shown(period, None, exact=reader.sees_all)

    def shows(found: Snapshot) -> Sequence[UUID]:
        return audit_names.shown(units=(*found.units, NATIONAL), period=period)

    snapshot, aims, freshness = await read_snapshot(
        deps, reader, None, period, known_at=None, trail=trail_of(request), shows=shows, action=EXPORT_FIGURES
    )
    rows = [
        row
        for unit in (*snapshot.units, NATIONAL)
        for row in _rows(unit, snapshot, aims, period, freshness, exact=reader.sees_exact(unit))
    ]
    writer = writer_of(chosen, COLUMNS, about=_about(snapshot, period))
    headers = {
        "Content-Disposition": f'attachment; filename="indicators-{period.name}.{chosen}"',
        "Link": f'</v1/indicators>; rel="describedby", <{LICENSE}>; rel="license"',
        "Cache-Control": "no-store",
        "Forkant-Rows": str(len(rows)),
    }
    return Response(writer.part(rows) + writer.end(), media_type=MEDIA[chosen], headers=headers)


def _rows(
    unit: str, snapshot: Snapshot, aims: Aims, period: Period, freshness: Freshness, *, exact: bool
) -> Iterator[dict[str, Any]]:
    shown = aims.cited(unit, snapshot.figures(unit, exact=exact), period)
    about = {
        "unit": unit,
        "period": period.name,
        "first_day": period.first_month,
        "last_day": period.last_day,
        "counted_until": period.counted_until,
        "as_of": freshness.now,
        "watermark": freshness.watermark,
    }
    for each in shown.indicators:
        yield {**about, **_of_indicator(each), **_of_target(each)}


def _of_indicator(found: IndicatorFigures) -> dict[str, Any]:
    figures = {"numerator": found.numerator or _NONE, "denominator": found.denominator, "value": found.value}
    return {
        "indicator": found.number,
        "key": found.key,
        "definition_version": found.definition_version,
        "measurement_unit": found.measurement_unit,
        "direction": found.direction,
        **{name: figure.value for name, figure in figures.items()},
        **{f"{name}_suppressed": figure.suppressed for name, figure in figures.items()},
        "p90": found.p90.value if found.p90 else None,
        "minimum_n": found.minimum_n,
        "counted": found.counted,
        "missing": " ".join(sorted({f"{each.kind}:{each.reason}" for each in found.imported.missing})) or None,
    }


def _of_target(found: IndicatorFigures) -> dict[str, Any]:
    target = found.target
    return {
        "target": None if target is None else str(target.id),
        "target_version": None if target is None else target.version,
        "goal": None if target is None else target.goal,
        "band": None if target is None or target.band is None else target.band.value,
    }


def _about(snapshot: Snapshot, period: Period) -> dict[str, str]:
    versions = {each.number: each.at(period.last_day) for each in snapshot.catalogue.indicators}
    definitions = {
        str(number): {"version": version.version, "name": version.name.en, "description": version.description.en}
        for number, version in versions.items()
    }
    return {
        "license": LICENSE,
        "definitions": orjson.dumps(definitions).decode(),
        "suppression": f"Counts of 1 to {SMALLEST_SHOWN - 1} of others are hidden, and what they could be found from.",
    }
