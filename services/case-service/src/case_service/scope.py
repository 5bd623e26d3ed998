"""What a caller may see, as SQL: the one place that says it. Every statement that reads cases or concerns takes these.

They hold on exactly the cases for which :func:`forkant_kit.access.decision.decide` allows the action; a test compares
them. The predicates hold bind parameters that only :meth:`Scope.params` gives, so that a statement run without a scope
fails instead of showing everything. Each says what is seen, none what is not: a row that nothing speaks for stays out.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Self

from forkant_kit.access.grants import BREAK_GLASS_LASTS, GrantKind
from forkant_kit.access.schema import access_grant, access_substitution
from sqlalchemy import Boolean, ColumnElement, Integer, Select, Text, and_, bindparam, exists, func, or_, select
from sqlalchemy.dialects.postgresql import TIMESTAMP

from case_service.domain.levels import Level
from case_service.domain.standing import TransferState
from case_service.tables import case_departure, concern, preventive_case, transfer

NOBODY_NEEDS_MEMBERSHIP: Final = max(Level) + 1
"""The lowest level from which membership is needed, for those who never need it."""

_UNIT: Final = bindparam("scope_unit", type_=Text)
_SUBJECT: Final = bindparam("scope_subject", type_=Text)
_CLEARANCE: Final = bindparam("scope_clearance", type_=Integer)
_SEES_RESTRICTED: Final = bindparam("scope_sees_restricted", type_=Boolean)
_MEMBERS_FROM: Final = bindparam("scope_members_from", type_=Integer)
_BROKEN_GLASS: Final = bindparam("scope_broken_glass", type_=Boolean)
_PURPOSE: Final = bindparam("scope_purpose", type_=Text)
_AT: Final = bindparam("scope_at", type_=TIMESTAMP(timezone=True))

_c: Final = preventive_case.c
_g: Final = access_grant.c
_s: Final = access_substitution.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """How far one action of one caller reaches.

    Attributes:
        unit: whose cases.
        subject: whose memberships.
        clearance: the highest level that the caller may see.
        at: the moment at which memberships must hold.
        members_from: the lowest level at which the caller must be a member of a case of the unit.
        sees_restricted: whether that holds for restricted cases too.
        broken_glass: whether the caller's broken glass opens the action.
        purpose: the purpose that the caller states, which must be the case's; None acts for each case's own.
    """

    unit: str
    subject: str
    clearance: int
    at: datetime
    members_from: int = 0
    sees_restricted: bool = False
    broken_glass: bool = False
    purpose: str | None = None

    @property
    def members_only(self) -> bool:
        """Whether no case of the unit is seen without a grant on it."""
        return self.members_from <= min(Level)

    def params(self) -> dict[str, Any]:
        """Return the values of the predicates' bind parameters."""
        return {
            "scope_unit": self.unit,
            "scope_subject": self.subject,
            "scope_clearance": self.clearance,
            "scope_sees_restricted": self.sees_restricted,
            "scope_members_from": self.members_from,
            "scope_broken_glass": self.broken_glass,
            "scope_at": self.at,
            "scope_purpose": self.purpose,
        }

    def without_broken_glass(self) -> Self:
        """Return the scope of lists: broken glass shows one case to who asks for it by its id."""
        return replace(self, broken_glass=False)


def _among(column: ColumnElement[Any], ids: Select[Any]) -> ColumnElement[bool]:
    # An array is read once for a statement, and its ids are found by an index, however many rows the table has. To look
    # each row up in it would take the square of its length.
    return column == func.any(func.array(ids.scalar_subquery()))


def _one_of(column: ColumnElement[Any], ids: Select[Any]) -> ColumnElement[bool]:
    # Looked up by an index for few rows, and in a table of hashes for many.
    return ids.where(_g.object_id == column).exists()


def _holds(row: Any) -> ColumnElement[bool]:
    return and_(row.valid_from <= _AT, or_(row.valid_to.is_(None), row.valid_to > _AT))


_MEMBER: Final = _g.kind == GrantKind.MEMBER.value
# Whose memberships somebody gets is for their own unit to say.
_ABSENT: Final = select(_s.absent).where(_s.substitute == _SUBJECT, _s.unit == _UNIT, _holds(_s))


def of_the_caller(person: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition that a person is the caller, or somebody whom they stand in for."""
    return or_(person == _SUBJECT, person.in_(_ABSENT))


_MINE: Final = select(_g.object_id).where(_g.subject == _SUBJECT, _MEMBER, _holds(_g))
_STOOD_IN_FOR: Final = select(_g.object_id).where(_g.subject.in_(_ABSENT), _MEMBER, _holds(_g))
_EVER_MINE: Final = select(_g.object_id).where(_g.subject == _SUBJECT, _g.kind != GrantKind.BREAK_GLASS.value)
_GIVEN: Final = select(_g.object_id).where(
    _g.subject == _SUBJECT,
    _holds(_g),
    or_(
        _g.kind == GrantKind.ACCESS.value,
        and_(_BROKEN_GLASS, _g.kind == GrantKind.BREAK_GLASS.value, _g.valid_from > _AT - BREAK_GLASS_LASTS),
    ),
)

MEMBER_OF: Final[ColumnElement[bool]] = or_(_one_of(_c.id, _MINE), _one_of(_c.id, _STOOD_IN_FOR))
"""Cases that the caller is a member of, or stands in for one."""

GIVEN_CASES: Final[ColumnElement[bool]] = _one_of(_c.id, _GIVEN)
"""Cases that the caller was given access to for a time, in whichever unit."""

GRANTED_IDS: Final[ColumnElement[bool]] = or_(_among(_c.id, _MINE), _among(_c.id, _STOOD_IN_FOR), _among(_c.id, _GIVEN))
"""The cases of :data:`MEMBER_OF` and :data:`GIVEN_CASES`, for an index to find; beside other conditions alone."""

_OF_PURPOSE: Final = or_(_PURPOSE.is_(None), _c.purpose_code == _PURPOSE)
_CLEARED: Final = and_(
    _c.level <= _CLEARANCE,
    or_(~_c.restricted, _SEES_RESTRICTED),
    _OF_PURPOSE,
)

OWN_CASES: Final[ColumnElement[bool]] = _c.unit == _UNIT
"""Cases that the caller's unit holds, whoever may see them."""

UNIT_CASES: Final[ColumnElement[bool]] = and_(
    OWN_CASES, _CLEARED, or_(_c.level < _MEMBERS_FROM, MEMBER_OF, GIVEN_CASES)
)
"""Cases of the caller's unit that the caller may see."""

CASES_FROM_ELSEWHERE: Final[ColumnElement[bool]] = and_(_c.unit != _UNIT, _CLEARED, GIVEN_CASES)
"""Cases of other units that the caller may see."""

VISIBLE_CASES: Final[ColumnElement[bool]] = and_(
    _CLEARED, or_(and_(OWN_CASES, or_(_c.level < _MEMBERS_FROM, MEMBER_OF)), GIVEN_CASES)
)
"""Cases that the caller may see."""

KNOWN_CASES: Final[ColumnElement[bool]] = and_(
    OWN_CASES,
    _OF_PURPOSE,
    or_(and_(_c.lowest_level <= _CLEARANCE, _c.lowest_level < _MEMBERS_FROM), _among(_c.id, _EVER_MINE)),
)
"""Cases of the caller's unit that the caller may see or once could: that they are gone is told of these alone."""

KNOWN_TO_MEMBERS: Final[ColumnElement[bool]] = _among(_c.id, _EVER_MINE)
"""What :data:`KNOWN_CASES` asks of a caller who sees cases as a member only."""

VISIBLE_CONCERNS: Final[ColumnElement[bool]] = and_(
    concern.c.unit == _UNIT,
    or_(_SEES_RESTRICTED, ~exists().where(_c.id == concern.c.case_id, _c.restricted)),
)
"""Concerns that the caller may see; one that became a restricted case is restricted with it."""

OFFERED_CASES: Final[ColumnElement[bool]] = and_(
    ~_c.restricted,
    _c.erased_at.is_(None),
    _c.level <= _CLEARANCE,
    exists().where(
        transfer.c.case_id == _c.id,
        transfer.c.to_unit == _UNIT,
        transfer.c.state == TransferState.OFFERED.value,
    ),
)
"""Cases that are on offer to the caller's unit: it may answer the offer, and see nothing else of them."""

VISIBLE_TRANSFERS: Final[ColumnElement[bool]] = and_(
    _c.erased_at.is_(None),
    or_(
        and_(transfer.c.from_unit == _UNIT, VISIBLE_CASES),
        and_(
            transfer.c.to_unit == _UNIT,
            transfer.c.state == TransferState.OFFERED.value,
            ~_c.restricted,
            _c.level <= _CLEARANCE,
        ),
        and_(transfer.c.to_unit == _UNIT, VISIBLE_CASES),
    ),
)
"""Offers of cases that the caller may see, and open ones to the caller's unit; joined to their case."""

OWN_DEPARTURES: Final[ColumnElement[bool]] = and_(
    case_departure.c.unit == _UNIT,
    or_(
        and_(case_departure.c.lowest_level <= _CLEARANCE, case_departure.c.lowest_level < _MEMBERS_FROM),
        _among(case_departure.c.case_id, _EVER_MINE),
    ),
)
"""Cases that the caller could see and that left the unit: what is told of them is that they left."""
