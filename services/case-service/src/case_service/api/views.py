"""What answers hold."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from forkant_contracts import codes as c
from forkant_kit.access.grants import GrantKind
from pydantic import BaseModel, ConfigDict, Field

from case_service.domain.attempt import Action
from case_service.domain.concerns import ConcernState
from case_service.domain.erasing import ArchiveOutcome, LegalHoldReason
from case_service.domain.information import InformationSource, SourceReliability
from case_service.domain.levels import Level
from case_service.domain.standing import FollowUpState, MeasureState, TransferState


class View(BaseModel):
    """Base of every answer."""

    model_config = ConfigDict(frozen=True, from_attributes=True, extra="ignore")


class CaseReceipt(View):
    """The case after a command; ``item_id`` names the measure, follow-up, partner or offer that it was about."""

    id: UUID
    unit: str
    state: c.CaseState
    version: int
    recorded_at: datetime
    item_id: UUID | None


class ConcernReceipt(View):
    """The concern after a command."""

    id: UUID
    unit: str
    state: ConcernState
    version: int
    recorded_at: datetime
    outcome: c.ConcernOutcome | None
    case_id: UUID | None


class OfferReceipt(View):
    """An offer that was turned down."""

    id: UUID
    case_id: UUID
    state: TransferState
    recorded_at: datetime


class CaseLine(View):
    """A case in a list: codes and dates, nothing that anybody wrote."""

    id: UUID
    unit: str
    state: c.CaseState
    version: int
    case_type: c.CaseType
    theme: c.Theme
    age_band: c.AgeBand
    subject_category: c.SubjectCategory
    arena: c.Arena
    municipality_number: str | None
    restricted: bool
    level: Level
    opened_at: datetime
    updated_at: datetime
    clarification_deadline: date
    closed_at: datetime | None
    close_reason: c.CloseReason | None


class MemberView(View):
    """Somebody who may see a case, or could, beside those whom their office lets see it."""

    id: UUID
    kind: GrantKind
    subject: str
    valid_from: datetime
    valid_to: datetime | None
    reason: str
    given_by: str
    ended_by: str | None


class MemberList(View):
    """Everybody to whom a case was opened."""

    items: list[MemberView]


class SubstituteReceipt(View):
    """A substitution as it was made or ended."""

    id: UUID
    recorded_at: datetime


class SubstituteView(View):
    """Who stands in for whom, from when until when."""

    id: UUID
    absent: str
    substitute: str
    valid_from: datetime
    valid_to: datetime
    made_by: str
    ended_by: str | None


class SubstitutePage(View):
    """A page of substitutions; ``next`` is the cursor of the next page."""

    items: list[SubstituteView]
    next: str | None


class GlassReceipt(View):
    """What somebody gets who broke the glass: until when the case can be read."""

    id: UUID
    case_id: UUID
    valid_to: datetime
    recorded_at: datetime


class ReviewView(View):
    """Somebody's look into a case by broken glass, and what the review of it came to."""

    id: UUID
    case_id: UUID
    unit: str
    reason: c.BreakGlassReason
    opened_by: str
    opened_by_unit: str
    opened_at: datetime
    due_at: datetime
    verdict: c.AccessVerdict | None
    reviewed_by: str | None
    reviewed_at: datetime | None
    reminded_at: datetime | None
    """When those who are to review it were reminded, since it was past due."""
    escalated_at: datetime | None
    """When the directorate's privacy officers were told that it still waits."""
    etag: str


class ReviewPage(View):
    """A page of reviews; ``next`` is the cursor of the next page."""

    items: list[ReviewView]
    next: str | None


class ReviewReceipt(View):
    """A review after it was done."""

    id: UUID
    case_id: UUID
    verdict: c.AccessVerdict
    recorded_at: datetime


class CasePage(View):
    """A page of cases; ``next`` is the cursor of the next page."""

    items: list[CaseLine]
    next: str | None


class Count(View):
    """How many cases there are."""

    count: int


class AssessmentView(View):
    """The assessment of a round."""

    completed: bool
    risk_factors: list[c.RiskFactor]
    protective_factors: list[c.ProtectiveFactor]
    summary: str | None
    child_view: str | None
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


class CaseTransferView(View):
    """An offer as the unit that holds the case sees it."""

    id: UUID
    from_unit: str
    to_unit: str
    state: TransferState
    note: str | None
    offered_at: datetime
    decided_at: datetime | None


class NoteView(View):
    """What somebody wrote about a change."""

    action: Action
    text: str
    author: str
    written_at: datetime


class CaseView(CaseLine):
    """A case with everything below it; assessment, plan and evaluation are those of ``shown_round``."""

    round: int
    shown_round: int
    held_from: c.CaseState | None
    hold_reason: c.HoldReason | None
    restriction_reason: c.RestrictionReason | None
    purpose_code: c.PurposeCode
    legal_basis: c.LegalBasis
    concern_id: UUID | None
    special_category: bool
    title: str
    subject: str | None
    description: str | None
    necessity_reason: str | None
    opened_by: str
    case_owner: str
    recorded_at: datetime
    assessment: AssessmentView | None
    plan: PlanView | None
    evaluation: EvaluationView | None
    measures: list[MeasureView]
    follow_ups: list[FollowUpView]
    partners: list[PartnerView]
    information: list[InformationView]
    transfers: list[CaseTransferView]
    notes: list[NoteView]
    allowed: list[Action] = Field(description="Actions that the state allows next.")


class HistoryLine(View):
    """An event of the case, as it was published."""

    version: int
    type: str
    unit: str
    occurred_at: datetime
    recorded_at: datetime
    data: dict[str, Any] = Field(description="Codes and ids; see the AsyncAPI description of the type.")


class HistoryPage(View):
    """A page of history, oldest first."""

    items: list[HistoryLine]
    next: str | None


class ChangeLine(View):
    """A case that changed, or a tombstone for one that is gone for the caller."""

    id: UUID
    change: str = Field(description="`upsert` or `gone`.")
    reason: str | None = Field(description="Why it is gone: `erased`, `transferred`, `restricted` or `access_ended`.")
    version: int
    updated_at: datetime
    state: c.CaseState | None
    case_type: c.CaseType | None
    theme: c.Theme | None


class ChangePage(View):
    """A page of changes; ``next`` is always given, and asked with again it tells what came since."""

    items: list[ChangeLine]
    next: str | None
    more: bool


class TransferLine(View):
    """An offer; its ETag is what accepting or rejecting takes in If-Match."""

    id: UUID
    case_id: UUID
    from_unit: str
    to_unit: str
    state: TransferState
    case_type: c.CaseType
    theme: c.Theme
    age_band: c.AgeBand
    arena: c.Arena
    offered_at: datetime
    decided_at: datetime | None
    etag: str


class TransferPage(View):
    """A page of offers."""

    items: list[TransferLine]
    next: str | None


class ConcernLine(View):
    """A concern in a list: codes and dates."""

    id: UUID
    unit: str
    state: ConcernState
    version: int
    source: c.ConcernSource
    theme: c.Theme
    age_band: c.AgeBand
    arena: c.Arena
    municipality_number: str | None
    received_at: datetime
    decided_at: datetime | None
    outcome: c.ConcernOutcome | None
    case_id: UUID | None


class ConcernPage(View):
    """A page of concerns."""

    items: list[ConcernLine]
    next: str | None


class ConcernView(ConcernLine):
    """A concern."""

    description: str | None = Field(description="Absent once the case that it became is erased.")
    note: str | None
    registered_by: str
    decided_by: str | None
    recorded_at: datetime


class LegalHoldView(View):
    """A legal hold on a case, and who lifted it."""

    id: UUID
    reason: LegalHoldReason
    placed_by: str
    placed_at: datetime
    lifted_by: str | None
    lifted_at: datetime | None


class LegalHoldList(View):
    """The legal holds on a case."""

    items: list[LegalHoldView]


class ArchiveDecisionView(View):
    """What the archives keep of a case."""

    outcome: ArchiveOutcome
    reference: str | None
    decided_by: str
    decided_at: datetime


class ErasureCertificate(View):
    """That a case was erased: by whom, on which ground, and what was destroyed; it never changes."""

    case_id: UUID
    version: int = Field(description="The case's version with the erasure: consumers that have it know of it.")
    basis: c.ErasureBasis
    erased_by: str
    erased_at: datetime
    concern_id: UUID | None = Field(description="The concern that was erased with it.")
    destroyed: dict[str, int] = Field(
        description="Rows deleted or emptied, by table; `idempotency_key` answers kept for repeats; `data_key` keys "
        "without which no copy of the texts opens."
    )
    topic: str = Field(description="Where the erasure was published for those who keep something about the case.")
    event_id: UUID | None = Field(description="The event that told of it; absent when it left the archive of events.")
    archive_decision: ArchiveDecisionView | None
    legal_holds: list[LegalHoldView] = Field(description="Holds that stood before and were lifted.")


class UnitView(View):
    """A police unit."""

    id: str
    kind: str
    name_nb: str
    name_en: str
    population_thousands: int | None = Field(description="An assumption for planning, not a statistic.")


class MunicipalityView(View):
    """A municipality and the police district that it belongs to."""

    number: str
    name: str
    county_number: str
    county: str
    unit: str | None
    unit_assumed: bool | None
    valid_from: date
    valid_to: date | None


class StepView(View):
    """A step of a method."""

    code: str
    mandatory: bool
    name_nb: str
    name_en: str


class MethodView(View):
    """A version of a national method."""

    code: str
    version: int
    name_nb: str
    name_en: str
    valid_from: date
    retired_from: date | None = Field(description="From which day no new measure follows it; those that do go on.")
    steps: list[StepView]


class MethodList(View):
    """All method versions."""

    items: list[MethodView]


class Catalogue(View):
    """Everything that a client needs to fill in forms: codes, units, municipalities, methods."""

    codes: dict[str, list[str]]
    retired: dict[str, dict[str, date]] = Field(
        description="Codes that nothing new takes, by list, with the day from which: they still read where they stand."
    )
    units: list[UnitView]
    municipalities: list[MunicipalityView]
    methods: list[MethodView]
