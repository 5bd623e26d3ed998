"""What bodies and answers hold. Generated from services/case-service/openapi.json: do not edit."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from forkant_case_client.base import Model
from forkant_contracts.codes import (
    AccessVerdict,
    AgeBand,
    Arena,
    BreakGlassReason,
    CancelReason,
    CaseState,
    CaseType,
    ClarificationOutcome,
    CloseReason,
    ConcernOutcome,
    ConcernSource,
    Effect,
    ErasureBasis,
    HoldReason,
    LegalBasis,
    MeasureKind,
    PartnerKind,
    ProtectiveFactor,
    PurposeCode,
    RejectReason,
    ReopenReason,
    RestrictionReason,
    RiskFactor,
    Role,
    StatementType,
    SubjectCategory,
    TaskKind,
    Theme,
    VerificationStatus,
)
from pydantic import AnyUrl, AwareDatetime, ConfigDict, Field, RootModel


class Act(Model):
    """A command without inputs of its own."""

    model_config = ConfigDict(
        extra="forbid",
    )
    occurred_at: AwareDatetime | None = None


class ActorView(Model):
    """Who did something: a person with the unit and roles of then, or the service itself."""

    roles: list[str]
    service: bool
    """The service did it, since a day had come; nobody asked for it."""
    subject: str
    unit: str


class AddMember(Model):
    """Who becomes a member of a case."""

    model_config = ConfigDict(
        extra="forbid",
    )
    occurred_at: AwareDatetime | None = None
    subject: str
    """Who, as access tokens name the person in `sub`."""
    valid_to: AwareDatetime | None = None


class AddOperationalUnit(Model):
    """An operational unit to add, the first day that it is there on, and its id without the district."""

    model_config = ConfigDict(
        extra="forbid",
    )
    name_en: str
    name_nb: str
    name_nn: str
    slug: str
    valid_from: date
    valid_to: date | None = None


class AddPartner(Model):
    """A partner outside the police."""

    model_config = ConfigDict(
        extra="forbid",
        arbitrary_types_allowed=True,
    )
    kind: PartnerKind
    name: str | None = None
    occurred_at: AwareDatetime | None = None


class AddSubstitute(Model):
    """Who stands in for whom, and how long."""

    model_config = ConfigDict(
        extra="forbid",
    )
    absent: str
    """Who, as access tokens name the person in `sub`."""
    substitute: str
    """Who, as access tokens name the person in `sub`."""
    valid_from: AwareDatetime | None = None
    valid_to: AwareDatetime


class AddTask(Model):
    """A review of the case that somebody asks for besides those of the work process."""

    model_config = ConfigDict(
        extra="forbid",
    )
    due_on: date
    kind: Literal["review_case"]
    occurred_at: AwareDatetime | None = None


class AnsweredWarning(Model):
    """What a reviewer says to a warning."""

    model_config = ConfigDict(
        extra="forbid",
    )
    answer: str
    """One of false_alarm, public_knowledge, risk_accepted; a newer service may have more."""
    warning: str


class AskForPerson(Model):
    """Ids of cases and concerns that a letter to a person would be about, and what that person's token said last."""

    model_config = ConfigDict(
        extra="forbid",
    )
    cases: list[UUID] | None = []
    """Ids of cases."""
    clearance: int
    """The clearance of that token."""
    concerns: list[UUID] | None = []
    """Ids of concerns."""
    roles: list[str]
    """The roles of that token."""
    subject: str
    """The person, as tokens name them."""
    unit: str
    """The unit of that token."""


class AskVisibility(Model):
    """Ids of cases and concerns that another service keeps."""

    model_config = ConfigDict(
        extra="forbid",
    )
    cases: list[UUID] | None = []
    """Ids of cases."""
    concerns: list[UUID] | None = []
    """Ids of concerns."""


class AssignTask(Model):
    """Who is to do a task from now on: a member of the case, or the caller; null gives it back to its role."""

    model_config = ConfigDict(
        extra="forbid",
    )
    assignee: str | None
    """Who, as access tokens name the person in `sub`; null for nobody."""
    occurred_at: AwareDatetime | None = None


class AuditLine(Model):
    """One act in the audit trail: who, when, what, with which outcome, and why."""

    action: str
    at: AwareDatetime
    client_id: str
    object_ids: list[UUID]
    object_kind: str | None
    outcome: str
    purpose: str | None
    reason_id: UUID | None
    refusal: str | None
    request_id: UUID | None
    roles: list[str]
    subject: str
    trace_id: str | None
    unit: str
    version: int | None


class AuditPage(Model):
    """A page of the audit trail, newest first."""

    items: list[AuditLine]
    next: str | None


class BreakGlass(Model):
    """Why somebody has to look into a case that they are no member of."""

    model_config = ConfigDict(
        extra="forbid",
        arbitrary_types_allowed=True,
    )
    reason: BreakGlassReason


class CancelMeasure(Model):
    """Why a measure is cancelled."""

    model_config = ConfigDict(
        extra="forbid",
        arbitrary_types_allowed=True,
    )
    occurred_at: AwareDatetime | None = None
    reason: CancelReason


class ChangeOperationalUnit(Model):
    """What it is called, and from which day it is there no more."""

    model_config = ConfigDict(
        extra="forbid",
    )
    name_en: str
    name_nb: str
    name_nn: str
    valid_to: date | None = None


class ClarifyInformation(Model):
    """Whether information is relevant to the case's purpose, and whether it is verified now."""

    model_config = ConfigDict(
        extra="forbid",
        arbitrary_types_allowed=True,
    )
    note: str | None = None
    occurred_at: AwareDatetime | None = None
    outcome: ClarificationOutcome
    verification_status: VerificationStatus


class CloseCase(Model):
    """Why a case is closed; ``evaluated`` needs a completed evaluation."""

    model_config = ConfigDict(
        extra="forbid",
        arbitrary_types_allowed=True,
    )
    note: str | None = None
    occurred_at: AwareDatetime | None = None
    reason: CloseReason


class CodeView(Model):
    """A code of a list, and what it is called in the middle of a sentence, where it has a name."""

    code: str
    code_list: str
    label_en: str | None
    label_nb: str | None
    label_nn: str | None
    valid_to: date | None
    """From this day nothing new takes it; where it stands it still reads."""


class CommentOnProposal(Model):
    """What somebody says in a hearing: about the method, and about no case or person."""

    model_config = ConfigDict(
        extra="forbid",
    )
    text: str


class CommentReceipt(Model):
    """A comment as it was kept."""

    id: UUID
    recorded_at: AwareDatetime


class CommentView(Model):
    """What somebody said in a hearing."""

    author: str
    id: UUID
    text: str
    unit: str
    written_at: AwareDatetime


class CompleteStep(Model):
    """A step of the measure's method that was done."""

    model_config = ConfigDict(
        extra="forbid",
    )
    occurred_at: AwareDatetime | None = None
    step: str


class Count(Model):
    """How many cases there are."""

    count: int


class DecideArchive(Model):
    """What the archives keep of a case: `transferred` with the archive's reference, or `destroy` without one."""

    model_config = ConfigDict(
        extra="forbid",
    )
    occurred_at: AwareDatetime | None = None
    outcome: str
    """One of transferred, destroy; a newer service may have more."""
    reference: str | None = None


class DiscardExample(Model):
    """A draft is thrown away; there is nothing to say."""

    model_config = ConfigDict(
        extra="forbid",
    )


class EraseCase(Model):
    """The ground on which a case is erased."""

    model_config = ConfigDict(
        extra="forbid",
        arbitrary_types_allowed=True,
    )
    basis: ErasureBasis
    occurred_at: AwareDatetime | None = None


class EraseSearches(Model):
    """Whose searches are erased."""

    model_config = ConfigDict(
        extra="forbid",
    )
    subject: str
    """Who, as access tokens name the person in `sub`."""


class ErasedSearches(Model):
    """How many searches were erased."""

    count: int


class EvaluationAsOf(Model):
    """The evaluation of then."""

    author: str | None
    completed: bool
    completed_at: AwareDatetime | None
    economics: str | None
    effect: Effect | None
    implementation: str | None
    mechanism: str | None
    moderators: str | None


class EvaluationView(Model):
    """The evaluation of a round."""

    author: str
    completed: bool
    completed_at: AwareDatetime | None
    economics: str | None
    effect: Effect | None
    implementation: str | None
    mechanism: str | None
    moderators: str | None
    saved_at: AwareDatetime


class FollowUpView(Model):
    """A follow-up."""

    due_on: date
    held_at: AwareDatetime | None
    id: UUID
    notes: str | None
    round: int
    state: str
    """One of scheduled, held; a newer service may have more."""


class Form(RootModel[str]):
    root: str
    """One of csv, ndjson, parquet; a newer service may have more."""


class GiveAccess(Model):
    """Who gets access to a case for a time, and why."""

    model_config = ConfigDict(
        extra="forbid",
    )
    occurred_at: AwareDatetime | None = None
    reason: str
    """One of joint_work, expertise, hand_over, review; a newer service may have more."""
    subject: str
    """Who, as access tokens name the person in `sub`."""
    valid_to: AwareDatetime


class GlassReceipt(Model):
    """What somebody gets who broke the glass: until when the case can be read."""

    case_id: UUID
    id: UUID
    recorded_at: AwareDatetime
    valid_to: AwareDatetime


class GoalView(Model):
    """A goal of a plan."""

    baseline: str | None
    measurable: bool
    target: str | None
    text: str


class HistoryLine(Model):
    """An event of the case, as it was published."""

    data: dict[str, Any]
    """Codes and ids; see the AsyncAPI description of the type."""
    occurred_at: AwareDatetime
    recorded_at: AwareDatetime
    type: str
    unit: str
    version: int


class HistoryPage(Model):
    """A page of history, oldest first."""

    items: list[HistoryLine]
    next: str | None


class HoldFollowUp(Model):
    """A follow-up that was held."""

    model_config = ConfigDict(
        extra="forbid",
    )
    notes: str | None = None
    occurred_at: AwareDatetime | None = None


class ImportReceipt(Model):
    """How many rows there were, and which cases they became."""

    cases: list[UUID]
    """The cases, in the order of the rows; none after a dry run."""
    dry_run: bool
    opened: int
    rows: int


class ItemView(Model):
    """What of the case it is about."""

    id: UUID
    kind: str


class LegalHoldView(Model):
    """A legal hold on a case, and who lifted it."""

    id: UUID
    lifted_at: AwareDatetime | None
    lifted_by: str | None
    placed_at: AwareDatetime
    placed_by: str
    reason: str
    """One of court_order, criminal_case, oversight, complaint; a newer service may have more."""


class LinkReceipt(Model):
    """A link that was made."""

    case_id: UUID
    id: UUID
    kind: str
    """One of related, same_subject_group, follows, part_of; a newer service may have more."""
    other_case: UUID


class ListedCodes(Model):
    """Codes, list by list; `on` is the day on which they may be chosen."""

    items: list[CodeView]
    on: date | None


class MadeUnitView(Model):
    """A unit that it establishes."""

    id: str
    kind: str
    name_en: str
    name_nb: str
    name_nn: str


class MeasureView(Model):
    """A measure."""

    arena: Arena
    cancel_reason: CancelReason | None
    cancelled_at: AwareDatetime | None
    completed_at: AwareDatetime | None
    description: str | None
    due_on: date
    id: UUID
    kind: MeasureKind
    mandatory_steps_met: bool | None
    method_version: int | None
    planned_at: AwareDatetime
    round: int
    started_at: AwareDatetime | None
    state: str
    """One of planned, started, completed, cancelled; a newer service may have more."""
    steps_done: list[str] | None


class MemberView(Model):
    """Somebody who may see a case, or could, beside those whom their office lets see it."""

    ended_by: str | None
    given_by: str
    id: UUID
    kind: str
    """One of member, access, break_glass; a newer service may have more."""
    reason: str
    subject: str
    valid_from: AwareDatetime
    valid_to: AwareDatetime | None


class MergeCase(Model):
    """Into which case a duplicate is merged, as the caller last saw that one."""

    model_config = ConfigDict(
        extra="forbid",
    )
    into: UUID
    into_etag: str
    """The ETag of the other case, with its quotes."""
    note: str | None = None
    occurred_at: AwareDatetime | None = None


class MethodChangeView(Model):
    """Who did what to a method or a proposal of it, and why."""

    action: str
    changed_at: AwareDatetime
    id: UUID
    proposal_id: UUID | None
    reason: str | None
    subject: str
    unit: str


class MunicipalityUnitView(Model):
    """The district of a municipality between two days."""

    unit: str
    unit_assumed: bool
    valid_from: date
    valid_to: date | None
    """The first day on which it belongs to another."""


class MunicipalityView(Model):
    """A municipality and the police district that it belongs to."""

    county: str
    county_number: str
    name: str
    number: str
    unit: str | None
    unit_assumed: bool | None
    valid_from: date
    valid_to: date | None
    """The first day on which it is not there any more."""


class NoteView(Model):
    """What somebody wrote about a change."""

    action: str
    """One of assess, plan, approve_plan, plan_measure, start_measure, complete_step, complete_measure, cancel_measure, schedule_follow_up, hold_follow_up, evaluate, close, put_on_hold, resume, refer, reject, reopen, add_partner, remove_partner, register_information, clarify_information, add_attachment, remove_attachment, offer_transfer, accept_transfer, reject_transfer, revoke_transfer, add_member, end_member, set_level, set_goal, restrict, lift_restriction, place_legal_hold, lift_legal_hold, decide_archive, link, unlink, merge, prepare_disclosure, approve_disclosure, refuse_disclosure, disclose, withdraw_disclosure, erase, add_task, complete_task, assign_task; a newer service may have more."""
    author: str
    text: str
    written_at: AwareDatetime


class OfferTransfer(Model):
    """The unit that a case is offered to."""

    model_config = ConfigDict(
        extra="forbid",
    )
    note: str | None = None
    occurred_at: AwareDatetime | None = None
    to_unit: str


class OpenCase(Model):
    """A case opened by itself."""

    model_config = ConfigDict(
        extra="forbid",
        arbitrary_types_allowed=True,
    )
    age_band: AgeBand | None = None
    arena: Arena | None = None
    case_type: CaseType
    description: str | None = None
    legal_basis: LegalBasis
    level: int | None = 1
    """1 ordinary, 2 confidential, 3 strictly confidential."""
    municipality_number: str | None = None
    necessity_reason: str | None = None
    occurred_at: AwareDatetime | None = None
    prevention_goal: UUID | None = None
    purpose_code: PurposeCode
    special_category: bool | None = False
    subject: str | None = None
    subject_category: SubjectCategory | None = None
    subject_reference: str | None = None
    theme: Theme
    title: str


class OpenHearing(Model):
    """Until when a hearing lasts."""

    model_config = ConfigDict(
        extra="forbid",
    )
    until: date


class PartOfReorganisation(Model):
    """A unit that work goes to, and the municipalities that it takes over."""

    model_config = ConfigDict(
        extra="forbid",
    )
    municipalities: list[str] | None = None
    unit: str


class PartnerView(Model):
    """A partner outside the police."""

    added_at: AwareDatetime
    id: UUID
    kind: PartnerKind
    name: str | None
    removed_at: AwareDatetime | None


class PlaceLegalHold(Model):
    """Why a case must be kept as it is."""

    model_config = ConfigDict(
        extra="forbid",
    )
    occurred_at: AwareDatetime | None = None
    reason: str
    """One of court_order, criminal_case, oversight, complaint; a newer service may have more."""


class PlanAsOf(Model):
    """The plan of then; ``goals`` is null when their words are not known."""

    approved_at: AwareDatetime | None
    approved_by: str | None
    author: str | None
    goal_count: int
    goals: list[GoalView] | None
    goals_with_baseline: int
    summary: str | None
    written_at: AwareDatetime


class PlanGoal(Model):
    """A goal; it counts as having a baseline («nullpunkt») when it is measurable and one is written."""

    model_config = ConfigDict(
        extra="forbid",
    )
    baseline: str | None = None
    measurable: bool | None = False
    target: str | None = None
    text: str


class PlanMeasure(Model):
    """A measure («tiltak») to carry out; it follows the latest version of its national method, or the one named."""

    model_config = ConfigDict(
        extra="forbid",
        arbitrary_types_allowed=True,
    )
    arena: Arena | None = None
    description: str | None = None
    due_on: date
    kind: MeasureKind
    method_version: int | None = None
    occurred_at: AwareDatetime | None = None


class PlanView(Model):
    """The plan of a round."""

    approved_at: AwareDatetime | None
    approved_by: str | None
    author: str
    goals: list[GoalView]
    summary: str | None
    written_at: AwareDatetime


class Problem(Model):
    code: str
    """Stable code of the problem."""
    detail: str
    """What to do next."""
    errors: list[dict[str, Any]] | None = None
    status: int
    title: str
    trace_id: str | None = None
    type: AnyUrl


class ProposedStep(Model):
    """A step of a proposed method; a mandatory one counts for conformance."""

    model_config = ConfigDict(
        extra="forbid",
    )
    code: str
    mandatory: bool | None = True
    name_en: str
    name_nb: str


class PublishExample(Model):
    """The example of the own unit that it is the next revision of, if it is one."""

    model_config = ConfigDict(
        extra="forbid",
    )
    revises: UUID | None = None


class PublishMethod(Model):
    """From when a version holds."""

    model_config = ConfigDict(
        extra="forbid",
    )
    valid_from: date


class PutOnHold(Model):
    """Why work on a case pauses."""

    model_config = ConfigDict(
        extra="forbid",
        arbitrary_types_allowed=True,
    )
    note: str | None = None
    occurred_at: AwareDatetime | None = None
    reason: HoldReason


class ReceiveConcern(Model):
    """A concern as it was received."""

    model_config = ConfigDict(
        extra="forbid",
        arbitrary_types_allowed=True,
    )
    age_band: AgeBand
    arena: Arena | None = None
    description: str
    municipality_number: str | None = None
    occurred_at: AwareDatetime | None = None
    source: ConcernSource
    subject_reference: str | None = None
    theme: Theme


class RecipientToTell(Model):
    """Somebody to whom something of the case was given."""

    disclosed_at: AwareDatetime
    disclosure_id: UUID
    recipient_kind: str
    """One of child_welfare, school, health, municipality, mediation_service, police_unit, prosecution, court, correctional_service, oversight; a newer service may have more."""


class RecordDisclosure(Model):
    """How it was given, and when."""

    model_config = ConfigDict(
        extra="forbid",
    )
    method: str
    """One of meeting, phone, letter, secure_message; a newer service may have more."""
    occurred_at: AwareDatetime | None = None


class RecountedFollowUp(Model):
    """One follow-up of a case."""

    due_on: date
    held_at: AwareDatetime | None
    id: UUID
    scheduled_at: AwareDatetime


class RecountedInformation(Model):
    """One piece of information in a case."""

    clarified_at: AwareDatetime | None
    deadline: date
    id: UUID
    registered_at: AwareDatetime


class RecountedMeasure(Model):
    """One measure of a case."""

    arena: Arena
    cancel_reason: CancelReason | None
    cancelled_at: AwareDatetime | None
    completed_at: AwareDatetime | None
    due_on: date
    id: UUID
    kind: MeasureKind
    mandatory_steps_met: bool | None
    method_version: int | None
    planned_at: AwareDatetime
    started_at: AwareDatetime | None


class RecountedPartner(Model):
    """One partner of a case."""

    added_at: AwareDatetime
    id: UUID
    kind: PartnerKind
    removed_at: AwareDatetime | None


class RecountedTie(Model):
    """To which goal of a prevention plan a case was tied from a moment on, or to none."""

    at: AwareDatetime
    goal: UUID | None = None


class ReferCase(Model):
    """To whom a case is handed."""

    model_config = ConfigDict(
        extra="forbid",
        arbitrary_types_allowed=True,
    )
    note: str | None = None
    occurred_at: AwareDatetime | None = None
    referred_to: PartnerKind


class RejectCase(Model):
    """Why a case has no ground."""

    model_config = ConfigDict(
        extra="forbid",
        arbitrary_types_allowed=True,
    )
    note: str | None = None
    occurred_at: AwareDatetime | None = None
    reason: RejectReason


class RejectProposal(Model):
    """Why a proposal is turned down."""

    model_config = ConfigDict(
        extra="forbid",
    )
    reason: str


class ReopenCase(Model):
    """Why an ended case is taken up again."""

    model_config = ConfigDict(
        extra="forbid",
        arbitrary_types_allowed=True,
    )
    note: str | None = None
    occurred_at: AwareDatetime | None = None
    reason: ReopenReason


class ReopenReasonModel(RootModel[ReopenReason]):
    root: ReopenReason


class ReorganisationView(Model):
    """A reorganisation."""

    allowed: list[str]
    begun_at: AwareDatetime | None
    """When units changed; open cases follow from then on."""
    decided_at: AwareDatetime | None
    decided_by: str | None
    done_at: AwareDatetime | None
    """When nothing was left to move."""
    effective_on: date
    ends: list[str]
    """Those of `from_units` that are there no more from the day on."""
    from_units: list[str]
    id: UUID
    kind: str
    """One of merge, split, move_municipalities; a newer service may have more."""
    makes: list[MadeUnitView]
    municipalities: dict[str, str]
    """Where municipalities go that are named, instead."""
    proposed_at: AwareDatetime
    proposed_by: str
    state: str
    """One of proposed, approved, rejected, withdrawn, under_way, done; a newer service may have more."""
    successors: dict[str, str]
    """Who takes the place of each unit that ends."""
    summary: str
    version: int


class RequestErasures(Model):
    """Which cases are to be erased: those whose last day was before `as_of`, today if left out, at most `limit`."""

    model_config = ConfigDict(
        extra="forbid",
    )
    as_of: date | None = None
    dry_run: bool
    limit: int | None = 100


class RestrictCase(Model):
    """Whether a case is restricted («sperret») from now on, and why."""

    model_config = ConfigDict(
        extra="forbid",
        arbitrary_types_allowed=True,
    )
    occurred_at: AwareDatetime | None = None
    reason: RestrictionReason
    restricted: bool


class RetentionReviewLine(Model):
    """A case whose last day is near or past, and what keeps it from being erased for that."""

    age_band: AgeBand
    case_type: CaseType
    id: UUID
    level: int
    """One of 1, 2, 3; a newer service may have more."""
    obstacles: list[str]
    """Empty when you may erase it as it stands."""
    restricted: bool
    retention_rule: str
    retention_until: date
    state: CaseState
    unit: str
    version: int


class RetentionReviewPage(Model):
    """A page of cases, the first due first; ``next`` is the cursor of the next page."""

    items: list[RetentionReviewLine]
    next: str | None


class RetentionRuleView(Model):
    """A rule: which cases it is for, and for how many months from which day they are kept."""

    code: str
    counts_from: str
    """One of began, ended; a newer service may have more."""
    months: int
    source: str
    """What the rule rests on; what is assumed is marked `[a]`."""
    when: dict[str, list[str]]
    """By condition, the codes of which a case has one; all conditions together. `stands` is the state in which it ended, or `open`; `reason` why it was closed or rejected."""


class RetentionRules(Model):
    """The rules in force, in the order in which they are tried: the first that fits a case counts."""

    items: list[RetentionRuleView]
    version: int


class RetireCode(Model):
    """The code that is retired."""

    model_config = ConfigDict(
        extra="forbid",
    )
    code: str
    code_list: str
    """One of case_type, theme, legal_basis, concern_source, risk_factor, protective_factor, measure_kind; a newer service may have more."""
    reason: str
    retired_from: date


class RetireMethod(Model):
    """From when nothing new takes it, and why."""

    model_config = ConfigDict(
        extra="forbid",
    )
    reason: str
    retired_from: date


class RetirementReceipt(Model):
    """What was retired, and from when."""

    recorded_at: AwareDatetime
    retired_from: date


class ReviewAccess(Model):
    """Whether broken glass was justified."""

    model_config = ConfigDict(
        extra="forbid",
        arbitrary_types_allowed=True,
    )
    verdict: AccessVerdict


class ReviewExample(Model):
    """What a reviewer confirms that the texts are free of, and an answer to each warning."""

    model_config = ConfigDict(
        extra="forbid",
    )
    answers: Annotated[list[AnsweredWarning] | None, Field(validate_default=True)] = []
    checks: list[str]


class ReviewReceipt(Model):
    """A review after it was done."""

    case_id: UUID
    id: UUID
    recorded_at: AwareDatetime
    verdict: AccessVerdict


class ReviewView(Model):
    """Somebody's look into a case by broken glass, and what the review of it came to."""

    case_id: UUID
    due_at: AwareDatetime
    escalated_at: AwareDatetime | None
    etag: str
    id: UUID
    opened_at: AwareDatetime
    opened_by: str
    opened_by_unit: str
    reason: BreakGlassReason
    reminded_at: AwareDatetime | None
    reviewed_at: AwareDatetime | None
    reviewed_by: str | None
    unit: str
    verdict: AccessVerdict | None


class RewriteProposal(Model):
    """A method as it is proposed, and why."""

    model_config = ConfigDict(
        extra="forbid",
    )
    name_en: str
    name_nb: str
    steps: list[ProposedStep]
    summary: str


class RoleMatrix(Model):
    """Which roles may take which action; how far they reach is the unit's, membership's and clearance's to say."""

    actions: dict[str, list[Role]]


class SaveAssessment(Model):
    """An assessment («kartlegging»); a draft until it is completed."""

    model_config = ConfigDict(
        extra="forbid",
        arbitrary_types_allowed=True,
    )
    best_interests: str | None = None
    child_not_heard: str | None = None
    child_view: str | None = None
    completed: bool | None = False
    duty_to_report: str | None = None
    guardian_contact: str | None = None
    guardian_not_contacted: str | None = None
    occurred_at: AwareDatetime | None = None
    protective_factors: list[ProtectiveFactor] | None = []
    risk_factors: list[RiskFactor] | None = []
    summary: str | None = None


class SaveEvaluation(Model):
    """An evaluation in the fields of EMMIE; a draft until it is completed, and then it names its effect."""

    model_config = ConfigDict(
        extra="forbid",
        arbitrary_types_allowed=True,
    )
    completed: bool | None = False
    economics: str | None = None
    effect: Effect | None = None
    implementation: str | None = None
    mechanism: str | None = None
    moderators: str | None = None
    occurred_at: AwareDatetime | None = None


class SavePlan(Model):
    """A plan («tiltaksplan»), written as a whole."""

    model_config = ConfigDict(
        extra="forbid",
    )
    goals: list[PlanGoal]
    occurred_at: AwareDatetime | None = None
    summary: str | None = None


class SavedFilter(Model):
    """Any filter of the list of cases."""

    model_config = ConfigDict(
        extra="forbid",
        arbitrary_types_allowed=True,
    )
    age_band: list[AgeBand] | None = []
    arena: list[Arena] | None = []
    case_type: list[CaseType] | None = []
    clarification_deadline_before: date | None = None
    clarification_deadline_from: date | None = None
    close_reason: list[CloseReason] | None = []
    closed_before: AwareDatetime | None = None
    closed_from: AwareDatetime | None = None
    held_from: list[CaseState] | None = []
    """Where a case stood that is on hold now."""
    hold_reason: list[HoldReason] | None = []
    legal_basis: list[LegalBasis] | None = []
    level: list[int] | None = []
    """1 ordinary, 2 confidential, 3 strictly confidential: of those that you may see."""
    municipality_number: list[str] | None = []
    """Four digits, the leading zero kept."""
    opened_before: AwareDatetime | None = None
    opened_from: AwareDatetime | None = None
    purpose_code: list[PurposeCode] | None = []
    recorded_before: AwareDatetime | None = None
    recorded_from: AwareDatetime | None = None
    reject_reason: list[RejectReason] | None = []
    restricted: bool | None = None
    """Only cases that are restricted, or only others: of those that you may see."""
    restriction_reason: list[RestrictionReason] | None = []
    retention_until_before: date | None = None
    retention_until_from: date | None = None
    special_category: bool | None = None
    """Only cases with special categories of personal data, or only others."""
    state: list[CaseState] | None = []
    """Where the case stands. Repeat it for several, as each of these codes."""
    subject_category: list[SubjectCategory] | None = []
    theme: list[Theme] | None = []
    updated_before: AwareDatetime | None = None
    updated_from: AwareDatetime | None = None


class ScheduleFollowUp(Model):
    """A follow-up («oppfølging») to hold."""

    model_config = ConfigDict(
        extra="forbid",
    )
    due_on: date
    occurred_at: AwareDatetime | None = None


class SearchCases(Model):
    """Words to look for, together with any filter of the list of cases."""

    model_config = ConfigDict(
        extra="forbid",
        arbitrary_types_allowed=True,
    )
    age_band: list[AgeBand] | None = []
    arena: list[Arena] | None = []
    case_type: list[CaseType] | None = []
    clarification_deadline_before: date | None = None
    clarification_deadline_from: date | None = None
    close_reason: list[CloseReason] | None = []
    closed_before: AwareDatetime | None = None
    closed_from: AwareDatetime | None = None
    cursor: str | None = None
    """`next` of the page before."""
    held_from: list[CaseState] | None = []
    """Where a case stood that is on hold now."""
    hold_reason: list[HoldReason] | None = []
    legal_basis: list[LegalBasis] | None = []
    level: list[int] | None = []
    """1 ordinary, 2 confidential, 3 strictly confidential: of those that you may see."""
    limit: int | None = 50
    """Most items on a page."""
    municipality_number: list[str] | None = []
    """Four digits, the leading zero kept."""
    opened_before: AwareDatetime | None = None
    opened_from: AwareDatetime | None = None
    purpose_code: list[PurposeCode] | None = []
    recorded_before: AwareDatetime | None = None
    recorded_from: AwareDatetime | None = None
    reject_reason: list[RejectReason] | None = []
    restricted: bool | None = None
    """Only cases that are restricted, or only others: of those that you may see."""
    restriction_reason: list[RestrictionReason] | None = []
    retention_until_before: date | None = None
    retention_until_from: date | None = None
    special_category: bool | None = None
    """Only cases with special categories of personal data, or only others."""
    state: list[CaseState] | None = []
    """Where the case stands. Repeat it for several, as each of these codes."""
    subject_category: list[SubjectCategory] | None = []
    theme: list[Theme] | None = []
    updated_before: AwareDatetime | None = None
    updated_from: AwareDatetime | None = None
    words: str
    """Words that a case is to have, all of them and in any order, at most 12; forms of a word count as one («ungdommene» finds «ungdom»), words that every text has don't count."""


class SearchReceiptView(Model):
    """A search after it was saved."""

    expires_on: date
    id: UUID
    recorded_at: AwareDatetime
    shared: bool
    version: int


class SetGoal(Model):
    """The goal of the unit's prevention plan that a case is tied to; null: none any more."""

    model_config = ConfigDict(
        extra="forbid",
    )
    occurred_at: AwareDatetime | None = None
    prevention_goal: UUID | None


class SetLevel(Model):
    """How confidential a case is."""

    model_config = ConfigDict(
        extra="forbid",
    )
    level: int
    """1 ordinary, 2 confidential, 3 strictly confidential."""
    occurred_at: AwareDatetime | None = None


class StepView(Model):
    """A step of a method."""

    code: str
    mandatory: bool
    name_en: str
    name_nb: str


class SubstituteReceipt(Model):
    """A substitution as it was made or ended."""

    id: UUID
    recorded_at: AwareDatetime


class SubstituteView(Model):
    """Who stands in for whom, from when until when."""

    absent: str
    ended_by: str | None
    id: UUID
    made_by: str
    substitute: str
    valid_from: AwareDatetime
    valid_to: AwareDatetime


class TakingPartView(Model):
    """A unit that takes part in a pilot, and the days on which it does; both are included."""

    pilot: str
    """The code of the programme: see /v1/pilots of the indicator service."""
    unit: str
    valid_from: date
    valid_until: date | None


class TaskView(Model):
    """A task: what is to be done with a case, by whom and until when."""

    assignee: str | None
    """Who is to do it, as `sub` names them; nobody, of the role, when null."""
    by_hand: bool
    """Added by somebody; else the work process asks for it."""
    case_id: UUID
    due_on: date
    ended_at: AwareDatetime | None
    ended_by: str | None
    id: UUID
    item_id: UUID | None
    """The measure, follow-up, information or offer that it is about."""
    kind: TaskKind
    level: int
    """How many times it was escalated."""
    made_at: AwareDatetime
    overdue: bool
    """Open, past its due day, and not paused."""
    paused: bool
    """Its deadline stands still while the case is on hold."""
    role: Role
    state: str
    """One of open, done, lapsed; a newer service may have more."""
    unit: str
    """Whose it is: the unit that holds the case, or the one that it is offered to."""


class TemplateView(Model):
    """A task that a work process asks for."""

    age_bands: list[AgeBand] | None
    """Cases about people of these ages; all when null."""
    anew_on: str | None
    """What makes it arise anew, with its whole deadline."""
    basis: str
    """One of law, method, assumed; a newer service may have more."""
    case_types: list[CaseType] | None
    """Cases of these types; all when null."""
    counted: str
    """One of calendar, working; a newer service may have more."""
    days: int | None
    """Days from when it arises; null for what has a due day of its own."""
    kind: TaskKind
    phases: list[CaseState]
    """While the case is in one of these, or on hold from one."""
    role: Role
    runs_on_hold: bool
    source: str


class TimelineNote(Model):
    """What somebody wrote about it."""

    author: str
    text: str


class UnitReceiptView(Model):
    """An operational unit after a command."""

    id: str
    uid: UUID
    version: int


class UnitToMake(Model):
    """A unit that is to be established."""

    model_config = ConfigDict(
        extra="forbid",
    )
    id: str
    name_en: str
    name_nb: str
    name_nn: str


class UnitView(Model):
    """A police unit."""

    id: str
    kind: str
    """`district`, `special_body`, `directorate` or `operational_unit`."""
    name_en: str
    name_nb: str
    name_nn: str
    parent: str | None
    """The district of an operational unit."""
    population_thousands: int | None
    """An assumption for planning, not a statistic."""
    uid: UUID
    """What events and changes of it name it by."""
    valid_from: date
    valid_to: date | None
    """The first day on which it is not there any more."""
    version: int
    """The ETag of an operational unit is `v` and this number, in quotes."""


class VisibilityAnswer(Model):
    """Those of the question that the bearer may see; of the others nothing is said, not even whether they exist."""

    cases: list[UUID] | None = []
    """Cases that the bearer may see now."""
    concerns: list[UUID] | None = []
    """Concerns that the bearer may see now."""
    former_cases: list[UUID] | None = []
    """Cases that the bearer may no longer see and once could: that they are gone is theirs to know."""
    offered_cases: list[UUID] | None = []
    """Cases that the bearer may not see and that are on offer to their unit: that an answer waits is theirs to know."""


class Whose(RootModel[str]):
    root: str
    """One of mine, role, unit; a newer service may have more."""


class ArchiveDecisionView(Model):
    """What the archives keep of a case."""

    decided_at: AwareDatetime
    decided_by: str
    outcome: str
    """One of transferred, destroy; a newer service may have more."""
    reference: str | None


class AssessmentAsOf(Model):
    """The assessment of then."""

    author: str | None
    best_interests: str | None
    child_not_heard: str | None
    child_view: str | None
    completed: bool
    completed_at: AwareDatetime | None
    duty_to_report: str | None
    guardian_contact: str | None
    guardian_not_contacted: str | None
    protective_factors: list[ProtectiveFactor]
    risk_factors: list[RiskFactor]
    summary: str | None


class AssessmentView(Model):
    """The assessment of a round."""

    author: str
    best_interests: str | None
    child_not_heard: str | None
    child_view: str | None
    completed: bool
    completed_at: AwareDatetime | None
    duty_to_report: str | None
    guardian_contact: str | None
    guardian_not_contacted: str | None
    protective_factors: list[ProtectiveFactor]
    risk_factors: list[RiskFactor]
    saved_at: AwareDatetime
    summary: str | None


class AttachmentView(Model):
    """What is told of an attachment; its content is below it."""

    added_at: AwareDatetime
    added_by: str
    id: UUID
    media_type: str
    """One of application/pdf, text/plain, image/jpeg, image/png, image/webp, image/tiff, image/heic, audio/mpeg, audio/mp4, audio/wav, video/mp4; a newer service may have more."""
    name: str
    scan: str
    """Whether a virus scanner saw it before it was kept."""
    sha256: str
    """The SHA-256 of the content, in hexadecimal."""
    size: int
    """Bytes of the content."""


class CaseFromConcern(Model):
    """A case opened by a decision on a concern; what is left out is taken from the concern."""

    model_config = ConfigDict(
        extra="forbid",
        arbitrary_types_allowed=True,
    )
    age_band: AgeBand | None = None
    arena: Arena | None = None
    case_type: CaseType
    description: str | None = None
    legal_basis: LegalBasis
    level: int | None = 1
    """1 ordinary, 2 confidential, 3 strictly confidential."""
    municipality_number: str | None = None
    necessity_reason: str | None = None
    prevention_goal: UUID | None = None
    purpose_code: PurposeCode
    special_category: bool | None = False
    subject: str | None = None
    subject_category: SubjectCategory | None = None
    subject_reference: str | None = None
    theme: Theme | None = None
    title: str


class CaseLine(Model):
    """A case in a list: codes and dates, nothing that anybody wrote."""

    age_band: AgeBand
    arena: Arena
    case_type: CaseType
    clarification_deadline: date
    close_reason: CloseReason | None
    closed_at: AwareDatetime | None
    id: UUID
    level: int
    """One of 1, 2, 3; a newer service may have more."""
    municipality_number: str | None
    opened_at: AwareDatetime
    prevention_goal: UUID | None
    """The goal of the unit's prevention plan that it is tied to."""
    restricted: bool
    retention_until: date
    """The last day on which the case is kept, as it stands now."""
    state: CaseState
    subject_category: SubjectCategory
    successor: str | None
    """Who answers for it since a reorganisation ended that unit."""
    theme: Theme
    unit: str
    """The unit that holds it; of what has ended, the unit of its time."""
    updated_at: AwareDatetime
    version: int


class CasePage(Model):
    """A page of cases; ``next`` is the cursor of the next page."""

    items: list[CaseLine]
    next: str | None


class CaseReceipt(Model):
    """The case after a command; ``item_id`` names the measure, follow-up, partner or offer that it was about."""

    id: UUID
    item_id: UUID | None
    recorded_at: AwareDatetime
    state: CaseState
    unit: str
    version: int


class CaseTransferView(Model):
    """An offer as the unit that holds the case sees it."""

    decided_at: AwareDatetime | None
    from_unit: str
    id: UUID
    note: str | None
    offered_at: AwareDatetime
    state: str
    """One of offered, accepted, rejected, revoked; a newer service may have more."""
    to_unit: str


class ChangeLine(Model):
    """A case that changed, or a tombstone for one that is gone for the caller."""

    case_type: CaseType | None
    change: str
    """`upsert` or `gone`."""
    id: UUID
    reason: str | None
    """Why it is gone: `erased`, `merged`, `transferred`, `restricted` or `access_ended`."""
    state: CaseState | None
    theme: Theme | None
    updated_at: AwareDatetime
    version: int


class ChangePage(Model):
    """A page of changes; ``next`` is always given, and asked with again it tells what came since."""

    items: list[ChangeLine]
    more: bool
    next: str | None


class ConcernLine(Model):
    """A concern in a list: codes and dates."""

    age_band: AgeBand
    arena: Arena
    case_id: UUID | None
    decided_at: AwareDatetime | None
    id: UUID
    municipality_number: str | None
    outcome: ConcernOutcome | None
    received_at: AwareDatetime
    source: ConcernSource
    state: str
    """One of received, decided; a newer service may have more."""
    successor: str | None
    """Who answers for it since a reorganisation ended that unit."""
    theme: Theme
    unit: str
    """The unit that received it."""
    version: int


class ConcernPage(Model):
    """A page of concerns."""

    items: list[ConcernLine]
    next: str | None


class ConcernReceipt(Model):
    """The concern after a command."""

    case_id: UUID | None
    id: UUID
    outcome: ConcernOutcome | None
    recorded_at: AwareDatetime
    state: str
    """One of received, decided; a newer service may have more."""
    unit: str
    version: int


class ConcernView(Model):
    """A concern."""

    age_band: AgeBand
    arena: Arena
    case_id: UUID | None
    decided_at: AwareDatetime | None
    decided_by: str | None
    description: str | None
    """Absent once the case that it became is erased."""
    id: UUID
    municipality_number: str | None
    note: str | None
    outcome: ConcernOutcome | None
    received_at: AwareDatetime
    recorded_at: AwareDatetime
    registered_by: str
    source: ConcernSource
    state: str
    """One of received, decided; a newer service may have more."""
    successor: str | None
    """Who answers for it since a reorganisation ended that unit."""
    theme: Theme
    unit: str
    """The unit that received it."""
    version: int


class DecideConcern(Model):
    """A decision on a concern; the outcome ``case``, and no other, opens a case."""

    model_config = ConfigDict(
        extra="forbid",
        arbitrary_types_allowed=True,
    )
    case: CaseFromConcern | None = None
    note: str | None = None
    occurred_at: AwareDatetime | None = None
    outcome: ConcernOutcome


class DisclosureView(Model):
    """A disclosure of something of a case."""

    allowed: list[str]
    """What its state allows next."""
    basis: str
    """One of prevent_crime, recipients_task, duty_to_report, duty_to_avert, police_purpose, court_order, consent; a newer service may have more."""
    decided_at: AwareDatetime | None
    decided_by: str | None
    """Who approved or refused it: never who asked for it."""
    disclosed_at: AwareDatetime | None
    disclosed_by: str | None
    fields: list[str]
    """Exactly what is given: fields by name, items by id."""
    id: UUID
    method: str | None
    """How it was given."""
    purpose_code: PurposeCode
    reason: str
    recipient: str
    recipient_kind: str
    """One of child_welfare, school, health, municipality, mediation_service, police_unit, prosecution, court, correctional_service, oversight; a newer service may have more."""
    requested_at: AwareDatetime
    requested_by: str
    state: str
    """One of prepared, approved, disclosed, refused, withdrawn; a newer service may have more."""
    withdrawn_at: AwareDatetime | None
    withdrawn_by: str | None


class DraftExample(Model):
    """An example drawn from an evaluated case, about one of the measures that it completed."""

    model_config = ConfigDict(
        extra="forbid",
    )
    advice: str
    case_id: UUID
    conditions: str | None = None
    context: str
    language: str | None = "nb"
    """One of nb, nn; a newer service may have more."""
    measure_id: UUID | None = None
    mechanism: str | None = None
    title: str
    what_was_done: str


class DraftLine(Model):
    """A draft in a list, without its texts."""

    answers: dict[str, str]
    arena: Arena
    authors: list[str]
    case_id: UUID
    case_type: CaseType
    checks: list[str]
    drafted_at: AwareDatetime
    effect: Effect
    id: UUID
    language: str
    """One of nb, nn; a newer service may have more."""
    measure_kind: MeasureKind
    method: str | None
    """The national method that was followed."""
    method_version: int | None
    reviewed_at: AwareDatetime | None
    reviewed_by: str | None
    revision: int
    state: str
    """One of draft, reviewed; a newer service may have more."""
    theme: Theme
    updated_at: AwareDatetime


class DraftPage(Model):
    """A page of drafts; ``next`` is the cursor of the next page."""

    items: list[DraftLine]
    next: str | None


class DraftReceiptView(Model):
    """A draft after a command."""

    id: UUID
    recorded_at: AwareDatetime
    revision: int
    state: str
    """One of draft, reviewed; a newer service may have more."""


class DraftView(Model):
    """A draft with its texts, and what its reviewer has to answer."""

    advice: str
    allowed: list[str]
    """What its state allows next."""
    answers: dict[str, str]
    arena: Arena
    authors: list[str]
    case_id: UUID
    case_type: CaseType
    checks: list[str]
    conditions: str | None
    context: str
    drafted_at: AwareDatetime
    effect: Effect
    id: UUID
    language: str
    """One of nb, nn; a newer service may have more."""
    measure_kind: MeasureKind
    mechanism: str | None
    method: str | None
    """The national method that was followed."""
    method_version: int | None
    reviewed_at: AwareDatetime | None
    reviewed_by: str | None
    revision: int
    state: str
    """One of draft, reviewed; a newer service may have more."""
    theme: Theme
    title: str
    updated_at: AwareDatetime
    warnings: list[str]
    """Where something may point to somebody: `context.date`, `codes.few_alike`."""
    what_was_done: str


class DuplicateView(Model):
    """A case or a concern that may be the same: codes, and why it is listed; nothing that anybody wrote."""

    age_band: AgeBand
    case_type: CaseType | None
    id: UUID
    kind: str
    """One of case, concern; a newer service may have more."""
    municipality_number: str | None
    reasons: list[str]
    """What is the same; no order of likelihood is meant."""
    since: AwareDatetime
    """When the case was opened, or the concern received."""
    state: str
    theme: Theme


class ErasureBatchCase(Model):
    """What became of a case."""

    case_id: UUID
    decided_at: AwareDatetime | None
    outcome: str | None
    """None while it waits for its turn."""
    reason: str | None
    """Why it was left."""
    version: int | None
    """The version of the case that its certificate names."""


class ErasureBatchView(Model):
    """A batch, how far it is, and what became of each case."""

    as_of: date
    erased: int
    finished_at: AwareDatetime | None
    id: UUID
    items: list[ErasureBatchCase]
    left: int
    requested_at: AwareDatetime
    requested_by: str
    state: str
    """One of planned, accepted, finished; a newer service may have more."""
    waiting: int


class ErasureCandidate(Model):
    """A case whose last day is past, and what keeps it from being erased."""

    case_id: UUID
    obstacles: list[str]
    """Empty when it would be erased."""
    retention_until: date


class ErasureCertificate(Model):
    """That a case was erased: by whom, on which ground, and what was destroyed; that never changes."""

    archive_decision: ArchiveDecisionView | None
    basis: ErasureBasis
    case_id: UUID
    concern_id: UUID | None
    """The concern that was erased with it."""
    contents_waiting: int
    """Contents of its attachments that an object store still holds: without the destroyed key nobody reads them; the worker deletes them there. It goes down to 0."""
    destroyed: dict[str, int]
    """Rows deleted or emptied, by table; `idempotency_key` answers kept for repeats; `data_key` keys without which no copy of the texts opens."""
    erased_at: AwareDatetime
    erased_by: str
    event_id: UUID | None
    """The event that told of it; absent when it left the archive of events."""
    legal_holds: list[LegalHoldView]
    """Holds that stood before and were lifted."""
    merged: list[UUID]
    """Cases that had been merged into it, erased with it or before; each has a certificate of its own."""
    recipients_to_tell: list[RecipientToTell]
    """To whom something of the case was given: they are to be told that it was erased (Law Enforcement Directive, art. 16(6)). The certificate names nobody: who they are is read before the erasure."""
    topic: str
    """Where the erasure was published for those who keep something about the case."""
    version: int
    """The case's version with the erasure: consumers that have it know of it."""


class EscalationView(Model):
    """A level of escalation."""

    level: int
    role: Role
    working_days: int
    """Working days after the due day."""


class ExampleReceiptView(Model):
    """An example after a command."""

    id: UUID
    recorded_at: AwareDatetime
    revision: int
    state: str
    """One of published, withdrawn; a newer service may have more."""
    version: int


class ExampleView(Model):
    """A published example: codes and texts, and nothing that leads to a case or a person."""

    advice: str | None
    answers: dict[str, str]
    arena: Arena
    case_type: CaseType
    checks: list[str]
    """What a reviewer confirmed that the texts are free of."""
    conditions: str | None
    context: str | None
    effect: Effect
    id: UUID
    language: str
    """One of nb, nn; a newer service may have more."""
    measure_kind: MeasureKind
    mechanism: str | None
    method: str | None
    """The national method that was followed."""
    method_version: int | None
    published_year: int
    revision: int
    state: str
    """One of published, withdrawn; a newer service may have more."""
    theme: Theme
    title: str | None
    """Null, as every text, when the example pointed to somebody."""
    unit: str
    """The unit that published it."""
    what_was_done: str | None
    withdrawal_reason: str | None


class FollowUpAsOf(Model):
    """A follow-up of then."""

    due_on: date
    held_at: AwareDatetime | None
    id: UUID
    notes: str | None
    round: int
    state: str
    """One of scheduled, held; a newer service may have more."""


class FoundExample(Model):
    """An example that a search found."""

    advice: str | None
    answers: dict[str, str]
    arena: Arena
    case_type: CaseType
    checks: list[str]
    """What a reviewer confirmed that the texts are free of."""
    conditions: str | None
    context: str | None
    effect: Effect
    highlight: str | None
    """Where the words stand: escaped HTML in which `<mark>` alone is a tag. Null without words."""
    id: UUID
    language: str
    """One of nb, nn; a newer service may have more."""
    measure_kind: MeasureKind
    mechanism: str | None
    method: str | None
    """The national method that was followed."""
    method_version: int | None
    published_year: int
    revision: int
    state: str
    """One of published, withdrawn; a newer service may have more."""
    theme: Theme
    title: str | None
    """Null, as every text, when the example pointed to somebody."""
    unit: str
    """The unit that published it."""
    what_was_done: str | None
    withdrawal_reason: str | None


class InformationAsOf(Model):
    """Information of then; its texts are shown to those alone who are shown them now."""

    basis: str | None
    clarification: str | None
    clarification_deadline: date
    clarified_at: AwareDatetime | None
    clarified_by: str | None
    id: UUID
    necessity_reason: str | None
    outcome: ClarificationOutcome | None
    registered_at: AwareDatetime
    registered_by: str
    restricted: bool
    """Whether access to its texts is restricted now."""
    source: str
    """One of own_observation, police_register, subject, guardian, partner, witness, open_source, intelligence; a newer service may have more."""
    source_reliability: str
    """One of reliable, usually_reliable, not_usually_reliable, unreliable, not_assessed; a newer service may have more."""
    special_category: bool
    statement_type: StatementType
    subject_category: SubjectCategory
    text: str | None
    verification_status: VerificationStatus


class InformationView(Model):
    """Information on a case, and until when it is to be clarified."""

    basis: str | None
    clarification: str | None
    clarification_deadline: date
    """The last day for clarifying it: four months, by law."""
    clarified_at: AwareDatetime | None
    clarified_by: str | None
    id: UUID
    necessity_reason: str | None
    outcome: ClarificationOutcome | None
    registered_at: AwareDatetime
    registered_by: str
    restricted: bool
    """Not clarified by its last day, not relevant, or not correct: then only a prevention lead and the privacy officer are shown the texts."""
    source: str
    """One of own_observation, police_register, subject, guardian, partner, witness, open_source, intelligence; a newer service may have more."""
    source_reliability: str
    """One of reliable, usually_reliable, not_usually_reliable, unreliable, not_assessed; a newer service may have more."""
    special_category: bool
    statement_type: StatementType
    subject_category: SubjectCategory
    text: str | None
    verification_status: VerificationStatus


class KeptFilter(Model):
    """The filter of a search, each condition that was left out as none."""

    model_config = ConfigDict(
        arbitrary_types_allowed=True,
    )
    age_band: list[AgeBand] | None = []
    arena: list[Arena] | None = []
    case_type: list[CaseType] | None = []
    clarification_deadline_before: date | None = None
    clarification_deadline_from: date | None = None
    close_reason: list[CloseReason] | None = []
    closed_before: AwareDatetime | None = None
    closed_from: AwareDatetime | None = None
    held_from: list[CaseState] | None = []
    """Where a case stood that is on hold now."""
    hold_reason: list[HoldReason] | None = []
    legal_basis: list[LegalBasis] | None = []
    level: list[int] | None = []
    """1 ordinary, 2 confidential, 3 strictly confidential: of those that you may see."""
    municipality_number: list[str] | None = []
    """Four digits, the leading zero kept."""
    opened_before: AwareDatetime | None = None
    opened_from: AwareDatetime | None = None
    purpose_code: list[PurposeCode] | None = []
    recorded_before: AwareDatetime | None = None
    recorded_from: AwareDatetime | None = None
    reject_reason: list[RejectReason] | None = []
    restricted: bool | None = None
    """Only cases that are restricted, or only others: of those that you may see."""
    restriction_reason: list[RestrictionReason] | None = []
    retention_until_before: date | None = None
    retention_until_from: date | None = None
    special_category: bool | None = None
    """Only cases with special categories of personal data, or only others."""
    state: list[CaseState] | None = []
    """Where the case stands. Repeat it for several, as each of these codes."""
    subject_category: list[SubjectCategory] | None = []
    theme: list[Theme] | None = []
    updated_before: AwareDatetime | None = None
    updated_from: AwareDatetime | None = None


class LeadTimeView(Model):
    """How long before its due day a task of a kind is reminded of."""

    basis: str
    """One of law, method, assumed; a newer service may have more."""
    kind: TaskKind
    source: str
    working_days: int | None
    """Working days before the due day; null for a kind that is not."""


class LegalHoldList(Model):
    """The legal holds on a case."""

    items: list[LegalHoldView]


class LinkCases(Model):
    """To which case one is linked, and how: it is related to it, follows it, is part of it."""

    model_config = ConfigDict(
        extra="forbid",
    )
    kind: str
    """One of related, same_subject_group, follows, part_of; a newer service may have more."""
    other_case: UUID


class LinkView(Model):
    """A link, from the case that is asked about: ``direction`` says how it is to be read."""

    case: CaseLine
    """The case at the other end."""
    direction: str
    """`to`: the case follows, or is part of, the other; `from`: the other of it; `both`: no matter."""
    id: UUID
    kind: str
    """One of related, same_subject_group, follows, part_of; a newer service may have more."""
    made_at: AwareDatetime
    made_by: str


class MeasureAsOf(Model):
    """A measure of then."""

    arena: Arena
    cancel_reason: CancelReason | None
    cancelled_at: AwareDatetime | None
    completed_at: AwareDatetime | None
    description: str | None
    due_on: date
    id: UUID
    kind: MeasureKind
    mandatory_steps_met: bool | None
    method_version: int | None
    planned_at: AwareDatetime
    round: int
    started_at: AwareDatetime | None
    state: str
    """One of planned, started, completed, cancelled; a newer service may have more."""
    steps_done: list[str]


class MemberList(Model):
    """Everybody to whom a case was opened."""

    items: list[MemberView]


class MergedList(Model):
    """The cases that were merged into one and that the caller may see."""

    items: list[CaseLine]


class MethodChangePage(Model):
    """A page of a method's change log; ``next`` is the cursor of the next page."""

    items: list[MethodChangeView]
    next: str | None


class MethodView(Model):
    """A version of a national method."""

    code: str
    name_en: str
    name_nb: str
    retired_from: date | None
    """From which day no new measure follows it; those that do go on."""
    steps: list[StepView]
    valid_from: date
    valid_to: date | None
    """From which day a later version is followed, or none: see `retired_from`."""
    version: int


class MunicipalityHistory(Model):
    """A municipality, and to which districts it belonged, the first before the last."""

    county: str
    county_number: str
    name: str
    number: str
    units: list[MunicipalityUnitView]
    valid_from: date
    valid_to: date | None
    """The first day on which it is not there any more."""


class MunicipalityList(Model):
    """The municipalities of a day."""

    items: list[MunicipalityView]
    on: date


class OfferReceipt(Model):
    """An offer that was turned down."""

    case_id: UUID
    id: UUID
    recorded_at: AwareDatetime
    state: str
    """One of offered, accepted, rejected, revoked; a newer service may have more."""


class PartnerAsOf(Model):
    """A partner of then."""

    added_at: AwareDatetime
    id: UUID
    kind: PartnerKind
    name: str | None
    removed_at: AwareDatetime | None


class PilotedView(Model):
    """Days on which only units that take part in a pilot may use a code; both are included."""

    code: str
    code_list: str
    open_in: list[TakingPartView]
    valid_from: date
    valid_until: date | None
    """Last day; null: until further notice."""


class PrepareDisclosure(Model):
    """What is to be given of a case, to whom, on which ground, and why."""

    model_config = ConfigDict(
        extra="forbid",
        arbitrary_types_allowed=True,
    )
    basis: str
    """One of prevent_crime, recipients_task, duty_to_report, duty_to_avert, police_purpose, court_order, consent; a newer service may have more."""
    fields: list[str]
    occurred_at: AwareDatetime | None = None
    purpose_code: PurposeCode
    reason: str
    recipient: str
    recipient_kind: str
    """One of child_welfare, school, health, municipality, mediation_service, police_unit, prosecution, court, correctional_service, oversight; a newer service may have more."""


class ProcessView(Model):
    """A version of the work process; a case stays on the one with which it was opened."""

    escalations: list[EscalationView]
    tasks: list[TemplateView]
    """Of a kind, the first one that is for such a case."""
    valid_from: date
    version: int


class ProposalLine(Model):
    """A proposal in a list."""

    approved_at: AwareDatetime | None
    approved_by: str | None
    hearing_until: date | None
    id: UUID
    method: MeasureKind
    name_en: str
    name_nb: str
    proposed_at: AwareDatetime
    proposed_by: str
    published_version: int | None
    """The version of the method that it became."""
    state: str
    """One of proposed, hearing, approved, published, rejected, withdrawn; a newer service may have more."""
    unit: str
    updated_at: AwareDatetime
    valid_from: date | None
    version: int


class ProposalPage(Model):
    """A page of proposals; ``next`` is the cursor of the next page."""

    items: list[ProposalLine]
    next: str | None


class ProposalReceiptView(Model):
    """A proposal after a command."""

    id: UUID
    recorded_at: AwareDatetime
    state: str
    """One of proposed, hearing, approved, published, rejected, withdrawn; a newer service may have more."""
    version: int


class ProposalView(Model):
    """A proposal with its steps and what was said about it."""

    allowed: list[str]
    """What its state allows next."""
    approved_at: AwareDatetime | None
    approved_by: str | None
    comments: list[CommentView]
    hearing_until: date | None
    id: UUID
    method: MeasureKind
    name_en: str
    name_nb: str
    proposed_at: AwareDatetime
    proposed_by: str
    published_version: int | None
    """The version of the method that it became."""
    state: str
    """One of proposed, hearing, approved, published, rejected, withdrawn; a newer service may have more."""
    steps: list[StepView]
    summary: str
    unit: str
    updated_at: AwareDatetime
    valid_from: date | None
    version: int


class ProposeMethod(Model):
    """A proposed version of the method for a kind of measure."""

    model_config = ConfigDict(
        extra="forbid",
        arbitrary_types_allowed=True,
    )
    method: MeasureKind
    name_en: str
    name_nb: str
    steps: list[ProposedStep]
    summary: str


class ProposeReorganisation(Model):
    """What is to become of which units, from which day, and why."""

    model_config = ConfigDict(
        extra="forbid",
    )
    effective_on: date
    from_units: list[str]
    kind: str
    """One of merge, split, move_municipalities; a newer service may have more."""
    new_units: list[UnitToMake] | None = None
    parts: list[PartOfReorganisation]
    rest: str | None = None
    summary: str


class RecountedConcern(Model):
    """What is counted of a concern."""

    age_band: AgeBand
    arena: Arena
    case_id: UUID | None
    decided_at: AwareDatetime | None
    id: UUID
    municipality_number: str | None
    outcome: ConcernOutcome | None
    received_at: AwareDatetime
    source: ConcernSource
    theme: Theme
    unit: str
    version: int


class RecountedConcerns(Model):
    """A page of concerns in order of id."""

    as_of: AwareDatetime
    """The database's moment after it looked: all that is in it was committed by then."""
    items: list[RecountedConcern]
    more: bool
    """Whether there are more after the last of them."""


class RecountedMove(Model):
    """One turn of a case's course."""

    at: AwareDatetime
    """When it happened, which may be dated back."""
    move: str
    """One of opened, held, resumed, ended, reopened, planned, approved; a newer service may have more."""


class RegisterInformation(Model):
    """Information («opplysning») about somebody: fact or assessment, where it comes from, how far it is proven."""

    model_config = ConfigDict(
        extra="forbid",
        arbitrary_types_allowed=True,
    )
    basis: str | None = None
    necessity_reason: str | None = None
    occurred_at: AwareDatetime | None = None
    source: str
    """One of own_observation, police_register, subject, guardian, partner, witness, open_source, intelligence; a newer service may have more."""
    source_reliability: str | None = "not_assessed"
    """One of reliable, usually_reliable, not_usually_reliable, unreliable, not_assessed; a newer service may have more."""
    special_category: bool | None = False
    statement_type: StatementType
    subject_category: SubjectCategory
    text: str
    verification_status: VerificationStatus


class RemindersView(Model):
    """A version of the lead times, which holds for all cases from a day on."""

    lead_times: list[LeadTimeView]
    valid_from: date
    version: int


class ReorganisationLine(Model):
    """A reorganisation in a list."""

    begun_at: AwareDatetime | None
    """When units changed; open cases follow from then on."""
    decided_at: AwareDatetime | None
    decided_by: str | None
    done_at: AwareDatetime | None
    """When nothing was left to move."""
    effective_on: date
    ends: list[str]
    """Those of `from_units` that are there no more from the day on."""
    from_units: list[str]
    id: UUID
    kind: str
    """One of merge, split, move_municipalities; a newer service may have more."""
    proposed_at: AwareDatetime
    proposed_by: str
    state: str
    """One of proposed, approved, rejected, withdrawn, under_way, done; a newer service may have more."""
    version: int


class ReorganisationPage(Model):
    """A page of reorganisations; ``next`` is the cursor of the next page."""

    items: list[ReorganisationLine]
    next: str | None


class ReorganisationReceiptView(Model):
    """A reorganisation after a command."""

    id: UUID
    recorded_at: AwareDatetime
    state: str
    """One of proposed, approved, rejected, withdrawn, under_way, done; a newer service may have more."""
    version: int


class ReviewPage(Model):
    """A page of reviews; ``next`` is the cursor of the next page."""

    items: list[ReviewView]
    next: str | None


class RevisionList(Model):
    """Every revision of an example, the newest first."""

    items: list[ExampleView]


class RewriteExample(Model):
    """An example, written anew and never copied from the case: about any such case, and about nobody."""

    model_config = ConfigDict(
        extra="forbid",
    )
    advice: str
    conditions: str | None = None
    context: str
    language: str | None = "nb"
    """One of nb, nn; a newer service may have more."""
    mechanism: str | None = None
    title: str
    what_was_done: str


class SaveSearch(Model):
    """A search to keep: words, a filter, or both."""

    model_config = ConfigDict(
        extra="forbid",
    )
    filter: SavedFilter | None = None
    name: str
    shared: bool | None = False
    """Show it to the whole unit; a prevention lead's to say."""
    words: str | None = None


class SearchView(Model):
    """A search that somebody keeps."""

    changed_at: AwareDatetime
    expires_on: date
    """The last day on which it is kept; saving it anew moves it on."""
    filter: KeptFilter
    id: UUID
    name: str
    owner: str
    """Who keeps it, as access tokens name the person in `sub`; who alone changes it."""
    saved_at: AwareDatetime
    shared: bool
    """Whether the whole unit sees it."""
    version: int
    words: str | None


class SubstitutePage(Model):
    """A page of substitutions; ``next`` is the cursor of the next page."""

    items: list[SubstituteView]
    next: str | None


class TaskList(Model):
    """The tasks of a case, the oldest first."""

    items: list[TaskView]


class TaskPage(Model):
    """A page of tasks, the first due first."""

    items: list[TaskView]
    next: str | None = None


class TimelineLine(Model):
    """One thing that happened."""

    actor: ActorView | None
    """Null when the audit trail no longer reaches back to it."""
    code: str
    """An event type such as `measure.started`, or an act such as `case.set_level`."""
    facts: dict[str, Any]
    """The codes of the event; see the AsyncAPI description of the type."""
    item: ItemView | None
    note: TimelineNote | None
    occurred_at: AwareDatetime
    recorded_at: AwareDatetime
    sentence: str
    """For people to read; made of codes, days and numbers, with nothing anybody wrote."""
    template: str
    """The name and version of the template that the sentence is made from."""
    unit: str | None
    """The unit that held the case after it; null for an act that no event tells of."""
    version: int
    """The version that the case had after it."""


class TimelinePage(Model):
    """A page of a timeline, oldest first."""

    items: list[TimelineLine]
    language: str
    """One of nb, en; a newer service may have more."""
    next: str | None


class TransferLine(Model):
    """An offer; its ETag is what accepting or rejecting takes in If-Match."""

    age_band: AgeBand
    arena: Arena
    case_id: UUID
    case_type: CaseType
    decided_at: AwareDatetime | None
    etag: str
    from_unit: str
    id: UUID
    offered_at: AwareDatetime
    state: str
    """One of offered, accepted, rejected, revoked; a newer service may have more."""
    theme: Theme
    to_unit: str


class TransferPage(Model):
    """A page of offers."""

    items: list[TransferLine]
    next: str | None


class UnitList(Model):
    """Units; `on` is the day that they are of."""

    items: list[UnitView]
    on: date | None


class WithdrawExample(Model):
    """Why an example is withdrawn; one that ``identifies`` somebody loses its texts for good."""

    model_config = ConfigDict(
        extra="forbid",
    )
    reason: str
    """One of outdated, disproved, identifies; a newer service may have more."""


class AttachmentList(Model):
    """The attachments of a case, the oldest first."""

    items: list[AttachmentView]


class CaseAsOf(Model):
    """A case as it was known; assessment, plan and evaluation are those of the round of then."""

    age_band: AgeBand
    arena: Arena
    assessment: AssessmentAsOf | None
    at: AwareDatetime
    """The moment that was asked about."""
    case_type: CaseType
    close_reason: CloseReason | None
    closed_at: AwareDatetime | None
    concern_id: UUID | None
    description: str | None
    evaluation: EvaluationAsOf | None
    follow_ups: list[FollowUpAsOf]
    held_from: CaseState | None
    hold_reason: HoldReason | None
    id: UUID
    information: list[InformationAsOf]
    last_recorded_at: AwareDatetime
    """When the last was recorded of what was known then."""
    legal_basis: LegalBasis
    measures: list[MeasureAsOf]
    merged: bool
    """Whether it had been merged into another case, which goes on."""
    municipality_number: str | None
    necessity_reason: str | None
    not_known: list[str]
    """What of then is not known, by the names of this answer: words that were written over since, and what no event tells of."""
    notes: list[NoteView]
    opened_at: AwareDatetime
    opened_by: str
    partners: list[PartnerAsOf]
    plan: PlanAsOf | None
    prevention_goal: UUID | None
    purpose_code: PurposeCode
    restricted: bool
    restriction_reason: RestrictionReason | None
    round: int
    special_category: bool
    state: CaseState
    subject: str | None
    subject_category: SubjectCategory
    theme: Theme
    title: str
    unit: str
    version: int
    """The version that the case had then."""


class CaseView(Model):
    """A case with everything below it; assessment, plan and evaluation are those of ``shown_round``."""

    age_band: AgeBand
    allowed: list[str]
    """Actions that the state allows next."""
    arena: Arena
    assessment: AssessmentView | None
    case_owner: str
    case_type: CaseType
    clarification_deadline: date
    close_reason: CloseReason | None
    closed_at: AwareDatetime | None
    concern_id: UUID | None
    description: str | None
    ended_at: AwareDatetime | None
    """When it was closed, referred or rejected."""
    evaluation: EvaluationView | None
    follow_ups: list[FollowUpView]
    held_from: CaseState | None
    hold_reason: HoldReason | None
    id: UUID
    information: list[InformationView]
    legal_basis: LegalBasis
    level: int
    """One of 1, 2, 3; a newer service may have more."""
    measures: list[MeasureView]
    merged_at: AwareDatetime | None
    """When it was found to be a duplicate; from then on it only stays as it was."""
    merged_into: UUID | None
    """The case that goes on, if you may see it."""
    municipality_number: str | None
    necessity_reason: str | None
    notes: list[NoteView]
    opened_at: AwareDatetime
    opened_by: str
    partners: list[PartnerView]
    plan: PlanView | None
    prevention_goal: UUID | None
    """The goal of the unit's prevention plan that it is tied to."""
    purpose_code: PurposeCode
    recorded_at: AwareDatetime
    reject_reason: RejectReason | None
    restricted: bool
    restriction_reason: RestrictionReason | None
    retention_rule: str
    """The rule that says until when: see `/v1/retention-rules`."""
    retention_until: date
    """The last day on which the case is kept, as it stands now."""
    round: int
    shown_round: int
    special_category: bool
    state: CaseState
    subject: str | None
    subject_category: SubjectCategory
    successor: str | None
    """Who answers for it since a reorganisation ended that unit."""
    theme: Theme
    title: str
    transfers: list[CaseTransferView]
    unit: str
    """The unit that holds it; of what has ended, the unit of its time."""
    updated_at: AwareDatetime
    version: int


class Catalogue(Model):
    """Everything that a client needs to fill in forms: codes, units, municipalities, methods."""

    codes: dict[str, list[str]]
    methods: list[MethodView]
    municipalities: list[MunicipalityView]
    on: date
    """The day that units and municipalities are of."""
    piloted: list[PilotedView]
    """Codes that are pilots, and the units that may use them."""
    retired: dict[str, dict[str, date]]
    """Codes that nothing new takes, by list, with the day from which: they still read where they stand."""
    units: list[UnitView]


class DisclosureList(Model):
    """The disclosures of a case."""

    items: list[DisclosureView]


class DuplicatePage(Model):
    """A page of what looks alike, newest first; ``next`` is the cursor of the next page."""

    items: list[DuplicateView]
    next: str | None


class ErasureBatchReceipt(Model):
    """A batch that was planned or accepted."""

    candidates: list[ErasureCandidate]
    """After a dry run, each case."""
    id: UUID | None
    """None after a dry run, of which nothing is kept."""
    left: int
    """Cases that something keeps."""
    recorded_at: AwareDatetime
    state: str
    """One of planned, accepted, finished; a newer service may have more."""
    waiting: int
    """Cases to erase."""


class ExamplePage(Model):
    """A page of examples; ``next`` is the cursor of the next page."""

    items: list[FoundExample]
    next: str | None


class LinkPage(Model):
    """A page of links, newest first; ``next`` is the cursor of the next page."""

    items: list[LinkView]
    next: str | None


class MethodList(Model):
    """Method versions."""

    items: list[MethodView]


class ProcessList(Model):
    """Every version of the work process, and of when its tasks are reminded of."""

    items: list[ProcessView]
    reminders: list[RemindersView]


class RecountedCase(Model):
    """What is counted of a case. Of one that is erased or merged nothing counts, and nothing more is said."""

    age_band: AgeBand | None = None
    arena: Arena | None = None
    assessed_at: AwareDatetime | None = None
    """When an assessment was completed first."""
    case_type: CaseType | None = None
    child_view_recorded: bool | None = None
    """What the newest completed assessment says; null without one."""
    close_reason: CloseReason | None = None
    concern_id: UUID | None = None
    course: Annotated[list[RecountedMove] | None, Field(validate_default=True)] = []
    """In order of version."""
    effect: Effect | None = None
    ended_at: AwareDatetime | None = None
    erased: bool
    evaluated_at: AwareDatetime | None = None
    """When the evaluation of the present round was completed."""
    follow_ups: Annotated[list[RecountedFollowUp] | None, Field(validate_default=True)] = []
    goals: int | None = 0
    goals_with_baseline: int | None = 0
    id: UUID
    information: Annotated[list[RecountedInformation] | None, Field(validate_default=True)] = []
    measures: Annotated[list[RecountedMeasure] | None, Field(validate_default=True)] = []
    merged: bool
    municipality_number: str | None = None
    opened_at: AwareDatetime | None = None
    partners: Annotated[list[RecountedPartner] | None, Field(validate_default=True)] = []
    plan_approved_at: AwareDatetime | None = None
    planned_at: AwareDatetime | None = None
    restricted: bool | None = False
    state: CaseState | None = None
    subject_category: SubjectCategory | None = None
    theme: Theme | None = None
    ties: Annotated[list[RecountedTie] | None, Field(validate_default=True)] = []
    """In order of version."""
    times_reopened: int | None = 0
    unit: str | None = ""
    """The unit whose figures it counts in; empty when it counts in none."""
    version: int
    """The version of its newest event."""


class RecountedCases(Model):
    """A page of cases in order of id."""

    as_of: AwareDatetime
    """The database's moment after it looked: all that is in it was committed by then."""
    items: list[RecountedCase]
    more: bool
    """Whether there are more after the last of them."""


class SearchPage(Model):
    """A page of searches, the newest first."""

    items: list[SearchView]
    next: str | None
