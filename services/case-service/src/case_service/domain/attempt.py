"""What may be tried on a case, and what comes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from forkant_contracts.codes import CloseReason, ErasureBasis

from case_service.domain.children import ChildConsidered
from case_service.domain.standing import Case, Method


class Action(StrEnum):
    """Everything that can be done to a case that is open or was."""

    ASSESS = "assess"
    PLAN = "plan"
    APPROVE_PLAN = "approve_plan"
    PLAN_MEASURE = "plan_measure"
    START_MEASURE = "start_measure"
    COMPLETE_STEP = "complete_step"
    COMPLETE_MEASURE = "complete_measure"
    CANCEL_MEASURE = "cancel_measure"
    SCHEDULE_FOLLOW_UP = "schedule_follow_up"
    HOLD_FOLLOW_UP = "hold_follow_up"
    EVALUATE = "evaluate"
    CLOSE = "close"
    PUT_ON_HOLD = "put_on_hold"
    RESUME = "resume"
    REFER = "refer"
    REJECT = "reject"
    REOPEN = "reopen"
    ADD_PARTNER = "add_partner"
    REMOVE_PARTNER = "remove_partner"
    REGISTER_INFORMATION = "register_information"
    CLARIFY_INFORMATION = "clarify_information"
    ADD_ATTACHMENT = "add_attachment"
    REMOVE_ATTACHMENT = "remove_attachment"
    OFFER_TRANSFER = "offer_transfer"
    ACCEPT_TRANSFER = "accept_transfer"
    REJECT_TRANSFER = "reject_transfer"
    REVOKE_TRANSFER = "revoke_transfer"
    ADD_MEMBER = "add_member"
    END_MEMBER = "end_member"
    SET_LEVEL = "set_level"
    SET_GOAL = "set_goal"
    RESTRICT = "restrict"
    LIFT_RESTRICTION = "lift_restriction"
    PLACE_LEGAL_HOLD = "place_legal_hold"
    LIFT_LEGAL_HOLD = "lift_legal_hold"
    DECIDE_ARCHIVE = "decide_archive"
    LINK = "link"
    UNLINK = "unlink"
    MERGE = "merge"
    PREPARE_DISCLOSURE = "prepare_disclosure"
    APPROVE_DISCLOSURE = "approve_disclosure"
    REFUSE_DISCLOSURE = "refuse_disclosure"
    DISCLOSE = "disclose"
    WITHDRAW_DISCLOSURE = "withdraw_disclosure"
    ERASE = "erase"
    ADD_TASK = "add_task"
    COMPLETE_TASK = "complete_task"
    ASSIGN_TASK = "assign_task"


class Kind(StrEnum):
    """What can happen to a case; each happening becomes one event and takes one version."""

    OPENED = "case.opened"
    ASSESSMENT_STARTED = "case.assessment-started"
    ASSESSED = "case.assessed"
    PLANNED = "case.planned"
    PLAN_APPROVED = "case.plan-approved"
    ACTIVATED = "case.activated"
    PUT_ON_HOLD = "case.put-on-hold"
    RESUMED = "case.resumed"
    TRANSFERRED = "case.transferred"
    REFERRED = "case.referred"
    REJECTED = "case.rejected"
    FOLLOWED_UP = "case.followed-up"
    EVALUATION_STARTED = "case.evaluation-started"
    EVALUATED = "case.evaluated"
    CLOSED = "case.closed"
    REOPENED = "case.reopened"
    RESTRICTED = "case.restricted"
    GOAL_CHANGED = "case.goal-changed"
    MERGED = "case.merged"
    ERASED = "case.erased"
    MEASURE_PLANNED = "measure.planned"
    MEASURE_RESCHEDULED = "measure.rescheduled"
    MEASURE_STARTED = "measure.started"
    MEASURE_STEP_COMPLETED = "measure.step-completed"
    MEASURE_COMPLETED = "measure.completed"
    MEASURE_CANCELLED = "measure.cancelled"
    FOLLOW_UP_SCHEDULED = "follow-up.scheduled"
    FOLLOW_UP_RESCHEDULED = "follow-up.rescheduled"
    FOLLOW_UP_HELD = "follow-up.held"
    PARTNER_ADDED = "partner.added"
    PARTNER_REMOVED = "partner.removed"
    INFORMATION_REGISTERED = "information.registered"
    INFORMATION_CLARIFIED = "information.clarified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A wish to act; ``item_id`` names what of the case it is about: a measure, a follow-up, an offer, a hold.

    ``into`` is the other case of a merger, the one that goes on, or of a link.
    """

    action: Action
    actor: str
    item_id: UUID | None = None
    completed: bool = False
    child: ChildConsidered | None = None
    """What an assessment says of a child's interests."""
    close_reason: CloseReason | None = None
    goals: int = 0
    goals_with_baseline: int = 0
    method: Method | None = None
    step: str | None = None
    due_on: date | None = None
    due_days: Mapping[UUID, date] = field(default_factory=lambda: MappingProxyType({}))
    """The days that a resumption moves what stood still to."""
    erasure_basis: ErasureBasis | None = None
    day: date | None = None
    """The day of the attempt, where the rules ask for it."""
    into: Case | None = None


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened; ``item_id`` names the measure, follow-up, partner or information that it happened to."""

    kind: Kind
    item_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The case after an action, and what happened in order. Keeping a draft changes a case without a happening."""

    case: Case
    happenings: tuple[Happening, ...] = ()
