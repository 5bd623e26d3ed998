"""A single figure, an indicator's figures, and what a reader may see of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Required, TypedDict
from uuid import UUID

from indicator_service.aggregation.cited import CitedTarget
from indicator_service.aggregation.imported import Covers, Missing
from indicator_service.definitions import Text


@dataclass(frozen=True, slots=True)
class Figure:
    """One number, or why there is none: it is suppressed, or there is nothing to compute it from."""

    value: int | float | None
    suppressed: bool = False


SUPPRESSED = Figure(None, suppressed=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Imports:
    """What figures take from imports."""

    imports: tuple[UUID, ...] = ()
    """The imports that the figures rest on, see `/v1/aggregate-imports`."""
    covers: Covers | None = None
    """The days that the imported part is about; null where nothing is imported."""
    missing: tuple[Missing, ...] = ()
    """What is not there, so that there is no figure; a figure is never made from a part."""


NO_IMPORTS = Imports()


@dataclass(frozen=True, slots=True, kw_only=True)
class FurtherFigures:
    """A further share of an indicator, which may be about other months than its main one."""

    name: Text
    numerator: Figure
    denominator: Figure
    value: Figure
    imported: Imports


class Values(TypedDict, total=False):
    """What is computed of an indicator; what is left out it does not have."""

    numerator: Required[Figure | None]
    denominator: Required[Figure]
    value: Required[Figure]
    median: Figure
    p90: Figure
    extra: Mapping[str, Figure]
    imported: Imports
    further: Mapping[str, FurtherFigures]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorFigures:
    """One indicator of one unit in one period, with the version of the definition that it follows."""

    number: int
    key: str
    kind: str
    name: Text
    definition_version: int
    measurement_unit: str
    direction: str
    numerator: Figure | None
    denominator: Figure
    value: Figure
    median: Figure | None = None
    p90: Figure | None = None
    minimum_n: int
    extra: Mapping[str, Figure] = field(default_factory=dict)
    counted: bool = True
    """False for as long as what was known before it was defined is being counted: there is no figure yet."""
    imported: Imports = NO_IMPORTS
    further: Mapping[str, FurtherFigures] = field(default_factory=dict)
    target: CitedTarget | None = None
    """The target that was in force, where there was one."""
    prioritised: bool = False
    """Whether the unit or the directorate gives the indicator priority."""
    settled_on: date | None = None
    """Since which day a figure that the reader is not shown exactly stands as it is: fewer than five of what is counted
    with it have changed since, or it came out the same. Null for an exact figure, which is as of now, for a hidden one,
    and where the day was not kept yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What the reader may see of one indicator; the parts are hidden whenever their total is."""

    exact: bool
    total_hidden: bool
    parts_hidden: bool
    overlapping_hidden: bool = False

    def total(self, count: int) -> Figure:
        """Show or hide a total that parts add up to."""
        return SUPPRESSED if self.total_hidden else Figure(count)

    def part(self, count: int) -> Figure:
        """Show or hide a part of a total."""
        return SUPPRESSED if self.parts_hidden else Figure(count)

    def overlapping(self, count: int) -> Figure:
        """Show or hide one of the parts that may overlap."""
        return SUPPRESSED if self.parts_hidden or self.overlapping_hidden else Figure(count)

    def derived(self, value: float | None, *, observed: int, minimum: int) -> Figure:
        """Show or hide what is computed from the parts, which also needs enough that was observed."""
        too_few = not self.exact and 0 < observed < minimum
        return SUPPRESSED if self.parts_hidden or too_few else Figure(value)


UNHIDDEN: Final = View(exact=True, total_hidden=False, parts_hidden=False)
"""The view of somebody who may see every figure."""
