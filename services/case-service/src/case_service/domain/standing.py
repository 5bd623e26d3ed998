"""What the rules need to know of a case, and nothing more."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from forkant_contracts.codes import CaseState

from case_service.domain.information import InformationState

WORKING_STATES: Final = (
    CaseState.REGISTERED,
    CaseState.ASSESSING,
    CaseState.PLANNED,
    CaseState.ACTIVE,
    CaseState.FOLLOW_UP,
    CaseState.EVALUATING,
)
"""The states that work moves a case through, in order; a hold returns to one of them."""

OPEN_STATES: Final = (*WORKING_STATES, CaseState.ON_HOLD)
"""The states of a case that is not finished."""

ENDED_STATES: Final = (CaseState.CLOSED, CaseState.REFERRED, CaseState.REJECTED)
"""The states that only a reopening leaves."""

ALL_STATES: Final = (*OPEN_STATES, *ENDED_STATES)
"""Every state that a case can have."""


class MeasureState(StrEnum):
    """Where a measure stands."""

    PLANNED = "planned"
    STARTED = "started"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class FollowUpState(StrEnum):
    """Where a follow-up stands."""

    SCHEDULED = "scheduled"
    HELD = "held"


class TransferState(StrEnum):
    """Where an offer to move a case stands."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    REVOKED = "revoked"


class Turn(StrEnum):
    """What in the course of a case another thing can only come after."""

    REOPENED = "reopened"
    ASSESSED = "assessed"
    PLANNED = "planned"
    PLAN_APPROVED = "plan_approved"
    WORKED = "worked"
    """The last that happened to what ends with the case: its open measures, an open offer."""
    EVALUATED = "evaluated"
    PUT_ON_HOLD = "put_on_hold"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Method:
    """A version of a national method."""

    code: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A measure: its state, the method that it follows, and the steps done."""

    state: MeasureState
    method: Method | None = None
    steps_done: frozenset[str] = frozenset()

    @property
    def open(self) -> bool:
        """Whether work on it may still come."""
        return self.state in {MeasureState.PLANNED, MeasureState.STARTED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The plan of the current round."""

    author: str
    goals: int
    goals_with_baseline: int
    approved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case as the rules see it; assessment, plan and evaluation are those of the current round.

    A reopening begins a new round, so that what was written before stays as it was. ``merged`` stands beside the state
    that the case had when it was found to be a duplicate; ``merged_into`` is the case that goes on, where the caller
    may know of it.
    """

    state: CaseState
    held_from: CaseState | None = None
    round: int = 1
    restricted: bool = False
    erased: bool = False
    merged: bool = False
    merged_into: UUID | None = None
    minor: bool = False
    """Whether it is about somebody under 18."""
    assessed: bool = False
    plan: Plan | None = None
    evaluated: bool = False
    measures: Mapping[UUID, Measure] = field(default_factory=lambda: MappingProxyType({}))
    follow_ups: Mapping[UUID, FollowUpState] = field(default_factory=lambda: MappingProxyType({}))
    partners: frozenset[UUID] = frozenset()
    information: Mapping[UUID, InformationState] = field(default_factory=lambda: MappingProxyType({}))
    offer: UUID | None = None
    legal_holds: frozenset[UUID] = frozenset()
    archive_decided_by: str | None = None
    retention_until: date | None = None
    due_days: Mapping[UUID, date] = field(default_factory=lambda: MappingProxyType({}))
    """Until when each measure, follow-up and piece of information waits, by its id."""

    def open_measures(self) -> tuple[UUID, ...]:
        """Measures that are planned or started, in the order they were planned (ids run in time)."""
        return tuple(sorted(key for key, measure in self.measures.items() if measure.open))
