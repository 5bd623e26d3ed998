"""What the case service answers to whoever counts figures again: of each case and concern codes and moments.

Each row says what the tables hold now, and of what tables don't keep what the archive of events says. Nothing in it was
written by a person or tells who one is, so that figures can be held against it all the time.
"""

from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from forkant_contracts.codes import (
    AgeBand,
    Arena,
    CancelReason,
    CaseState,
    CaseType,
    CloseReason,
    ConcernOutcome,
    ConcernSource,
    Effect,
    MeasureKind,
    PartnerKind,
    SubjectCategory,
    Theme,
)

MOST_RECOUNTED: Final = 200
"""How many cases, or concerns, one page holds at the most, and one question may name."""


class _Recounted(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, use_attribute_docstrings=True)


class Move(StrEnum):
    """What turned the course of a case, or its plan, as its events have it."""

    OPENED = "opened"
    HELD = "held"
    RESUMED = "resumed"
    ENDED = "ended"
    REOPENED = "reopened"
    PLANNED = "planned"
    """A plan was written, or written again."""
    APPROVED = "approved"


class RecountedMove(_Recounted):
    """One turn of a case's course."""

    move: Move
    at: AwareDatetime
    """When it happened, which may be dated back."""


class RecountedTie(_Recounted):
    """To which goal of a prevention plan a case was tied from a moment on, or to none."""

    goal: UUID | None = None
    at: AwareDatetime


class RecountedMeasure(_Recounted):
    """One measure of a case."""

    id: UUID
    kind: MeasureKind
    arena: Arena
    due_on: date
    method_version: int | None
    planned_at: AwareDatetime
    started_at: AwareDatetime | None
    completed_at: AwareDatetime | None
    mandatory_steps_met: bool | None
    cancelled_at: AwareDatetime | None
    cancel_reason: CancelReason | None


class RecountedFollowUp(_Recounted):
    """One follow-up of a case."""

    id: UUID
    scheduled_at: AwareDatetime
    due_on: date
    held_at: AwareDatetime | None


class RecountedPartner(_Recounted):
    """One partner of a case."""

    id: UUID
    kind: PartnerKind
    added_at: AwareDatetime
    removed_at: AwareDatetime | None


class RecountedInformation(_Recounted):
    """One piece of information in a case."""

    id: UUID
    registered_at: AwareDatetime
    deadline: date
    clarified_at: AwareDatetime | None


class RecountedCase(_Recounted):
    """What is counted of a case. Of one that is erased or merged nothing counts, and nothing more is said."""

    id: UUID
    version: int
    """The version of its newest event."""
    erased: bool
    merged: bool
    unit: str = ""
    """The unit whose figures it counts in; empty when it counts in none."""
    case_type: CaseType | None = None
    theme: Theme | None = None
    age_band: AgeBand | None = None
    subject_category: SubjectCategory | None = None
    arena: Arena | None = None
    municipality_number: str | None = None
    concern_id: UUID | None = None
    state: CaseState | None = None
    restricted: bool = False
    opened_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    close_reason: CloseReason | None = None
    times_reopened: int = 0
    assessed_at: AwareDatetime | None = None
    """When an assessment was completed first."""
    child_view_recorded: bool | None = None
    """What the newest completed assessment says; null without one."""
    planned_at: AwareDatetime | None = None
    plan_approved_at: AwareDatetime | None = None
    goals: int = 0
    goals_with_baseline: int = 0
    evaluated_at: AwareDatetime | None = None
    """When the evaluation of the present round was completed."""
    effect: Effect | None = None
    course: tuple[RecountedMove, ...] = ()
    """In order of version."""
    ties: tuple[RecountedTie, ...] = ()
    """In order of version."""
    measures: tuple[RecountedMeasure, ...] = ()
    follow_ups: tuple[RecountedFollowUp, ...] = ()
    partners: tuple[RecountedPartner, ...] = ()
    information: tuple[RecountedInformation, ...] = ()


class RecountedConcern(_Recounted):
    """What is counted of a concern."""

    id: UUID
    version: int
    unit: str
    source: ConcernSource
    theme: Theme
    age_band: AgeBand
    arena: Arena
    municipality_number: str | None
    received_at: AwareDatetime
    decided_at: AwareDatetime | None
    outcome: ConcernOutcome | None
    case_id: UUID | None


class RecountedCases(_Recounted):
    """A page of cases in order of id."""

    as_of: AwareDatetime
    """The database's moment after it looked: all that is in it was committed by then."""
    items: tuple[RecountedCase, ...]
    more: bool
    """Whether there are more after the last of them."""


class RecountedConcerns(_Recounted):
    """A page of concerns in order of id."""

    as_of: AwareDatetime
    """The database's moment after it looked: all that is in it was committed by then."""
    items: tuple[RecountedConcern, ...]
    more: bool
    """Whether there are more after the last of them."""
