"""Police units: twelve districts, five special bodies and the directorate.

Unit ids are stable slugs. Population figures are assumptions for planning, not statistics. The list is of the units
that this release was built with. A reorganisation ends some and establishes others: ``unit.changed`` tells of it, and
the case service's ``/v1/units`` lists them. So an id that is not here is no error to a reader: see :func:`holds_cases`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class UnitKind(StrEnum):
    """What a unit is."""

    DISTRICT = "district"
    SPECIAL_BODY = "special_body"
    DIRECTORATE = "directorate"


@dataclass(frozen=True, slots=True)
class Unit:
    """One police unit; ``population_thousands`` is an assumption and stands only on districts."""

    id: str
    kind: UnitKind
    name_nb: str
    name_nn: str
    name_en: str
    population_thousands: int | None = None


def _district(unit_id: str, name: str, thousands: int) -> Unit:
    norwegian = f"{name} politidistrikt"
    return Unit(unit_id, UnitKind.DISTRICT, norwegian, norwegian, f"{name} Police District", thousands)


def _body(unit_id: str, name_nb: str, name_nn: str, name_en: str) -> Unit:
    return Unit(unit_id, UnitKind.SPECIAL_BODY, name_nb, name_nn, name_en)


DIRECTORATE: Final = "pod"

UNITS: Final[dict[str, Unit]] = {
    unit.id: unit
    for unit in (
        _district("oslo", "Oslo", 945),
        _district("ost", "Øst", 780),
        _district("innlandet", "Innlandet", 385),
        _district("sor-ost", "Sør-Øst", 710),
        _district("agder", "Agder", 315),
        _district("sor-vest", "Sør-Vest", 545),
        _district("vest", "Vest", 605),
        _district("more-og-romsdal", "Møre og Romsdal", 270),
        _district("trondelag", "Trøndelag", 480),
        _district("nordland", "Nordland", 243),
        _district("troms", "Troms", 170),
        _district("finnmark", "Finnmark", 75),
        _body("kripos", "Kripos", "Kripos", "National Criminal Investigation Service"),
        _body("okokrim", "Økokrim", "Økokrim", "National Authority for Economic and Environmental Crime"),
        _body("up", "Utrykningspolitiet", "Utrykkingspolitiet", "National Mobile Police Service"),
        _body("pu", "Politiets utlendingsenhet", "Politiets utlendingseining", "National Police Immigration Service"),
        _body("phs", "Politihøgskolen", "Politihøgskulen", "Police University College"),
        Unit(
            DIRECTORATE, UnitKind.DIRECTORATE, "Politidirektoratet", "Politidirektoratet", "National Police Directorate"
        ),
    )
}
"""All units by id."""

CASE_UNITS: Final[tuple[str, ...]] = tuple(u.id for u in UNITS.values() if u.kind is not UnitKind.DIRECTORATE)
"""The 17 units that hold cases: 12 districts and 5 special bodies."""


def holds_cases(unit: str) -> bool:
    """Return whether a unit's cases count: it is one of the 17, or was established since this release."""
    return unit in CASE_UNITS or unit not in UNITS
