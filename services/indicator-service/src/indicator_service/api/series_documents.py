"""The documents of a series."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from pydantic import Field

from indicator_service.aggregation.calendar import Period
from indicator_service.aggregation.cited import CitedTarget
from indicator_service.aggregation.figure import Figure, FurtherFigures, Imports, IndicatorFigures
from indicator_service.api.models import Document, Fresh, PeriodDocument, StructureDocument


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

    @classmethod
    def of(cls, point: Point, period: PeriodDocument) -> "SeriesPoint":
        """Write a point; points of many units share what is written of their period."""
        found = point.figures
        return cls.model_construct(
            period=period,
            definition_version=found.definition_version,
            numerator=found.numerator,
            denominator=found.denominator,
            value=found.value,
            median=found.median,
            p90=found.p90,
            extra=dict(found.extra),
            counted=found.counted,
            imported=found.imported,
            further=dict(found.further),
            target=found.target,
        )


class SeriesLine(Document):
    """The points of one unit, in order of their months."""

    unit: str
    points: tuple[SeriesPoint, ...]


def lines_of(lines: Iterable[tuple[str, Sequence[Point]]]) -> tuple[SeriesLine, ...]:
    """Write the points of units."""
    document_of = cache(PeriodDocument.of)
    return tuple(
        SeriesLine.model_construct(
            unit=unit, points=tuple(SeriesPoint.of(point, document_of(point.period)) for point in points)
        )
        for unit, points in lines
    )


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
