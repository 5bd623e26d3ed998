"""What one case or concern contributes to an indicator in a period: its part of the figure's counts."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from indicator_service.aggregation.calendar import Period
from indicator_service.aggregation.cells import Cell
from indicator_service.definitions import Metric, Version
from indicator_service.definitions.metrics import BY_DAY, STOCKS


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """By how much something counts in an indicator's figures; a case with three measures may count three times."""

    numerator: int | None = None
    """Null where the indicator has none: of a duration."""
    denominator: int | None = None
    """Null where the denominator is imported, and so of no case."""
    extra: Mapping[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether it counts at all."""
        return bool(self.numerator or self.denominator or any(self.extra.values()))

    def __add__(self, other: "Contribution") -> "Contribution":
        """Return what both contribute together."""
        return Contribution(
            numerator=_more(self.numerator, other.numerator),
            denominator=_more(self.denominator, other.denominator),
            extra={name: count + other.extra.get(name, 0) for name, count in self.extra.items()},
        )

    def __sub__(self, other: "Contribution") -> "Contribution":
        """Return by how much it differs."""
        return Contribution(
            numerator=_less(self.numerator, other.numerator),
            denominator=_less(self.denominator, other.denominator),
            extra={name: count - other.extra.get(name, 0) for name, count in self.extra.items()},
        )


def _more(left: int | None, right: int | None) -> int | None:
    return None if left is None or right is None else left + right


def _less(left: int | None, right: int | None) -> int | None:
    return None if left is None or right is None else left - right


def metrics_behind(version: Version) -> frozenset[Metric]:
    """Return the cells of an indicator's own parts; none where all of it is imported."""
    named = (version.numerator, version.denominator, version.histogram, *version.extra, *version.overlapping)
    return frozenset(each for each in named if isinstance(each, Metric))


def contribution_of(
    cells: Iterable[tuple[Cell, int]], version: Version, period: Period, *, goals: Collection[str] = ()
) -> Contribution:
    """Return what cells, or changes of cells, contribute to the figures of a period.

    ``goals`` are the metrics of the goals of the unit's plan that are in force on the day that the period counts until.
    """
    counted: Counter[str] = Counter()
    for found, amount in cells:
        cell = found._replace(metric=Metric.ACTIVE_TIED) if found.metric in goals else found
        if _counts(cell, period):
            counted[cell.metric] += amount
    return _read(counted, version)


def _read(counted: Mapping[str, int], version: Version) -> Contribution:
    def of(name: object) -> int | None:
        return counted.get(name, 0) if isinstance(name, Metric) else None

    denominator = of(version.histogram if version.kind == "duration" else version.denominator)
    return Contribution(
        numerator=of(version.numerator),
        denominator=denominator,
        extra={metric.value: counted.get(metric, 0) for metric in (*version.extra, *version.overlapping)},
    )


def _counts(cell: Cell, period: Period) -> bool:
    if cell.month > period.last_month or (cell.month < period.first_month and cell.metric not in STOCKS):
        return False
    return cell.metric not in BY_DAY or date(cell.month.year, cell.month.month, cell.bucket) <= period.counted_until
