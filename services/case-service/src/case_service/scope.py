"""What a caller may see, as SQL: the one place that says it. Every statement that reads cases or concerns takes these.

The predicates hold bind parameters that only :meth:`Scope.params` gives, so that a statement run without a scope fails
instead of showing everything.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Boolean, ColumnElement, Text, and_, bindparam, exists, or_

from case_service.domain.standing import TransferState
from case_service.tables import case_departure, concern, preventive_case, transfer

_UNIT: Final = bindparam("scope_unit", type_=Text)
_SEES_RESTRICTED: Final = bindparam("scope_sees_restricted", type_=Boolean)


@dataclass(frozen=True, slots=True)
class Scope:
    """The unit whose cases a caller may see, and whether that holds for restricted ones too."""

    unit: str
    sees_restricted: bool = False

    def params(self) -> dict[str, str | bool]:
        """Return the values of the predicates' bind parameters."""
        return {"scope_unit": self.unit, "scope_sees_restricted": self.sees_restricted}


OWN_CASES: Final[ColumnElement[bool]] = preventive_case.c.unit == _UNIT
"""Cases that the caller's unit holds, restricted or not."""

VISIBLE_CASES: Final[ColumnElement[bool]] = and_(OWN_CASES, or_(~preventive_case.c.restricted, _SEES_RESTRICTED))
"""Cases that the caller may see."""

VISIBLE_CONCERNS: Final[ColumnElement[bool]] = and_(
    concern.c.unit == _UNIT,
    or_(
        _SEES_RESTRICTED,
        ~exists().where(preventive_case.c.id == concern.c.case_id, preventive_case.c.restricted),
    ),
)
"""Concerns that the caller may see; one that became a restricted case is restricted with it."""

OFFERED_CASES: Final[ColumnElement[bool]] = and_(
    ~preventive_case.c.restricted,
    preventive_case.c.erased_at.is_(None),
    exists().where(
        transfer.c.case_id == preventive_case.c.id,
        transfer.c.to_unit == _UNIT,
        transfer.c.state == TransferState.OFFERED.value,
    ),
)
"""Cases that are on offer to the caller's unit: it may answer the offer, and see nothing else of them."""

VISIBLE_TRANSFERS: Final[ColumnElement[bool]] = and_(
    preventive_case.c.erased_at.is_(None),
    or_(~preventive_case.c.restricted, _SEES_RESTRICTED),
    or_(
        transfer.c.from_unit == _UNIT,
        and_(
            transfer.c.to_unit == _UNIT, transfer.c.state == TransferState.OFFERED.value, ~preventive_case.c.restricted
        ),
        and_(transfer.c.to_unit == _UNIT, OWN_CASES),
    ),
)
"""Offers from the caller's unit, open ones to it, and those by which it got a case; joined to their case."""

OWN_DEPARTURES: Final[ColumnElement[bool]] = case_departure.c.unit == _UNIT
"""Cases that left the caller's unit: what is told of them is that they left."""
