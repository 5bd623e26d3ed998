"""What is asked of a row that another system hands over, beyond what opening a case asks: pure, as that is."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from forkant_contracts.units import CASE_UNITS

from case_service.domain.pilots import NO_PILOTS, Pilots
from case_service.domain.refusals import Code, Refusal

RETIRABLE: Final = ("theme", "case_type", "legal_basis")
"""The codes of a new case that the directorate may retire, by the names of their lists."""


class RowCode(StrEnum):
    """What is wrong with a row that no refusal says; beside these stand codes of refusals and of single fields."""

    INVALID_JSON = "invalid-json"
    INVALID_CSV = "invalid-csv"
    ROW_TOO_LARGE = "row-too-large"
    UNIT_REQUIRED = "unit-required"
    REPEATED_REFERENCE = "repeated-reference"


PLACES: Final[Mapping[Code, str]] = MappingProxyType(
    {
        Code.PERSON_NOT_DESCRIBED: "/subject_category",
        Code.NECESSITY_REASON_REQUIRED: "/necessity_reason",
        Code.ABOVE_CLEARANCE: "/level",
        Code.OCCURRED_AT_OUT_OF_RANGE: "/opened_at",
        Code.UNKNOWN_UNIT: "/unit",
        Code.CASE_OF_ANOTHER_UNIT: "/unit",
        Code.UNKNOWN_MUNICIPALITY: "/municipality_number",
        Code.PILOT_NOT_OPEN: "/case_type",
    }
)
"""The place in a row that a refusal is about."""


@dataclass(frozen=True, slots=True, order=True)
class RowError:
    """What is wrong where: the number of the row, from 1; the place in it, a JSON pointer; a stable code. No input."""

    row: int
    place: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What rows are held against, as it stands in the transaction that writes them."""

    municipalities: Collection[str]
    retired: Mapping[str, Mapping[str, date]]
    """From which day each retired code is taken no more, by list and code."""
    pilots: Pilots = NO_PILOTS


def unit_of(named: str | None, *, own: str) -> str | None:
    """Return the unit whose case a row becomes; None where it must name one and does not.

    Whoever belongs to a unit that holds cases hands over that unit's alone; who belongs to none, those of any.

    Raises:
        Refusal: there is no such unit, or it is another than the caller's.
    """
    if named is not None and named not in CASE_UNITS:
        raise Refusal(Code.UNKNOWN_UNIT)
    if own not in CASE_UNITS:
        return named
    if named not in {None, own}:
        raise Refusal(Code.CASE_OF_ANOTHER_UNIT)
    return own


def retired_codes(codes: Mapping[str, str], known: Known, *, day: date) -> list[str]:
    """Return the lists of which a row holds a code that was retired by the day on which its case was opened."""
    return [name for name in RETIRABLE if known.retired.get(name, {}).get(codes[name], date.max) <= day]


def digest_of(reference: str) -> bytes:
    """Return what is kept of a source's reference: enough to know it again."""
    return hashlib.sha256(reference.encode()).digest()
