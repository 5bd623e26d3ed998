"""Figures as rows of a table, in each form, with the licence that they are handed on under and their definitions."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Final

import orjson
from fastapi import Query, Request, Response
from forkant_kit.freshness import Freshness
from forkant_kit.table_forms import MEDIA, Form, Kind, TableColumn, accepted_form, writer_of

from indicator_service.aggregation.calendar import Period
from indicator_service.aggregation.figure import Figure, IndicatorFigures
from indicator_service.aggregation.structure import Structure
from indicator_service.aggregation.suppression import SMALLEST_SHOWN
from indicator_service.api.structure_documents import columns_of
from indicator_service.definitions import Indicator
from indicator_service.imports.refusals import Code, Refusal

LICENSE: Final = "https://data.norge.no/nlod/en/2.0"
"""Norwegian Licence for Open Government Data 2.0, under which figures are handed on."""
FILE: Final = {"schema": {"type": "string", "format": "binary"}}
AskedForm = Annotated[Form | None, Query(alias="format", description="The form; else the first of `Accept`, else CSV.")]
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
        ("settled_on", Kind.DAY),
        ("structure", Kind.TEXT),
        ("unit_valid_from", Kind.DAY),
        ("unit_valid_until", Kind.DAY),
        ("unit_told", Kind.BOOLEAN),
    )
)
"""What a row says. An empty figure is suppressed when its column says so; else there is nothing to compute it from."""


def chosen_form(request: Request, form: Form | None) -> Form:
    """Return the form that is asked for, by its name or by what is accepted.

    Raises:
        Refusal: ``form-not-offered``.
    """
    chosen = form or accepted_form(request.headers.get("accept", ""))
    if chosen is None:
        raise Refusal(Code.FORM_NOT_OFFERED, offered=sorted(MEDIA.values()))
    return chosen


def table_of(
    form: Form,
    rows: Sequence[dict[str, Any]],
    *,
    name: str,
    indicators: Iterable[Indicator],
    period: Period,
    columns: Sequence[TableColumn] = COLUMNS,
) -> Response:
    """Return a table as a file.

    Args:
        form: how it is written.
        rows: what it says.
        name: what the file is called, without its ending.
        indicators: whose definitions go with it.
        period: the one on whose last day the definitions are in force.
        columns: what a row says.
    """
    writer = writer_of(form, columns, about=_about(indicators, period))
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.{form}"',
        "Link": f'</v1/indicators>; rel="describedby", <{LICENSE}>; rel="license"',
        "Cache-Control": "no-store",
        "Forkant-Rows": str(len(rows)),
    }
    return Response(writer.part(rows) + writer.end(), media_type=MEDIA[form], headers=headers)


def row_of(
    unit: str, period: Period, found: IndicatorFigures, freshness: Freshness, structure: Structure
) -> dict[str, Any]:
    """Return a row: the figures of a unit in a period, as they are shown, with what they rest on."""
    return {
        "unit": unit,
        "period": period.name,
        "first_day": period.first_month,
        "last_day": period.last_day,
        "counted_until": period.counted_until,
        "as_of": freshness.now,
        "watermark": freshness.watermark,
        "settled_on": found.settled_on,
        **_of_indicator(found),
        **_of_target(found),
        **columns_of(structure, unit, period),
    }


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


def _about(indicators: Iterable[Indicator], period: Period) -> dict[str, str]:
    versions = {each.number: each.at(period.last_day) for each in indicators}
    definitions = {
        str(number): {"version": version.version, "name": version.name.en, "description": version.description.en}
        for number, version in versions.items()
    }
    return {
        "license": LICENSE,
        "definitions": orjson.dumps(definitions).decode(),
        "suppression": f"Counts of 1 to {SMALLEST_SHOWN - 1} of others are hidden, and what they could be found from.",
    }
