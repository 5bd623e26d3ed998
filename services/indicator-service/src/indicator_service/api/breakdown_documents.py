"""The documents of figures by category."""

from indicator_service.aggregation.figure import Figure, IndicatorFigures
from indicator_service.api.models import Document, Fresh, PeriodDocument, StructureDocument
from indicator_service.definitions.models import Dimension


class CategoryFigures(Document):
    """An indicator of a unit in one category."""

    category: str
    """A theme, a case type or an age band; `unknown` holds those of later releases."""
    numerator: Figure | None
    denominator: Figure
    value: Figure
    median: Figure | None
    p90: Figure | None
    extra: dict[str, Figure]
    counted: bool

    @classmethod
    def of(cls, category: str, found: IndicatorFigures) -> "CategoryFigures":
        """Write the figures of a category."""
        return cls.model_construct(
            category=category,
            numerator=found.numerator,
            denominator=found.denominator,
            value=found.value,
            median=found.median,
            p90=found.p90,
            extra=dict(found.extra),
            counted=found.counted,
        )


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
