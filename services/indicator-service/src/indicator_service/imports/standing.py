"""What stands of everything that was imported: of each unit and period the row of the newest import that has one.

A row stands or falls whole, so that no part is ever set against the whole of another import.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from indicator_service.aggregation.tally import Imported, Known
from indicator_service.definitions.series import FORM_OF, ImportKind, Series


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of one import."""

    import_id: UUID
    unit: str
    series: Series
    start: date
    amount: int


Place = tuple[ImportKind, str, date]
"""What one row is of: a kind, a unit, and the first day of a period."""


def newest(lines: Iterable[Line]) -> dict[Place, UUID]:
    """Return the import whose row stands, of lines in the order of their imports."""
    return {(FORM_OF[line.series].kind, line.unit, line.start): line.import_id for line in lines}


def standing(lines: Iterable[Line]) -> dict[str, Imported]:
    """Return what stands by unit, of lines in the order of their imports."""
    every = tuple(lines)
    stands = newest(every)
    found: dict[str, dict[tuple[Series, date], Known]] = {}
    for line in every:
        if stands[FORM_OF[line.series].kind, line.unit, line.start] == line.import_id:
            known = Known(line.amount, line.import_id)
            found.setdefault(line.unit, {})[line.series, line.start] = known
    return dict(found)
