"""What a caller may see, as SQL: the one place that says it. Every statement that reads for a caller takes these."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Text, Uuid, all_, and_, cast, func, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from notification_service.domain.audiences import SEE_RESTRICTED
from notification_service.domain.happenings import district_of
from notification_service.tables import endpoint, inbox_entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A person with an inbox: the unit and roles of the token, so that a right that ended ends here too."""

    person: str
    unit: str
    roles: frozenset[str]


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
    """Entries of the reader's unit and its parts, for one of the reader's roles, and not of a restricted case."""
    # The list comes from the owner's function: of the table behind it the API is shown nothing.
    restricted = cast(select(func.restricted_cases()).scalar_subquery(), ARRAY(Uuid))
    return and_(
        inbox_entry.c.district == district_of(reader.unit),
        or_(inbox_entry.c.unit == reader.unit, func.starts_with(inbox_entry.c.unit, f"{reader.unit}/")),
        inbox_entry.c.roles.bool_op("&&")(cast(sorted(reader.roles), ARRAY(Text))),
        true() if sees_restricted(reader) else inbox_entry.c.subject_id != all_(restricted),
    )


def visible_endpoints(owner: Owner) -> ColumnElement[bool]:
    """Endpoints of the owner's unit that are not deleted; a service sees its own only."""
    own = true() if owner.subject is None else endpoint.c.owner == owner.subject
    return and_(
        endpoint.c.unit == owner.unit, endpoint.c.national == owner.national, endpoint.c.deleted_at.is_(None), own
    )
