"""What ties a person to one object for a time: membership, access from outside, break-glass, standing in for another.

Times are half-open: a grant holds from `valid_from`, and no longer at `valid_to`. To revoke one is to set `valid_to`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

BREAK_GLASS_LASTS: Final = timedelta(minutes=30)
"""The longest that broken glass stays open (the platform's rule on emergency access)."""


class GrantKind(StrEnum):
    """How a grant ties its holder to the object."""

    MEMBER = "member"
    ACCESS = "access"
    BREAK_GLASS = "break_glass"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A tie of one person to one object.

    A member has the official need; unit, role, clearance and the rest must hold besides. Access is for a time and also
    crosses units. Break-glass does too, for at most 30 minutes and for actions that are open to it. No grant gives a
    role, clearance, a purpose, or sight of what is restricted.

    Attributes:
        valid_to: the end; only a member may be one until further notice.
        reason: why, as a code or a few words that name nobody; only membership may come without.

    Raises:
        ValueError: a time has no zone, the end is missing, too late or before the start, or the reason is missing.
    """

    kind: GrantKind
    subject: str
    object_id: UUID
    valid_from: datetime
    valid_to: datetime | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        """Refuse what the table of grants would refuse."""
        _check_times(self.valid_from, self.valid_to)
        if self.kind is GrantKind.MEMBER:
            return
        if self.valid_to is None:
            raise ValueError(f"{self.kind} needs an end: set valid_to")
        if not self.reason.strip():
            raise ValueError(f"{self.kind} needs a reason")
        if self.kind is GrantKind.BREAK_GLASS and self.valid_to - self.valid_from > BREAK_GLASS_LASTS:
            raise ValueError(f"break-glass lasts {BREAK_GLASS_LASTS} at most: set valid_to earlier")

    def holds(self, at: datetime) -> bool:
        """Whether the grant holds at a moment."""
        return self.valid_from <= at and not self.is_over(at)

    def is_over(self, at: datetime) -> bool:
        """Whether the grant has ended by a moment."""
        return self.valid_to is not None and self.valid_to <= at


@dataclass(frozen=True, slots=True, kw_only=True)
class Substitution:
    """One person stands in for another who is on leave: has the other's memberships meanwhile, and nothing else.

    It is not passed on: who stands in for a substitute doesn't get what the substitute got.

    Raises:
        ValueError: a time has no zone, the end is before the start, or somebody would stand in for themselves.
    """

    absent: str
    substitute: str
    valid_from: datetime
    valid_to: datetime

    def __post_init__(self) -> None:
        """Refuse what the table of substitutions would refuse."""
        _check_times(self.valid_from, self.valid_to)
        if self.absent == self.substitute:
            raise ValueError("nobody stands in for themselves: name another substitute")

    def holds(self, at: datetime) -> bool:
        """Whether the substitution holds at a moment."""
        return self.valid_from <= at < self.valid_to


@dataclass(frozen=True, slots=True, kw_only=True)
class Ties:
    """What ties one person to one object at one moment; `lapsed` says that some grant did and is over."""

    member: bool = False
    substitute: bool = False
    access: bool = False
    break_glass: bool = False
    lapsed: bool = False


def ties(
    *,
    subject: str,
    object_id: UUID,
    at: datetime,
    grants: Iterable[Grant],
    substitutions: Iterable[Substitution],
) -> Ties:
    """Return what ties a person to an object; grants of others and on other objects are passed over."""
    on_object = [grant for grant in grants if grant.object_id == object_id]
    own = [grant for grant in on_object if grant.subject == subject]
    held = {grant.kind for grant in own if grant.holds(at)}
    absent = {s.absent for s in substitutions if s.substitute == subject and s.holds(at)}
    return Ties(
        member=GrantKind.MEMBER in held,
        substitute=any(g.kind is GrantKind.MEMBER and g.subject in absent and g.holds(at) for g in on_object),
        access=GrantKind.ACCESS in held,
        break_glass=GrantKind.BREAK_GLASS in held,
        lapsed=any(grant.is_over(at) for grant in own),
    )


def _check_times(valid_from: datetime, valid_to: datetime | None) -> None:
    if valid_from.utcoffset() is None or (valid_to is not None and valid_to.utcoffset() is None):
        raise ValueError("a time needs a zone: give aware datetimes")
    if valid_to is not None and valid_to < valid_from:
        raise ValueError("valid_to is before valid_from")
