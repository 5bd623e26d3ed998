"""What requests may hold; an unknown field is refused."""

from dataclasses import fields
from typing import Annotated, Any, Self

from forkant_contracts.codes import AgeBand, Arena, ConcernOutcome, SubjectCategory
from forkant_contracts.visibility import PersonQuestion, VisibilityQuestion
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, model_validator
from pydantic_core import PydanticCustomError

from case_service.api import fields as f
from case_service.api.examples import EXAMPLES
from case_service.commands.information import Clarification, NewInformation
from case_service.commands.measures import NewMeasure
from case_service.commands.members import AccessReason
from case_service.commands.opening import NewCase
from case_service.commands.work import Emmie, Goal
from case_service.domain.children import ChildConsidered, DutyToReport, GuardianContact, NotContacted, NotHeard
from case_service.domain.erasing import ArchiveOutcome, LegalHoldReason
from case_service.domain.information import InformationSource, SourceReliability
from case_service.domain.levels import Level
from case_service.store.concerns import LoadedConcern


class Body(BaseModel):
    """Base of every request body."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra=lambda schema, model: schema.update(examples=[EXAMPLES[model.__name__]]),
    )


class Act(Body):
    """A command without inputs of its own."""

    occurred_at: f.Moment | None = None


class ReceiveConcern(Act):
    """A concern as it was received."""

    source: f.ConcernSourceCode
    theme: f.ThemeCode
    age_band: f.AgeBandCode
    arena: f.ArenaCode = Arena.PHYSICAL
    municipality_number: f.Municipality | None = None
    description: f.Story
    subject_reference: f.SubjectReference | None = Field(default=None, repr=False)


class CaseFacts(Body):
    """What a case is opened with, whether by itself or from a concern."""

    case_type: f.CaseTypeCode
    subject_category: f.SubjectCategoryCode = SubjectCategory.NOT_APPLICABLE
    purpose_code: f.PurposeCodeCode
    legal_basis: f.LegalBasisCode
    title: f.Title
    subject: f.Name | None = None
    description: f.Story | None = None
    special_category: StrictBool = False
    necessity_reason: f.Reason | None = None
    level: f.LevelCode = Level.ORDINARY
    prevention_goal: f.PreventionGoal | None = None

    def _new(self, **codes: Any) -> NewCase:
        return NewCase(**{name: getattr(self, name) for name in CaseFacts.model_fields}, **codes)


class CaseByItself(CaseFacts):
    """What a case is opened with that comes from no concern."""

    theme: f.ThemeCode
    age_band: f.AgeBandCode = AgeBand.NOT_APPLICABLE
    arena: f.ArenaCode = Arena.PHYSICAL
    municipality_number: f.Municipality | None = None
    subject_reference: f.SubjectReference | None = Field(default=None, repr=False)

    def new_case(self) -> NewCase:
        """Return the case to open."""
        return self._new(
            theme=self.theme,
            age_band=self.age_band,
            arena=self.arena,
            municipality_number=self.municipality_number,
            subject_form=self.subject_reference,
        )


class OpenCase(CaseByItself):
    """A case opened by itself."""

    occurred_at: f.Moment | None = None


class CaseFromConcern(CaseFacts):
    """A case opened by a decision on a concern; what is left out is taken from the concern."""

    theme: f.ThemeCode | None = None
    age_band: f.AgeBandCode | None = None
    arena: f.ArenaCode | None = None
    municipality_number: f.Municipality | None = None
    subject_reference: f.SubjectReference | None = Field(default=None, repr=False)

    def new_case(self, concern: LoadedConcern) -> NewCase:
        """Return the case to open."""
        return self._new(
            theme=self.theme or concern.theme,
            age_band=self.age_band or concern.age_band,
            arena=self.arena or concern.arena,
            municipality_number=self.municipality_number or concern.municipality_number,
            subject_form=self.subject_reference,
        )


class DecideConcern(Act):
    """A decision on a concern; the outcome ``case``, and no other, opens a case."""

    outcome: f.ConcernOutcomeCode
    note: f.Note | None = None
    case: CaseFromConcern | None = None

    @model_validator(mode="after")
    def _case_with_its_outcome(self) -> Self:
        if (self.outcome is ConcernOutcome.CASE) != (self.case is not None):
            raise PydanticCustomError("case_and_outcome", "case is given with the outcome 'case', and only then")
        return self


class SaveAssessment(Act):
    """An assessment («kartlegging»); a draft until it is completed."""

    risk_factors: frozenset[f.RiskFactorCode] = frozenset()
    protective_factors: frozenset[f.ProtectiveFactorCode] = frozenset()
    summary: f.Story | None = None
    best_interests: f.Story | None = None
    child_view: f.Note | None = None
    child_not_heard: NotHeard | None = None
    guardian_contact: GuardianContact | None = None
    guardian_not_contacted: NotContacted | None = None
    duty_to_report: DutyToReport | None = None
    completed: StrictBool = False

    def child(self) -> ChildConsidered:
        """Return what is said of the child's interests."""
        return ChildConsidered(**{each.name: getattr(self, each.name) for each in fields(ChildConsidered)})


class PlanGoal(Body):
    """A goal; it counts as having a baseline («nullpunkt») when it is measurable and one is written."""

    text: f.Goal
    measurable: StrictBool = False
    baseline: f.Name | None = None
    target: f.Name | None = None

    def goal(self) -> Goal:
        """Return the goal to save."""
        return Goal(text=self.text, measurable=self.measurable, baseline=self.baseline, target=self.target)


class SavePlan(Act):
    """A plan («tiltaksplan»), written as a whole."""

    goals: Annotated[list[PlanGoal], Field(min_length=1, max_length=20)]
    summary: f.Story | None = None


class PlanMeasure(Act):
    """A measure («tiltak») to carry out; it follows the latest version of its national method, or the one named."""

    kind: f.MeasureKindCode
    arena: f.ArenaCode = Arena.PHYSICAL
    due_on: f.Day
    method_version: Annotated[StrictInt, Field(ge=1, le=1000)] | None = None
    description: f.Note | None = None

    def new_measure(self) -> NewMeasure:
        """Return the measure to plan."""
        return NewMeasure(
            kind=self.kind,
            arena=self.arena,
            due_on=self.due_on,
            method_version=self.method_version,
            description=self.description,
        )


class CompleteStep(Act):
    """A step of the measure's method that was done."""

    step: f.StepCode


class CancelMeasure(Act):
    """Why a measure is cancelled."""

    reason: f.CancelReasonCode


class ScheduleFollowUp(Act):
    """A follow-up («oppfølging») to hold."""

    due_on: f.Day


class HoldFollowUp(Act):
    """A follow-up that was held."""

    notes: f.Story | None = None


class SaveEvaluation(Act):
    """An evaluation in the fields of EMMIE; a draft until it is completed, and then it names its effect."""

    effect: f.EffectCode | None = None
    mechanism: f.Note | None = None
    moderators: f.Note | None = None
    implementation: f.Note | None = None
    economics: f.Note | None = None
    completed: StrictBool = False

    @model_validator(mode="after")
    def _effect_named(self) -> Self:
        if self.completed and self.effect is None:
            raise PydanticCustomError("effect_missing", "a completed evaluation names its effect")
        return self

    def emmie(self) -> Emmie:
        """Return the evaluation to save."""
        return Emmie(
            effect=self.effect,
            mechanism=self.mechanism,
            moderators=self.moderators,
            implementation=self.implementation,
            economics=self.economics,
        )


class PutOnHold(Act):
    """Why work on a case pauses."""

    reason: f.HoldReasonCode
    note: f.Note | None = None


class CloseCase(Act):
    """Why a case is closed; ``evaluated`` needs a completed evaluation."""

    reason: f.CloseReasonCode
    note: f.Note | None = None


class ReferCase(Act):
    """To whom a case is handed."""

    referred_to: f.PartnerKindCode
    note: f.Note | None = None


class RejectCase(Act):
    """Why a case has no ground."""

    reason: f.RejectReasonCode
    note: f.Note | None = None


class ReopenCase(Act):
    """Why an ended case is taken up again."""

    reason: f.ReopenReasonCode
    note: f.Note | None = None


class AddPartner(Act):
    """A partner outside the police."""

    kind: f.PartnerKindCode
    name: f.Name | None = None


class RegisterInformation(Act):
    """Information («opplysning») about somebody: fact or assessment, where it comes from, how far it is proven."""

    statement_type: f.StatementTypeCode
    verification_status: f.VerificationStatusCode
    source: InformationSource
    source_reliability: SourceReliability = SourceReliability.NOT_ASSESSED
    subject_category: f.SubjectCategoryCode
    special_category: StrictBool = False
    text: f.Story
    basis: f.Note | None = None
    necessity_reason: f.Reason | None = None

    def new_information(self) -> NewInformation:
        """Return the information to register."""
        return NewInformation(**self.model_dump(exclude={"occurred_at"}))


class ClarifyInformation(Act):
    """Whether information is relevant to the case's purpose, and whether it is verified now."""

    outcome: f.ClarificationOutcomeCode
    verification_status: f.VerificationStatusCode
    note: f.Note | None = None

    def clarification(self) -> Clarification:
        """Return what came of clarifying."""
        return Clarification(outcome=self.outcome, verification_status=self.verification_status, note=self.note)


class OfferTransfer(Act):
    """The unit that a case is offered to."""

    to_unit: Annotated[str, Field(pattern=r"^[a-z][a-z-]{1,30}$", examples=["troms"])]
    note: f.Note | None = None


class RestrictCase(Act):
    """Whether a case is restricted («sperret») from now on, and why."""

    restricted: StrictBool
    reason: f.RestrictionReasonCode


class EraseCase(Act):
    """The ground on which a case is erased."""

    basis: f.ErasureBasisCode


class PlaceLegalHold(Act):
    """Why a case must be kept as it is."""

    reason: LegalHoldReason


class DecideArchive(Act):
    """What the archives keep of a case: `transferred` with the archive's reference, or `destroy` without one."""

    outcome: ArchiveOutcome
    reference: Annotated[str | None, Field(pattern=r"^[A-Z0-9][A-Z0-9./-]{2,63}$", examples=["2026/4711-3"])] = None


class AddMember(Act):
    """Who becomes a member of a case."""

    subject: f.Subject
    valid_to: f.Instant | None = None


class GiveAccess(Act):
    """Who gets access to a case for a time, and why."""

    subject: f.Subject
    valid_to: f.Instant
    reason: AccessReason


class AddSubstitute(Body):
    """Who stands in for whom, and how long."""

    absent: f.Subject
    substitute: f.Subject
    valid_from: f.Instant | None = None
    valid_to: f.Instant


class BreakGlass(Body):
    """Why somebody has to look into a case that they are no member of."""

    reason: f.BreakGlassReasonCode


class ReviewAccess(Body):
    """Whether broken glass was justified."""

    verdict: f.AccessVerdictCode


class SetGoal(Act):
    """The goal of the unit's prevention plan that a case is tied to; null: none any more."""

    prevention_goal: f.PreventionGoal | None


class SetLevel(Act):
    """How confidential a case is."""

    level: f.LevelCode


class AskVisibility(Body, VisibilityQuestion):
    """Ids of cases and concerns that another service keeps."""


class AskForPerson(Body, PersonQuestion):
    """Ids of cases and concerns that a letter to a person would be about, and what that person's token said last."""
