"""What an answer says of the structure of units that its figures are in."""

from collections.abc import Iterable
from typing import Any

from indicator_service.aggregation.calendar import Period
from indicator_service.aggregation.structure import NOW, THEN, Structure
from indicator_service.aggregation.tally import NATIONAL
from indicator_service.api.models import StructureDocument, UnitInStructure


def document_of(structure: Structure, units: Iterable[str], period: Period) -> StructureDocument:
    """Write a structure, with the units of an answer about a period."""
    every = tuple(_unit(structure, unit, period) for unit in units if unit != NATIONAL)
    return StructureDocument(asked=name_of(structure, period), day=structure.day, units=every)


def name_of(structure: Structure, period: Period) -> str:
    """Return the name that a structure is asked for by."""
    if structure.day is None:
        return THEN
    return NOW if structure.day == period.asked_on else structure.day.isoformat()


def columns_of(structure: Structure, unit: str, period: Period) -> dict[str, Any]:
    """Return what a row of a table says of its unit."""
    known = structure.register.units.get(unit)
    return {
        "structure": THEN if structure.day is None else structure.day.isoformat(),
        "unit_valid_from": known.valid_from if known else None,
        "unit_valid_until": known.valid_until if known else None,
        "unit_told": unit == NATIONAL or structure.told(unit, period),
    }


def _unit(structure: Structure, unit: str, period: Period) -> UnitInStructure:
    known = structure.register.units.get(unit)
    days = (None, None) if known is None else (known.valid_from, known.valid_until)
    return UnitInStructure(
        id=unit,
        valid_from=days[0],
        valid_until=days[1],
        predecessors=() if known is None else known.predecessors,
        successors=() if known is None else known.successors,
        told_together=structure.members(unit),
        told=structure.told(unit, period),
    )
