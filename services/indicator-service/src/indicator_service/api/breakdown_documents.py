"""The documents of figures by category."""

from collections.abc import Iterable
from typing import Any

from indicator_service.aggregation.figure import Figure, IndicatorFigures
from indicator_service.api.models import Document, Fresh, PeriodDocument, StructureDocument
from indicator_service.api.written import shown
from indicator_service.definitions.models import Dimension


class CategoryFigures(Document):
    """An indicator of a unit in one category."""

    category: str
    """A theme, a case type, an age band, a method or an arena; `unknown` holds codes of later releases."""
    numerator: Figure | None
    denominator: Figure
    value: Figure
    median: Figure | None
    p90: Figure | None
    extra: dict[str, Figure]
    counted: bool


class BreakdownRow(Document):
    """One unit, by category."""

    unit: str
    categories: tuple[CategoryFigures, ...]


class IndicatorBreakdown(Fresh):
    """An indicator by category of one dimension; the categories of a unit add up to its figure."""

    number: int
    key: str
    by: Dimension
    period: PeriodDocument
    structure: StructureDocument
    definition_version: int
    rows: tuple[BreakdownRow, ...]


def rows_of(rows: Iterable[tuple[str, Iterable[tuple[str, IndicatorFigures]]]]) -> list[dict[str, Any]]:
    """Return the categories of units as they are written: what :class:`BreakdownRow` describes."""
    return [
        {"unit": unit, "categories": [{"category": name, **shown(found)} for name, found in categories]}
        for unit, categories in rows
    ]
