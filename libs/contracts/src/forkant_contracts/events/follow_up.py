"""Events of a follow-up («oppfølging»); the case is their aggregate."""

from typing import ClassVar

from forkant_contracts.envelope import EventData
from forkant_contracts.fields import Day, Identifier
from forkant_contracts.topics import CASE_TOPIC


class FollowUpScheduled(EventData):
    """A follow-up was scheduled."""

    TYPE: ClassVar[str] = "no.forkant.follow-up.scheduled.v1"
    TOPIC: ClassVar[str] = CASE_TOPIC

    follow_up_id: Identifier
    """The follow-up."""
    due_on: Day
    """Day by which it is to be held."""


class FollowUpRescheduled(EventData):
    """The follow-up is due on another day, since its case was on hold; the newest day holds."""

    TYPE: ClassVar[str] = "no.forkant.follow-up.rescheduled.v1"
    TOPIC: ClassVar[str] = CASE_TOPIC

    follow_up_id: Identifier
    """The follow-up."""
    due_on: Day
    """Day by which it is to be held from now on."""


class FollowUpHeld(EventData):
    """A follow-up was held; ``time`` is when."""

    TYPE: ClassVar[str] = "no.forkant.follow-up.held.v1"
    TOPIC: ClassVar[str] = CASE_TOPIC

    follow_up_id: Identifier
    """The follow-up."""
