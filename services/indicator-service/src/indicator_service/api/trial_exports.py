"""A closed trial as everybody may have it: its figures rounded and suppressed alike whoever asks, and explained."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, Literal
from uuid import UUID

from forkant_kit.table_forms import Kind, TableColumn

from indicator_service.api.comparison_texts import LIMITS_OF_TRIALS
from indicator_service.api.models import Document
from indicator_service.api.tables import LICENSE
from indicator_service.definitions import Indicator, Text
from indicator_service.steering.trial_rules import (
    ROUNDED_TO,
    SMALLEST_PUBLISHED,
    Finding,
    Recommendation,
    Reservation,
    published,
    spells,
)
from indicator_service.steering.trial_store import Frozen, Trial

SUPPRESSION: Final = (
    f"Counts are rounded to the nearest {ROUNDED_TO}, shares to the nearest percent. What fewer than "
    f"{SMALLEST_PUBLISHED} had, or fewer had not, is left out with its share, and the difference with it."
)
"""The rule by which figures are hidden and rounded; the same for every reader."""
_COLUMNS: Final = (
    ("trial", Kind.TEXT),
    ("row", Kind.TEXT),
    ("unit", Kind.TEXT),
    ("first_month", Kind.DAY),
    ("last_month", Kind.DAY),
    ("indicator", Kind.INTEGER),
    ("key", Kind.TEXT),
    ("definition_version", Kind.INTEGER),
    ("definition", Kind.TEXT),
    ("measurement_unit", Kind.TEXT),
    ("numerator", Kind.NUMBER),
    ("denominator", Kind.NUMBER),
    ("value", Kind.NUMBER),
    ("low", Kind.NUMBER),
    ("high", Kind.NUMBER),
    ("suppressed", Kind.BOOLEAN),
    ("expected", Kind.NUMBER),
    ("direction", Kind.TEXT),
    ("partners", Kind.TEXT),
    ("finding", Kind.TEXT),
    ("recommendation", Kind.TEXT),
    ("reservations", Kind.TEXT),
    ("frozen_at", Kind.MOMENT),
    ("suppression", Kind.TEXT),
    ("license", Kind.TEXT),
)
COLUMNS: Final = tuple(TableColumn(name, kind) for name, kind in _COLUMNS)
"""What a row says; each says all of what it needs to be understood without the others."""


class ExportedRow(Document):
    """One side of the comparison, or the difference of the changes."""

    row: Literal["before", "after", "difference"]
    unit: str
    """The unit; of the difference, the one that tried."""
    first_month: date | None
    last_month: date | None
    numerator: int | None
    denominator: int | None
    value: float | None
    """The share or the median; of the difference, the change of the unit less the one of the comparison unit."""
    low: float | None
    """Where the 95 % interval of the difference of shares begins."""
    high: float | None
    suppressed: bool


class ExportedDefinition(Document):
    """What the indicator counts, by the version that the figures follow."""

    indicator: int
    key: str
    version: int
    kind: str
    measurement_unit: str
    direction: str
    name: Text
    description: Text
    numerator_text: Text | None
    denominator_text: Text


class TrialExport(Document):
    """A closed trial, to be handed on."""

    trial: UUID
    unit: str
    comparison_unit: str
    direction: str
    expected: float
    partners: tuple[str, ...]
    finding: Finding
    recommendation: Recommendation
    reservations: tuple[Reservation, ...]
    definition: ExportedDefinition
    suppression: str
    """How figures are hidden and rounded; alike for every reader."""
    license: str
    frozen_at: datetime
    """The moment that the figures are of."""
    rows: tuple[ExportedRow, ...]
    does_not_show: dict[str, tuple[str, ...]]
    """What the figures do not show, in plain words, by language."""


def export_of(trial: Trial, frozen: Frozen, indicator: Indicator) -> TrialExport:
    """Return a closed trial as everybody may have it.

    Raises:
        ValueError: it has no conclusion, which no closed trial lacks.
    """
    hypothesis, conclusion = trial.hypothesis, trial.conclusion
    if conclusion is None:
        raise ValueError("a closed trial has a conclusion")
    version = next(each for each in indicator.versions if each.version == frozen.definition_version)
    return TrialExport(
        trial=trial.id,
        unit=hypothesis.unit,
        comparison_unit=hypothesis.comparison_unit,
        direction=hypothesis.direction,
        expected=hypothesis.expected,
        partners=hypothesis.partners,
        finding=conclusion.finding,
        recommendation=conclusion.recommendation,
        reservations=conclusion.reservations,
        definition=ExportedDefinition(
            indicator=indicator.number,
            key=indicator.key,
            version=version.version,
            kind=version.kind,
            measurement_unit=version.measurement_unit,
            direction=version.direction,
            name=version.name,
            description=version.description,
            numerator_text=version.numerator_text,
            denominator_text=version.denominator_text,
        ),
        suppression=SUPPRESSION,
        license=LICENSE,
        frozen_at=frozen.frozen_at,
        rows=tuple(_rows(trial, frozen)),
        does_not_show=LIMITS_OF_TRIALS,
    )


def table_of(export: TrialExport) -> Sequence[Mapping[str, Any]]:
    """Return the rows of an export as a table, each with what it needs to be understood alone."""
    definition = export.definition
    about = {
        "trial": str(export.trial),
        "indicator": definition.indicator,
        "key": definition.key,
        "definition_version": definition.version,
        "definition": definition.description.en,
        "measurement_unit": definition.measurement_unit,
        "expected": export.expected,
        "direction": export.direction,
        "partners": " ".join(export.partners),
        "finding": export.finding.value,
        "recommendation": export.recommendation.value,
        "reservations": " ".join(each.value for each in export.reservations),
        "frozen_at": export.frozen_at,
        "suppression": export.suppression,
        "license": export.license,
    }
    return [{**about, **row.model_dump()} for row in export.rows]


def _rows(trial: Trial, frozen: Frozen) -> Sequence[ExportedRow]:
    hypothesis, found = trial.hypothesis, published(frozen.compared)
    before, after = spells(hypothesis, today=hypothesis.last_day)
    units = (hypothesis.unit, hypothesis.unit, hypothesis.comparison_unit, hypothesis.comparison_unit)
    names: tuple[Literal["before", "after"], ...] = ("before", "after", "before", "after")
    rows = [
        ExportedRow(
            row=name,
            unit=unit,
            first_month=None if spell is None else spell.first,
            last_month=None if spell is None else spell.last,
            numerator=side.numerator,
            denominator=side.denominator,
            value=side.value,
            low=None,
            high=None,
            suppressed=side.suppressed,
        )
        for name, unit, spell, side in zip(names, units, (before, after) * 2, found.sides, strict=True)
    ]
    difference = ExportedRow(
        row="difference",
        unit=hypothesis.unit,
        first_month=None,
        last_month=None,
        numerator=None,
        denominator=None,
        value=found.difference,
        low=None if found.interval is None else found.interval.low,
        high=None if found.interval is None else found.interval.high,
        suppressed=found.suppressed,
    )
    return [*rows, difference]
