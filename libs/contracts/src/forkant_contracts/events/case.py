"""Events of a preventive case («forebyggende sak»), from opening to erasure.

``unit`` in the envelope is the unit that holds the case after the event.
"""

from typing import ClassVar

from forkant_contracts.codes import (
    AgeBand,
    Arena,
    CaseState,
    CaseType,
    CloseReason,
    Effect,
    ErasureBasis,
    HoldReason,
    LegalBasis,
    PartnerKind,
    ProtectiveFactor,
    PurposeCode,
    RejectReason,
    ReopenReason,
    RestrictionReason,
    RiskFactor,
    SubjectCategory,
    Theme,
    TransferReason,
)
from forkant_contracts.envelope import EventData
from forkant_contracts.fields import Count, Flag, Identifier, MunicipalityNumber, UnitId
from forkant_contracts.topics import CASE_TOPIC


class CaseEvent(EventData):
    """Base of the events that the case aggregate carries."""

    TOPIC: ClassVar[str] = CASE_TOPIC


class CaseOpened(CaseEvent):
    """A case was opened; its state is ``registered`` and ``time`` is the day it counts from."""

    TYPE: ClassVar[str] = "no.forkant.case.opened.v1"
    MINOR: ClassVar[int] = 2

    case_type: CaseType
    """Person, group, place or phenomenon."""
    theme: Theme
    """Kind of crime to prevent."""
    age_band: AgeBand
    """Age band of the subject, or ``not_applicable``."""
    subject_category: SubjectCategory
    """Category of data subject (LED art. 6), or ``not_applicable``."""
    purpose_code: PurposeCode
    """Purpose of the processing."""
    legal_basis: LegalBasis
    """Legal basis of the processing."""
    arena: Arena = Arena.PHYSICAL
    """Where the problem shows."""
    municipality_number: MunicipalityNumber | None = None
    """Municipality that the case is about, when there is one."""
    concern_id: Identifier | None = None
    """The concern that the case comes from, when there is one."""
    prevention_goal_id: Identifier | None = None
    """The goal of the unit's prevention plan («forebyggingsplan») that the case is tied to, when there is one."""


class CaseGoalChanged(CaseEvent):
    """The case was tied to a goal of the unit's prevention plan, or to none any more: the newest event holds.

    Whether the goal is one of a plan in force is not said: a plan may be approved later, and end before the case does.
    """

    TYPE: ClassVar[str] = "no.forkant.case.goal-changed.v1"

    prevention_goal_id: Identifier | None = None
    """The goal; none when the case is tied to none any more."""


class CaseAssessmentStarted(CaseEvent):
    """Assessment («kartlegging») began; the state is ``assessing``."""

    TYPE: ClassVar[str] = "no.forkant.case.assessment-started.v1"


class CaseAssessed(CaseEvent):
    """The assessment was completed; factors are codes set by a person, never a score."""

    TYPE: ClassVar[str] = "no.forkant.case.assessed.v1"

    risk_factors: tuple[RiskFactor, ...] = ()
    """Risk factors found."""
    protective_factors: tuple[ProtectiveFactor, ...] = ()
    """Protective factors found."""
    child_view_recorded: Flag | None = None
    """Whether the child's own view is recorded; absent when the subject is not under 18."""


class CasePlanned(CaseEvent):
    """A plan («tiltaksplan») was written or rewritten and awaits approval; the state is ``planned``."""

    TYPE: ClassVar[str] = "no.forkant.case.planned.v1"

    goals: Count
    """Goals in the plan."""
    goals_with_baseline: Count
    """Goals that are measurable and have a baseline («nullpunkt»)."""


class CasePlanApproved(CaseEvent):
    """The plan was approved by a prevention lead who did not write it."""

    TYPE: ClassVar[str] = "no.forkant.case.plan-approved.v1"

    goals: Count
    """Goals in the approved plan."""
    goals_with_baseline: Count
    """Goals that are measurable and have a baseline."""


class CaseActivated(CaseEvent):
    """The first measure began; the state is ``active``."""

    TYPE: ClassVar[str] = "no.forkant.case.activated.v1"


class CasePutOnHold(CaseEvent):
    """Work paused; the state is ``on_hold``."""

    TYPE: ClassVar[str] = "no.forkant.case.put-on-hold.v1"

    reason: HoldReason
    """Why."""


class CaseResumed(CaseEvent):
    """Work went on after a hold."""

    TYPE: ClassVar[str] = "no.forkant.case.resumed.v1"

    state: CaseState
    """The state that the case returned to."""


class CaseTransferred(CaseEvent):
    """Another unit holds the case from now on: it accepted it, or took the place of the unit before."""

    TYPE: ClassVar[str] = "no.forkant.case.transferred.v1"
    MINOR: ClassVar[int] = 1

    from_unit: UnitId
    """The unit that held the case before."""
    reason: TransferReason = TransferReason.ACCEPTED
    """Why."""


class CaseReferred(CaseEvent):
    """The case was handed to a body outside the police; the state is ``referred``."""

    TYPE: ClassVar[str] = "no.forkant.case.referred.v1"

    referred_to: PartnerKind
    """Kind of body that took over."""


class CaseRejected(CaseEvent):
    """The case was found to have no ground; the state is ``rejected``."""

    TYPE: ClassVar[str] = "no.forkant.case.rejected.v1"

    reason: RejectReason
    """Why."""


class CaseFollowedUp(CaseEvent):
    """The measures are done and following up began; the state is ``follow_up``."""

    TYPE: ClassVar[str] = "no.forkant.case.followed-up.v1"


class CaseEvaluationStarted(CaseEvent):
    """Evaluation began; the state is ``evaluating``."""

    TYPE: ClassVar[str] = "no.forkant.case.evaluation-started.v1"


class CaseEvaluated(CaseEvent):
    """The evaluation was completed."""

    TYPE: ClassVar[str] = "no.forkant.case.evaluated.v1"

    effect: Effect
    """Outcome, harm and not-known included."""


class CaseClosed(CaseEvent):
    """The case was closed; the state is ``closed``."""

    TYPE: ClassVar[str] = "no.forkant.case.closed.v1"

    reason: CloseReason
    """Why it was closed."""
    evaluated: Flag
    """Whether a completed evaluation stood when it was closed."""


class CaseReopened(CaseEvent):
    """A closed, referred or rejected case was taken up again; the state is ``assessing``."""

    TYPE: ClassVar[str] = "no.forkant.case.reopened.v1"

    reason: ReopenReason
    """Why."""


class CaseRestricted(CaseEvent):
    """Access to the case was restricted («sperring») or the restriction was lifted."""

    TYPE: ClassVar[str] = "no.forkant.case.restricted.v1"

    restricted: Flag
    """True when the restriction was set, false when it was lifted."""
    reason: RestrictionReason
    """Why."""


class CaseMerged(CaseEvent):
    """The case was found to be a duplicate of another and was merged into it; from now on only the other counts."""

    TYPE: ClassVar[str] = "no.forkant.case.merged.v1"

    into_case_id: Identifier
    """The case that goes on."""


class CaseErased(CaseEvent):
    """The case's content was erased («sletting»); receivers remove what they hold about it and keep a tombstone."""

    TYPE: ClassVar[str] = "no.forkant.case.erased.v1"

    basis: ErasureBasis
    """Ground for the erasure."""
