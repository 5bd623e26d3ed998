"""What a caller may see, as SQL: the one place that says it. Every statement that reads for a caller takes these."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Text, Uuid, all_, and_, case, cast, false, func, literal, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from notification_service.domain.audiences import ABOUT_NOBODY, SEE_RESTRICTED, Needs
from notification_service.domain.happenings import district_of
from notification_service.tables import delivery, demand, endpoint, inbox_entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What the case service says a person may see, of the cases and concerns that were asked about; else nothing."""

    now: frozenset[UUID] = frozenset()
    former: frozenset[UUID] = frozenset()

    @property
    def ever(self) -> frozenset[UUID]:
        """What they may see, or once could, or are asked about."""
        return self.now | self.former

    def shows(self, needs: str, subject_id: UUID) -> bool:
        """Whether a message with these needs about this case or concern is theirs to read."""
        match needs:
            case Needs.NOW:
                return subject_id in self.now
            case Needs.EVER:
                return subject_id in self.now or subject_id in self.former
            case Needs.ROLE:
                return True
        return False


NOTHING: Final = Sight()
"""Sight of whom nobody asked for: messages show that need a role alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A person with an inbox: the unit and roles of the token, so that a right that ended ends here too.

    ``sight`` says what the person may see of the cases that their messages are about.
    """

    person: str
    unit: str
    roles: frozenset[str]
    sight: Sight = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who has endpoints: a unit, or one service of it when ``subject`` is set; ``national`` may know of every unit."""

    unit: str
    national: bool
    subject: str | None


def sees_restricted(reader: Reader) -> bool:
    """Whether the reader still sees messages about a case while access to it is restricted."""
    return not reader.roles.isdisjoint(role.value for role in SEE_RESTRICTED)


def visible_entries(reader: Reader) -> ColumnElement[bool]:
    """Entries of the reader's unit and its parts, for one of the reader's roles, of cases that the reader may see.

    None of a restricted case for those who do not see these: that is known here as soon as its event came.
    """
    # The list comes from the owner's function: of the table behind it the API is shown nothing.
    restricted = cast(select(func.restricted_cases()).scalar_subquery(), ARRAY(Uuid))
    return and_(
        inbox_entry.c.district == district_of(reader.unit),
        or_(inbox_entry.c.unit == reader.unit, func.starts_with(inbox_entry.c.unit, f"{reader.unit}/")),
        inbox_entry.c.roles.bool_op("&&")(cast(sorted(reader.roles), ARRAY(Text))),
        _in_sight(reader.sight, inbox_entry.c),
        true() if sees_restricted(reader) else inbox_entry.c.subject_id != all_(restricted),
    )


def _in_sight(sight: Sight, of: Any) -> ColumnElement[bool]:
    return case(
        (of.needs == Needs.ROLE.value, true()),
        (of.needs == Needs.NOW.value, _about(sight.now, of)),
        (of.needs == Needs.EVER.value, _about(sight.ever, of)),
        else_=false(),
    )


def _about(ids: Iterable[UUID], of: Any) -> ColumnElement[Any]:
    subject_id: ColumnElement[Any] = of.subject_id
    return subject_id == func.any(literal(sorted(ids), ARRAY(Uuid)))


def visible_demands(reader: Reader) -> ColumnElement[bool]:
    """What must be acknowledged in the reader's unit and its parts, about cases that the reader may see.

    For those alone who lead it or answer for its cases: the same roles that see its restricted cases.
    """
    if not sees_restricted(reader):
        return false()
    in_unit = or_(demand.c.unit == reader.unit, func.starts_with(demand.c.unit, f"{reader.unit}/"))
    return and_(demand.c.district == district_of(reader.unit), in_unit, _in_sight(reader.sight, demand.c))


def visible_endpoints(owner: Owner) -> ColumnElement[bool]:
    """Endpoints of the owner's unit that are not deleted; a service sees its own only."""
    own = true() if owner.subject is None else endpoint.c.owner == owner.subject
    return and_(
        endpoint.c.unit == owner.unit, endpoint.c.national == owner.national, endpoint.c.deleted_at.is_(None), own
    )


def told_of_delivery(owner: Owner, sight: Sight) -> ColumnElement[bool]:
    """Deliveries of which the caller may know what they are about.

    A service is told by unit, as its endpoint is: it is a member of nothing. A person knows of the cases and concerns
    that they may see now. A ping is about neither, and neither is what is about nobody.
    """
    if owner.subject is not None:
        return true()
    subject = delivery.c.subject_id
    about_nobody = delivery.c.event_type.in_(sorted(ABOUT_NOBODY))
    return or_(subject.is_(None), about_nobody, subject == func.any(literal(sorted(sight.now), ARRAY(Uuid))))
