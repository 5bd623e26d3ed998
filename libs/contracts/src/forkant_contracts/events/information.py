"""Events of information that is registered on a case («opplysning»); the case is their aggregate.

Purpose and relevance must be clarified within four months. What the information says, where it comes from and whether
it is of a special category never leaves the case service.
"""

from typing import ClassVar

from forkant_contracts.codes import ClarificationOutcome, StatementType, VerificationStatus
from forkant_contracts.envelope import EventData
from forkant_contracts.fields import Day, Identifier
from forkant_contracts.topics import CASE_TOPIC


class InformationEvent(EventData):
    """Base of the information events."""

    TOPIC: ClassVar[str] = CASE_TOPIC

    information_id: Identifier
    """The piece of information."""


class InformationRegistered(InformationEvent):
    """Information was registered whose purpose and relevance are not clarified yet."""

    TYPE: ClassVar[str] = "no.forkant.information.registered.v1"

    statement_type: StatementType
    """Fact or assessment."""
    verification_status: VerificationStatus
    """Whether it was verified when it was registered."""
    clarification_deadline: Day
    """Last day for clarifying it, four months after registration; access is restricted from the day after."""


class InformationClarified(InformationEvent):
    """Purpose and relevance of information were clarified; ``time`` is when."""

    TYPE: ClassVar[str] = "no.forkant.information.clarified.v1"

    outcome: ClarificationOutcome
    """What came of it."""
    verification_status: VerificationStatus
    """Whether it is verified now."""
    clarification_deadline: Day
    """The last day that it had, so that a receiver can tell whether it came in time."""


class InformationDeadlineNear(InformationEvent):
    """Information is still not clarified 90 days after it was registered; sent once."""

    TYPE: ClassVar[str] = "no.forkant.information.deadline-near.v1"

    clarification_deadline: Day
    """Last day for clarifying it."""


class InformationRestricted(InformationEvent):
    """Information was not clarified by its last day, and access to it is restricted until it is; sent once."""

    TYPE: ClassVar[str] = "no.forkant.information.restricted.v1"

    clarification_deadline: Day
    """The last day that it had."""
