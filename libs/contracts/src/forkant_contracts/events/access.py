"""Events of emergency access to cases; the review of it is their aggregate, and ``unit`` the unit that holds the case.

They say which case was looked into and why, not by whom: that stands in the audit trail and in the review.
"""

from typing import ClassVar

from forkant_contracts.codes import AccessVerdict, BreakGlassReason
from forkant_contracts.envelope import EventData
from forkant_contracts.fields import Day, Identifier, Level, UnitId
from forkant_contracts.topics import ACCESS_TOPIC


class AccessEvent(EventData):
    """Base of the events of emergency access."""

    TOPIC: ClassVar[str] = ACCESS_TOPIC

    case_id: Identifier
    """The case that was looked into."""


class AccessGlassBroken(AccessEvent):
    """Somebody who is no member of the case opened it for reading, for half an hour at most."""

    TYPE: ClassVar[str] = "no.forkant.access.glass-broken.v1"

    reason: BreakGlassReason
    """Why."""
    by_unit: UnitId
    """Unit of who did it."""


class AccessReviewed(AccessEvent):
    """Somebody else looked at whether it was justified."""

    TYPE: ClassVar[str] = "no.forkant.access.reviewed.v1"

    verdict: AccessVerdict
    """What the review came to."""


class AccessReviewOverdue(AccessEvent):
    """Nobody has looked at it by the due day; sent once for each level."""

    TYPE: ClassVar[str] = "no.forkant.access.review-overdue.v1"

    due_on: Day
    """Day by which it was to be reviewed."""
    escalation_level: Level
    """1: to those who are to review it; 2, a week later: to the privacy officers of the directorate too."""
