"""The documents of a series."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Literal

import orjson
from pydantic import Field

from indicator_service.aggregation.calendar import Period
from indicator_service.aggregation.cited import CitedTarget
from indicator_service.aggregation.figure import Figure, FurtherFigures, Imports, IndicatorFigures
from indicator_service.api.models import Document, Fresh, PeriodDocument, StructureDocument
from indicator_service.api.written import further_of, imports_of, shown, target_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """The figures of a unit in one of the periods of a series."""

    period: Period
    figures: IndicatorFigures


class SeriesPoint(Document):
    """An indicator of a unit in a month, or in the twelve until its end."""

    period: PeriodDocument
    definition_version: int
    """The version of the definition that was in force at the end of the period."""
    numerator: Figure | None
    denominator: Figure
    value: Figure
    median: Figure | None
    p90: Figure | None
    extra: dict[str, Figure]
    counted: bool
    imported: Imports
    further: dict[str, FurtherFigures]
    target: CitedTarget | None
    """The target that was in force at the end of the period, and the band of the value that is shown."""


class SeriesLine(Document):
    """The points of one unit, in order of their months."""

    unit: str
    points: tuple[SeriesPoint, ...]


def lines_of(lines: Iterable[tuple[str, Sequence[Point]]]) -> list[dict[str, Any]]:
    """Return the points of units as they are written: what :class:`SeriesLine` describes."""
    # Points of many units share what is written of their period.
    period_of = cache(lambda period: orjson.Fragment(PeriodDocument.of(period).model_dump_json()))
    return [
        {"unit": unit, "points": [_written(point.figures, period_of(point.period)) for point in points]}
        for unit, points in lines
    ]


def _written(found: IndicatorFigures, period: orjson.Fragment) -> dict[str, Any]:
    return {
        "period": period,
        "definition_version": found.definition_version,
        **shown(found),
        "imported": imports_of(found.imported),
        "further": further_of(found),
        "target": target_of(found.target),
    }


class IndicatorSeries(Fresh):
    """How an indicator went: the unit that was asked for first, then the nation and those to compare."""

    number: int
    key: str
    kind: Literal["month", "rolling_12"]
    first_month: date = Field(serialization_alias="from")
    """The first day of the first point's month."""
    last_month: date = Field(serialization_alias="to")
    """The first day of the last point's month."""
    structure: StructureDocument
    """In which units the lines are, and whether they can be told from the first month on."""
    lines: tuple[SeriesLine, ...]
