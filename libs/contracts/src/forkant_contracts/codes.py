"""Code lists that events and APIs share.

Writers may only use the listed members. A reader that meets a code from a newer release gets ``UNKNOWN`` instead of
an error, so that a new code never stops a consumer; ``UNKNOWN`` itself is never written.
"""

from enum import StrEnum
from typing import Final, Self


class OpenCode(StrEnum):
    """A code list that reads unknown values as ``UNKNOWN``."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return cls.__members__.get("UNKNOWN") if isinstance(value, str) else None


class CaseType(OpenCode):
    """What a preventive case is about."""

    PERSON = "person"
    GROUP = "group"
    PLACE = "place"
    PHENOMENON = "phenomenon"
    ONLINE_COMMUNITY = "online_community"
    """A community on a digital platform, such as the members of a channel or of a game's server."""
    UNKNOWN = "unknown"


PILOT_CASE_TYPES: Final = frozenset({CaseType.ONLINE_COMMUNITY})
"""Case types that came as pilots. Whether one still is one on a day, the case service's reference data say."""


class CaseState(OpenCode):
    """Where a preventive case stands in its lifecycle."""

    REGISTERED = "registered"
    ASSESSING = "assessing"
    PLANNED = "planned"
    ACTIVE = "active"
    FOLLOW_UP = "follow_up"
    EVALUATING = "evaluating"
    CLOSED = "closed"
    ON_HOLD = "on_hold"
    REFERRED = "referred"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


class Theme(OpenCode):
    """The kind of crime that a concern or case seeks to prevent."""

    VIOLENCE = "violence"
    DRUGS = "drugs"
    THEFT = "theft"
    VANDALISM = "vandalism"
    SEXUAL_OFFENCES = "sexual_offences"
    IMAGE_SHARING = "image_sharing"
    DOMESTIC_VIOLENCE = "domestic_violence"
    RADICALISATION = "radicalisation"
    HATE_CRIME = "hate_crime"
    FRAUD = "fraud"
    CYBERCRIME = "cybercrime"
    ORGANISED_CRIME = "organised_crime"
    TRAFFIC = "traffic"
    ENVIRONMENT = "environment"
    OTHER = "other"
    UNKNOWN = "unknown"


class AgeBand(OpenCode):
    """Age of the subject in bands, so that no event carries an age or a birth date."""

    UNDER_15 = "under_15"
    FROM_15_TO_17 = "15_17"
    FROM_18_TO_24 = "18_24"
    FROM_25 = "25_plus"
    NOT_APPLICABLE = "not_applicable"
    UNKNOWN = "unknown"


class Arena(OpenCode):
    """Where something happens: in a physical place or on a digital platform."""

    PHYSICAL = "physical"
    DIGITAL = "digital"
    UNKNOWN = "unknown"


class ConcernSource(OpenCode):
    """Who raised a concern."""

    SCHOOL = "school"
    CHILD_WELFARE = "child_welfare"
    GUARDIAN = "guardian"
    PATROL = "patrol"
    ONLINE_PATROL = "online_patrol"
    INTELLIGENCE = "intelligence"
    HEALTH = "health"
    PUBLIC = "public"
    BUSINESS = "business"
    OTHER = "other"
    UNKNOWN = "unknown"


class ConcernOutcome(OpenCode):
    """What was decided about a concern."""

    DISMISSED = "dismissed"
    REFERRED = "referred"
    CASE = "case"
    UNKNOWN = "unknown"


class SubjectCategory(OpenCode):
    """Category of data subject (Law Enforcement Directive, art. 6)."""

    AT_RISK = "at_risk"
    SUSPECTED = "suspected"
    CONVICTED = "convicted"
    VICTIM = "victim"
    WITNESS = "witness"
    CONTACT = "contact"
    GUARDIAN = "guardian"
    NOT_APPLICABLE = "not_applicable"
    UNKNOWN = "unknown"


class PurposeCode(OpenCode):
    """Why the information is processed."""

    PREVENT_CRIME = "prevent_crime"
    PROTECT_CHILD = "protect_child"
    PUBLIC_SAFETY = "public_safety"
    UNKNOWN = "unknown"


class LegalBasis(OpenCode):
    """Legal basis of the processing, as a code that a lawyer confirms for each site."""

    POLICE_ACT = "police_act"
    POLICE_DATABASES_ACT = "police_databases_act"
    CONSENT = "consent"
    UNKNOWN = "unknown"


class RiskFactor(OpenCode):
    """Risk factors set by a person; they are never summed into a score."""

    TRUANCY = "truancy"
    SUBSTANCE_USE = "substance_use"
    VIOLENT_BEHAVIOUR = "violent_behaviour"
    NEGATIVE_PEERS = "negative_peers"
    FAMILY_CONFLICT = "family_conflict"
    EXTREMIST_CONTACT = "extremist_contact"
    ONLINE_EXPOSURE = "online_exposure"
    POOR_LIGHTING = "poor_lighting"
    ALCOHOL_SERVING = "alcohol_serving"
    LOW_GUARDIANSHIP = "low_guardianship"
    UNKNOWN = "unknown"


class ProtectiveFactor(OpenCode):
    """Protective factors set by a person."""

    SCHOOL_ATTACHMENT = "school_attachment"
    SUPPORTIVE_GUARDIAN = "supportive_guardian"
    LEISURE_ACTIVITY = "leisure_activity"
    POSITIVE_PEERS = "positive_peers"
    EMPLOYMENT = "employment"
    TREATMENT_CONTACT = "treatment_contact"
    PARTNER_ENGAGEMENT = "partner_engagement"
    UNKNOWN = "unknown"


class MeasureKind(OpenCode):
    """Kinds of measure («tiltak») in a preventive case."""

    CONCERN_CONVERSATION = "concern_conversation"
    YOUTH_CONTRACT = "youth_contract"
    FOLLOW_UP_TEAM = "follow_up_team"
    HOME_VISIT = "home_visit"
    STREET_PRESENCE = "street_presence"
    SITUATIONAL_MEASURE = "situational_measure"
    SCHOOL_TALK = "school_talk"
    EXIT_DIALOGUE = "exit_dialogue"
    ONLINE_PATROL_DIALOGUE = "online_patrol_dialogue"
    MEDIATION = "mediation"
    REFERRAL = "referral"
    UNKNOWN = "unknown"


class PartnerKind(OpenCode):
    """Kinds of partner outside the police."""

    SLT_COORDINATOR = "slt_coordinator"
    CHILD_WELFARE = "child_welfare"
    SCHOOL = "school"
    MEDIATION_SERVICE = "mediation_service"
    HEALTH = "health"
    MUNICIPALITY = "municipality"
    BUSINESS = "business"
    VOLUNTARY = "voluntary"
    UNKNOWN = "unknown"


class HoldReason(OpenCode):
    """Why a case is put on hold."""

    AWAITING_PARTNER = "awaiting_partner"
    CRIMINAL_INVESTIGATION = "criminal_investigation"
    SUBJECT_UNAVAILABLE = "subject_unavailable"
    UNKNOWN = "unknown"


class Effect(OpenCode):
    """Outcome of an evaluation (EMMIE), harm and not-known included."""

    ACHIEVED = "achieved"
    PARTIAL = "partial"
    NONE = "none"
    HARM = "harm"
    NOT_KNOWN = "not_known"
    UNKNOWN = "unknown"


class CloseReason(OpenCode):
    """Why a case is closed; every reason but ``evaluated`` allows closing without an evaluation."""

    EVALUATED = "evaluated"
    UNFOUNDED = "unfounded"
    MOVED = "moved"
    DUPLICATE = "duplicate"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    RESOURCES = "resources"
    UNKNOWN = "unknown"


class RejectReason(OpenCode):
    """Why a registered case is rejected."""

    NOT_PREVENTIVE = "not_preventive"
    NO_BASIS = "no_basis"
    UNFOUNDED = "unfounded"
    UNKNOWN = "unknown"


class ReopenReason(OpenCode):
    """Why a closed case is taken up again."""

    NEW_OFFENCE = "new_offence"
    NEW_CONCERN = "new_concern"
    CLOSED_IN_ERROR = "closed_in_error"
    UNKNOWN = "unknown"


class CancelReason(OpenCode):
    """Why a measure is cancelled."""

    NOT_NEEDED = "not_needed"
    SUBJECT_DECLINED = "subject_declined"
    REPLACED = "replaced"
    CASE_CLOSED = "case_closed"
    UNKNOWN = "unknown"


class RestrictionReason(OpenCode):
    """Why access to a case is restricted («sperring»)."""

    PURPOSE_EXPIRED = "purpose_expired"
    UNFOUNDED = "unfounded"
    DISPUTED = "disputed"
    LEGAL_CLAIM = "legal_claim"
    UNKNOWN = "unknown"


class BreakGlassReason(OpenCode):
    """Why somebody looked into a case without being a member of it."""

    ACUTE_DANGER = "acute_danger"
    DUTY_TO_AVERT = "duty_to_avert"
    MEMBERS_UNREACHABLE = "members_unreachable"
    UNKNOWN = "unknown"


class AccessVerdict(OpenCode):
    """What a review of broken glass came to."""

    JUSTIFIED = "justified"
    NOT_JUSTIFIED = "not_justified"
    UNKNOWN = "unknown"


class ErasureBasis(OpenCode):
    """Ground on which a case is erased («sletting»)."""

    RETENTION_EXPIRED = "retention_expired"
    UNLAWFUL = "unlawful"
    UNFOUNDED = "unfounded"
    UNKNOWN = "unknown"


class StatementType(OpenCode):
    """Whether registered information is a fact or somebody's assessment (Law Enforcement Directive, art. 7)."""

    FACT = "fact"
    ASSESSMENT = "assessment"
    UNKNOWN = "unknown"


class VerificationStatus(OpenCode):
    """Whether registered information has been verified (Law Enforcement Directive, art. 7)."""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    UNKNOWN = "unknown"


class ClarificationOutcome(OpenCode):
    """What came of clarifying the purpose and relevance of registered information."""

    RELEVANT = "relevant"
    NOT_RELEVANT = "not_relevant"
    INCORRECT = "incorrect"
    UNKNOWN = "unknown"


class TaskKind(OpenCode):
    """What a task asks somebody to do with a case."""

    COMPLETE_ASSESSMENT = "complete_assessment"
    APPROVE_PLAN = "approve_plan"
    COMPLETE_MEASURE = "complete_measure"
    HOLD_FOLLOW_UP = "hold_follow_up"
    COMPLETE_EVALUATION = "complete_evaluation"
    ANSWER_TRANSFER = "answer_transfer"
    CLARIFY_INFORMATION = "clarify_information"
    REVIEW_CASE = "review_case"
    UNKNOWN = "unknown"


class TransferReason(OpenCode):
    """Why another unit holds a case from now on."""

    ACCEPTED = "accepted"
    REORGANISATION = "reorganisation"
    UNKNOWN = "unknown"


class UnitChange(OpenCode):
    """What a reorganisation does to a unit."""

    ESTABLISHED = "established"
    ENDED = "ended"
    GAINED = "gained"
    LOST = "lost"
    UNKNOWN = "unknown"


class UnitKindCode(OpenCode):
    """What a unit is."""

    DISTRICT = "district"
    SPECIAL_BODY = "special_body"
    DIRECTORATE = "directorate"
    OPERATIONAL_UNIT = "operational_unit"
    UNKNOWN = "unknown"


class TargetBand(OpenCode):
    """How an indicator's value stands to its target."""

    MET = "met"
    NEAR = "near"
    MISSED = "missed"
    UNKNOWN = "unknown"


class Movement(OpenCode):
    """Which way an indicator's value moved against its limits; whether that is good depends on the indicator."""

    UP = "up"
    DOWN = "down"
    UNKNOWN = "unknown"


class CrossingCause(OpenCode):
    """What moved an indicator's value from one band to another: the value itself, or what it is held against."""

    VALUE = "value"
    TARGET = "target"
    DEFINITION = "definition"
    UNKNOWN = "unknown"


class PlanDueReason(OpenCode):
    """Why a unit is to have a prevention plan approved: it has none, or the one that it has ends soon."""

    MISSING = "missing"
    ENDING = "ending"
    UNKNOWN = "unknown"


class AlarmKind(OpenCode):
    """What those who run the platform must look after."""

    EVENTS_PARKED = "events_parked"
    """A consumer of the service could not apply events and put them aside."""
    FIGURES_DRIFT = "figures_drift"
    """Figures differ from what the case service holds."""
    AUDIT_CHAIN_BROKEN = "audit_chain_broken"
    """The service's audit trail is not what was published of it."""
    UNKNOWN = "unknown"


class PeriodKind(OpenCode):
    """The span of time that an indicator's value is about."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    YEAR_TO_DATE = "year_to_date"
    ROLLING_12 = "rolling_12"
    UNKNOWN = "unknown"


class Role(OpenCode):
    """Roles of people and services."""

    PREVENTION_LEAD = "prevention_lead"
    CASE_OFFICER = "case_officer"
    POLICE_LIAISON = "police_liaison"
    RADICALISATION_CONTACT = "radicalisation_contact"
    ONLINE_PATROL = "online_patrol"
    ANALYST = "analyst"
    DIRECTORATE = "directorate"
    PRIVACY_OFFICER = "privacy_officer"
    METHOD_EDITOR = "method_editor"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
    SUBSCRIBER = "subscriber"
    IMPORTER = "importer"
    RECOUNTER = "recounter"
    """A service that counts figures again: it reads what is counted of cases, in codes, and nothing else."""
    COURIER = "courier"
    """A service that sends people letters: it asks which cases somebody may see, by id, and reads nothing else."""
    UNKNOWN = "unknown"
