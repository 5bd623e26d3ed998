"""A case as it was, as far as its events tell: codes, ids and moments, with the unit that held it.

Who may see a case, its level, its owner, offers and what was drafted are in no event; they are not told of the past.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from forkant_contracts.codes import CaseState

from case_service.domain.standing import FollowUpState, MeasureState


@dataclass(frozen=True, slots=True, kw_only=True)
class PastMeasure:
    """A measure as it was."""

    id: UUID
    round: int
    kind: str
    arena: str
    due_on: str
    method_version: int | None
    planned_at: datetime
    state: MeasureState = MeasureState.PLANNED
    steps_done: frozenset[str] = frozenset()
    started_at: datetime | None = None
    completed_at: datetime | None = None
    mandatory_steps_met: bool | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastFollowUp:
    """A follow-up as it was."""

    id: UUID
    round: int
    due_on: str
    state: FollowUpState = FollowUpState.SCHEDULED
    held_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastPartner:
    """A partner as it was."""

    id: UUID
    kind: str
    added_at: datetime
    removed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastInformation:
    """Information as it was."""

    id: UUID
    statement_type: str
    verification_status: str
    clarification_deadline: str
    registered_at: datetime
    outcome: str | None = None
    clarified_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastAssessment:
    """A completed assessment as it was."""

    risk_factors: Sequence[str]
    protective_factors: Sequence[str]
    completed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PastPlan:
    """A plan as it was; ``version`` is that of its last writing."""

    version: int
    goals: int
    goals_with_baseline: int
    written_at: datetime
    approved_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastEvaluation:
    """A completed evaluation as it was."""

    effect: str
    completed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A case as its events tell of it; assessment, plan and evaluation are those of the round."""

    version: int
    recorded_at: datetime
    unit: str
    opened_at: datetime
    opened: Mapping[str, Any]
    """The codes that it was opened with."""
    state: CaseState = CaseState.REGISTERED
    held_from: CaseState | None = None
    hold_reason: str | None = None
    round: int = 1
    restricted: bool = False
    restriction_reason: str | None = None
    prevention_goal: UUID | None = None
    closed_at: datetime | None = None
    close_reason: str | None = None
    merged: bool = False
    erased: bool = False
    assessment_begun: bool = False
    """Whether one was saved, be it a draft; no event tells so of a round after the first."""
    evaluation_begun: bool = False
    """Whether one was saved, be it a draft."""
    assessment: PastAssessment | None = None
    plan: PastPlan | None = None
    evaluation: PastEvaluation | None = None
    measures: Mapping[UUID, PastMeasure] = field(default_factory=lambda: MappingProxyType({}))
    follow_ups: Mapping[UUID, PastFollowUp] = field(default_factory=lambda: MappingProxyType({}))
    partners: Mapping[UUID, PastPartner] = field(default_factory=lambda: MappingProxyType({}))
    information: Mapping[UUID, PastInformation] = field(default_factory=lambda: MappingProxyType({}))
