"""Facts: what is known about one case or one concern after the events so far.

A fact holds everything that its contributions to the cells are computed from, and what later indicators will need.
It is stored as JSON; a field that an older release did not write reads as its default.
"""

from dataclasses import dataclass, field, fields
from datetime import date, datetime
from enum import StrEnum
from operator import attrgetter
from typing import TypedDict, cast
from uuid import UUID

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


class Turn(StrEnum):
    """What turned the course of a case: whether it is active, since when, and whether its plan is approved."""

    OPENED = "opened"
    HELD = "held"
    RESUMED = "resumed"
    ENDED = "ended"
    REOPENED = "reopened"
    APPROVED = "approved"
    REPLANNED = "replanned"
    """The plan that was approved is written again and awaits approval."""


Course = tuple[tuple[date, Turn], ...]
"""Turns with the days on which they happened, in order of version; a turn may be dated back before the one before."""


Ties = tuple[tuple[date, UUID | None], ...]
"""To which goal of a prevention plan a case was tied on a day, or to none any more; in order of version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureFact:
    """One measure of a case."""

    kind: MeasureKind | None = None
    arena: Arena | None = None
    due_on: date | None = None
    method_version: int | None = None
    planned_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    mandatory_steps_met: bool | None = None
    steps: tuple[str, ...] = ()
    cancelled_at: datetime | None = None
    cancel_reason: CancelReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpFact:
    """One follow-up of a case."""

    scheduled_on: date | None = None
    due_on: date | None = None
    held_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerFact:
    """One partner of a case."""

    kind: PartnerKind
    added_on: date | None = None
    removed: bool = False
    removed_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InformationFact:
    """One piece of information that is registered on a case, and the last day for clarifying it."""

    registered_on: date
    deadline: date
    clarified_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFact:
    """One case; ``version`` 0 is one that no event has told of. ``erased`` and ``merged`` are tombstones that stay."""

    version: int = 0
    erased: bool = False
    merged: bool = False
    unit: str = ""
    case_type: CaseType = CaseType.UNKNOWN
    theme: Theme = Theme.UNKNOWN
    age_band: AgeBand = AgeBand.UNKNOWN
    subject_category: SubjectCategory = SubjectCategory.UNKNOWN
    arena: Arena = Arena.UNKNOWN
    municipality_number: str | None = None
    concern_id: UUID | None = None
    state: CaseState = CaseState.UNKNOWN
    opened_at: datetime | None = None
    assessed_at: datetime | None = None
    child_view_recorded: bool | None = None
    planned_at: datetime | None = None
    goals: int = 0
    goals_with_baseline: int = 0
    plan_approved_at: datetime | None = None
    activated_at: datetime | None = None
    first_measure_at: datetime | None = None
    evaluated_at: datetime | None = None
    effect: Effect | None = None
    ended_at: datetime | None = None
    close_reason: CloseReason | None = None
    closed_evaluated: bool = False
    times_reopened: int = 0
    restricted: bool = False
    course: Course = ()
    ties: Ties = ()
    measures: dict[UUID, MeasureFact] = field(default_factory=dict)
    follow_ups: dict[UUID, FollowUpFact] = field(default_factory=dict)
    partners: dict[UUID, PartnerFact] = field(default_factory=dict)
    information: dict[UUID, InformationFact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcernFact:
    """One concern. ``version`` 0 is a concern that no event has told of."""

    version: int = 0
    unit: str = ""
    source: ConcernSource = ConcernSource.UNKNOWN
    theme: Theme = Theme.UNKNOWN
    age_band: AgeBand = AgeBand.UNKNOWN
    arena: Arena = Arena.UNKNOWN
    municipality_number: str | None = None
    received_at: datetime | None = None
    decided_at: datetime | None = None
    outcome: ConcernOutcome | None = None
    case_id: UUID | None = None


class CaseDraft(TypedDict, total=False):
    """The fields of a :class:`CaseFact` while several events change them, or some of them as one event changes them."""

    version: int
    erased: bool
    merged: bool
    unit: str
    case_type: CaseType
    theme: Theme
    age_band: AgeBand
    subject_category: SubjectCategory
    arena: Arena
    municipality_number: str | None
    concern_id: UUID | None
    state: CaseState
    opened_at: datetime | None
    assessed_at: datetime | None
    child_view_recorded: bool | None
    planned_at: datetime | None
    goals: int
    goals_with_baseline: int
    plan_approved_at: datetime | None
    activated_at: datetime | None
    first_measure_at: datetime | None
    evaluated_at: datetime | None
    effect: Effect | None
    ended_at: datetime | None
    close_reason: CloseReason | None
    closed_evaluated: bool
    times_reopened: int
    restricted: bool
    course: Course
    ties: Ties
    measures: dict[UUID, MeasureFact]
    follow_ups: dict[UUID, FollowUpFact]
    partners: dict[UUID, PartnerFact]
    information: dict[UUID, InformationFact]


Fact = CaseFact | ConcernFact

NO_CASE = CaseFact()
NO_CONCERN = ConcernFact()
_CASE_FIELDS = tuple(each.name for each in fields(CaseFact))
_case_values = attrgetter(*_CASE_FIELDS)


def draft_of(fact: CaseFact) -> CaseDraft:
    """Return all fields of a fact, to be changed in place; what they hold is shared and is not to be changed."""
    return cast("CaseDraft", dict(zip(_CASE_FIELDS, _case_values(fact), strict=True)))
