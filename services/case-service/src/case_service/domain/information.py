"""Information registered on a case («opplysning»): its source, its proof, until when it may be unclear.

Facts are kept apart from assessments, and each says who it is about, where it comes from and how reliable that is
(Law Enforcement Directive, art. 6 and 7). Purpose and relevance are clarified within four months, or access is
restricted. The codes of sources and their reliability, and that what is not relevant or not correct is restricted
rather than erased at once, are assumptions that a lawyer must confirm.
"""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from forkant_contracts.codes import ClarificationOutcome

from case_service.domain.moments import CLARIFICATION_MONTHS, add_months, local_day

WARNED_AFTER: Final = timedelta(days=90)
"""How long after registration those who work on the case are warned that information is not clarified yet."""


class InformationState(StrEnum):
    """Where a piece of information stands."""

    REGISTERED = "registered"
    CLARIFIED = "clarified"


class InformationSource(StrEnum):
    """Where information comes from."""

    OWN_OBSERVATION = "own_observation"
    POLICE_REGISTER = "police_register"
    SUBJECT = "subject"
    GUARDIAN = "guardian"
    PARTNER = "partner"
    WITNESS = "witness"
    OPEN_SOURCE = "open_source"
    INTELLIGENCE = "intelligence"


class SourceReliability(StrEnum):
    """How far the source of information is to be relied on; it says nothing about the information itself."""

    RELIABLE = "reliable"
    USUALLY_RELIABLE = "usually_reliable"
    NOT_USUALLY_RELIABLE = "not_usually_reliable"
    UNRELIABLE = "unreliable"
    NOT_ASSESSED = "not_assessed"


def last_day(registered_at: datetime) -> date:
    """Return the last day for clarifying information, four months after it was registered."""
    return add_months(local_day(registered_at), CLARIFICATION_MONTHS)


def warning_day(registered_at: datetime) -> date:
    """Return the day from which is warned that information is not clarified: 90 days after registration."""
    return local_day(registered_at) + WARNED_AFTER


def is_restricted(*, outcome: str | None, deadline: date, at: datetime) -> bool:
    """Return whether access to information is restricted: not clarified in time, not relevant, or not correct."""
    if outcome is None:
        return local_day(at) > deadline
    return outcome != ClarificationOutcome.RELEVANT
