"""A case as it was known at a moment; what is not known of then is null, and named in ``not_known``."""

from datetime import date, datetime
from uuid import UUID

from forkant_contracts import codes as c
from pydantic import Field

from case_service.api.views.base import View
from case_service.api.views.cases import NoteView
from case_service.api.views.work import GoalView
from case_service.domain.children import DutyToReport, GuardianContact, NotContacted, NotHeard
from case_service.domain.information import InformationSource, SourceReliability
from case_service.domain.standing import FollowUpState, MeasureState


class AssessmentAsOf(View):
    """The assessment of then."""

    completed: bool
    risk_factors: list[c.RiskFactor]
    protective_factors: list[c.ProtectiveFactor]
    completed_at: datetime | None
    summary: str | None
    best_interests: str | None
    child_view: str | None
    child_not_heard: NotHeard | None
    guardian_contact: GuardianContact | None
    guardian_not_contacted: NotContacted | None
    duty_to_report: DutyToReport | None
    author: str | None


class PlanAsOf(View):
    """The plan of then; ``goals`` is null when their words are not known."""

    goal_count: int
    goals_with_baseline: int
    goals: list[GoalView] | None
    summary: str | None
    author: str | None
    written_at: datetime
    approved_by: str | None
    approved_at: datetime | None


class EvaluationAsOf(View):
    """The evaluation of then."""

    completed: bool
    effect: c.Effect | None
    completed_at: datetime | None
    mechanism: str | None
    moderators: str | None
    implementation: str | None
    economics: str | None
    author: str | None


class MeasureAsOf(View):
    """A measure of then."""

    id: UUID
    round: int
    kind: c.MeasureKind
    arena: c.Arena
    state: MeasureState
    due_on: date
    method_version: int | None
    steps_done: list[str]
    description: str | None
    planned_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    mandatory_steps_met: bool | None
    cancelled_at: datetime | None
    cancel_reason: c.CancelReason | None


class FollowUpAsOf(View):
    """A follow-up of then."""

    id: UUID
    round: int
    state: FollowUpState
    due_on: date
    notes: str | None
    held_at: datetime | None


class PartnerAsOf(View):
    """A partner of then."""

    id: UUID
    kind: c.PartnerKind
    name: str | None
    added_at: datetime
    removed_at: datetime | None


class InformationAsOf(View):
    """Information of then; its texts are shown to those alone who are shown them now."""

    id: UUID
    statement_type: c.StatementType
    verification_status: c.VerificationStatus
    source: InformationSource
    source_reliability: SourceReliability
    subject_category: c.SubjectCategory
    special_category: bool
    restricted: bool = Field(description="Whether access to its texts is restricted now.")
    text: str | None
    basis: str | None
    necessity_reason: str | None
    registered_by: str
    registered_at: datetime
    clarification_deadline: date
    outcome: c.ClarificationOutcome | None
    clarification: str | None
    clarified_by: str | None
    clarified_at: datetime | None


class CaseAsOf(View):
    """A case as it was known; assessment, plan and evaluation are those of the round of then."""

    id: UUID
    at: datetime = Field(description="The moment that was asked about.")
    version: int = Field(description="The version that the case had then.")
    last_recorded_at: datetime = Field(description="When the last was recorded of what was known then.")
    unit: str
    state: c.CaseState
    held_from: c.CaseState | None
    hold_reason: c.HoldReason | None
    round: int
    restricted: bool
    restriction_reason: c.RestrictionReason | None
    prevention_goal: UUID | None
    merged: bool = Field(description="Whether it had been merged into another case, which goes on.")
    case_type: c.CaseType
    theme: c.Theme
    age_band: c.AgeBand
    subject_category: c.SubjectCategory
    purpose_code: c.PurposeCode
    legal_basis: c.LegalBasis
    arena: c.Arena
    municipality_number: str | None
    concern_id: UUID | None
    special_category: bool
    title: str
    subject: str | None
    description: str | None
    necessity_reason: str | None
    opened_by: str
    opened_at: datetime
    closed_at: datetime | None
    close_reason: c.CloseReason | None
    assessment: AssessmentAsOf | None
    plan: PlanAsOf | None
    evaluation: EvaluationAsOf | None
    measures: list[MeasureAsOf]
    follow_ups: list[FollowUpAsOf]
    partners: list[PartnerAsOf]
    information: list[InformationAsOf]
    notes: list[NoteView]
    not_known: list[str] = Field(
        description="What of then is not known, by the names of this answer: words that were written over since, and "
        "what no event tells of."
    )
