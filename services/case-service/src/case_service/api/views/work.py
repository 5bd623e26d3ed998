"""The work on a case."""

from datetime import date, datetime
from uuid import UUID

from forkant_contracts import codes as c
from pydantic import Field

from case_service.api.views.base import View
from case_service.domain.children import DutyToReport, GuardianContact, NotContacted, NotHeard
from case_service.domain.information import InformationSource, SourceReliability
from case_service.domain.standing import FollowUpState, MeasureState


class AssessmentView(View):
    """The assessment of a round."""

    completed: bool
    risk_factors: list[c.RiskFactor]
    protective_factors: list[c.ProtectiveFactor]
    summary: str | None
    best_interests: str | None
    child_view: str | None
    child_not_heard: NotHeard | None
    guardian_contact: GuardianContact | None
    guardian_not_contacted: NotContacted | None
    duty_to_report: DutyToReport | None
    author: str
    saved_at: datetime
    completed_at: datetime | None


class GoalView(View):
    """A goal of a plan."""

    text: str
    measurable: bool
    baseline: str | None
    target: str | None


class PlanView(View):
    """The plan of a round."""

    goals: list[GoalView]
    summary: str | None
    author: str
    written_at: datetime
    approved_by: str | None
    approved_at: datetime | None


class EvaluationView(View):
    """The evaluation of a round."""

    completed: bool
    effect: c.Effect | None
    mechanism: str | None
    moderators: str | None
    implementation: str | None
    economics: str | None
    author: str
    saved_at: datetime
    completed_at: datetime | None


class MeasureView(View):
    """A measure."""

    id: UUID
    round: int
    kind: c.MeasureKind
    arena: c.Arena
    state: MeasureState
    due_on: date
    method_version: int | None
    steps_done: list[str] | None
    description: str | None
    planned_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    mandatory_steps_met: bool | None
    cancelled_at: datetime | None
    cancel_reason: c.CancelReason | None


class FollowUpView(View):
    """A follow-up."""

    id: UUID
    round: int
    state: FollowUpState
    due_on: date
    notes: str | None
    held_at: datetime | None


class PartnerView(View):
    """A partner outside the police."""

    id: UUID
    kind: c.PartnerKind
    name: str | None
    added_at: datetime
    removed_at: datetime | None


class InformationView(View):
    """Information on a case, and until when it is to be clarified."""

    id: UUID
    statement_type: c.StatementType
    verification_status: c.VerificationStatus
    source: InformationSource
    source_reliability: SourceReliability
    subject_category: c.SubjectCategory
    special_category: bool
    restricted: bool = Field(
        description="Not clarified by its last day, not relevant, or not correct: then only a prevention lead and the "
        "privacy officer are shown the texts."
    )
    text: str | None
    basis: str | None
    necessity_reason: str | None
    registered_by: str
    registered_at: datetime
    clarification_deadline: date = Field(description="The last day for clarifying it: four months, by law.")
    outcome: c.ClarificationOutcome | None
    clarification: str | None
    clarified_by: str | None
    clarified_at: datetime | None
