"""What an action asks of a case besides its state; each guard refuses or stays silent."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from forkant_contracts.codes import CaseState, CloseReason, ErasureBasis

from case_service.domain.attempt import Action, Attempt
from case_service.domain.children import ChildConsidered, check_child
from case_service.domain.erasing import ARCHIVE_FIRST
from case_service.domain.information import InformationState
from case_service.domain.refusals import Code, Refusal
from case_service.domain.retention import is_expired
from case_service.domain.standing import Case, FollowUpState, MeasureState

Guard = Callable[[Case, Attempt], None]

MEASURE_MOVES: Final[Mapping[Action, Mapping[MeasureState, MeasureState]]] = MappingProxyType(
    {
        Action.START_MEASURE: {MeasureState.PLANNED: MeasureState.STARTED},
        Action.COMPLETE_STEP: {MeasureState.STARTED: MeasureState.STARTED},
        Action.COMPLETE_MEASURE: {MeasureState.STARTED: MeasureState.COMPLETED},
        Action.CANCEL_MEASURE: {
            MeasureState.PLANNED: MeasureState.CANCELLED,
            MeasureState.STARTED: MeasureState.CANCELLED,
        },
    }
)
"""The lifecycle of a measure: for each action, the state it leads to from each state where it is legal."""


def assessment_stays_completed(case: Case, attempt: Attempt) -> None:
    """A completed assessment can be rewritten, but not be made a draft again: plans stand on it."""
    if case.assessed and not attempt.completed:
        raise Refusal(Code.ALREADY_COMPLETED)


def child_is_considered(case: Case, attempt: Attempt) -> None:
    """No assessment of a child is completed without the child's interests; none of others speaks of them."""
    check_child(attempt.child or ChildConsidered(), minor=case.minor, completed=attempt.completed)


def assessment_is_completed(case: Case, _attempt: Attempt) -> None:
    """No plan without a completed assessment."""
    if not case.assessed:
        raise Refusal(Code.ASSESSMENT_REQUIRED)


def plan_is_written(case: Case, _attempt: Attempt) -> None:
    """There is a plan to approve."""
    if case.plan is None:
        raise Refusal(Code.PLAN_REQUIRED)


def plan_awaits_approval(case: Case, _attempt: Attempt) -> None:
    """A plan is approved once; rewriting it takes the approval away."""
    if case.plan is not None and case.plan.approved:
        raise Refusal(Code.ALREADY_APPROVED)


def approver_is_not_author(case: Case, attempt: Attempt) -> None:
    """Nobody approves what they wrote themselves."""
    if case.plan is not None and case.plan.author == attempt.actor:
        raise Refusal(Code.OWN_PLAN)


def plan_is_approved(case: Case, _attempt: Attempt) -> None:
    """No measure starts before the plan is approved."""
    if case.plan is None or not case.plan.approved:
        raise Refusal(Code.APPROVED_PLAN_REQUIRED)


def measure_allows(case: Case, attempt: Attempt) -> None:
    """The measure is there and its own state allows the action."""
    measure = case.measures.get(attempt.item_id) if attempt.item_id else None
    if measure is None:
        raise Refusal(Code.NOT_FOUND)
    if measure.state not in MEASURE_MOVES[attempt.action]:
        allowed = [action.value for action, moves in MEASURE_MOVES.items() if measure.state in moves]
        raise Refusal(Code.ILLEGAL_TRANSITION, subject="measure", state=measure.state.value, allowed=allowed)


def follow_up_is_scheduled(case: Case, attempt: Attempt) -> None:
    """The follow-up is there and was not held before."""
    state = case.follow_ups.get(attempt.item_id) if attempt.item_id else None
    if state is None:
        raise Refusal(Code.NOT_FOUND)
    if state is FollowUpState.HELD:
        raise Refusal(Code.ILLEGAL_TRANSITION, subject="follow_up", state=state.value, allowed=[])


def evaluation_stays_completed(case: Case, attempt: Attempt) -> None:
    """A completed evaluation can be rewritten, but not be made a draft again."""
    if case.evaluated and not attempt.completed:
        raise Refusal(Code.ALREADY_COMPLETED)


def evaluation_or_reason(case: Case, attempt: Attempt) -> None:
    """A case closes on a completed evaluation or on a coded reason for having none."""
    if attempt.close_reason is not CloseReason.EVALUATED:
        return
    if not case.evaluated:
        raise Refusal(Code.EVALUATION_REQUIRED)
    if case.state is not CaseState.EVALUATING:
        raise Refusal(Code.ILLEGAL_TRANSITION, state=case.state.value, allowed=[Action.RESUME.value])


def partner_is_there(case: Case, attempt: Attempt) -> None:
    """The partner takes part now."""
    if attempt.item_id not in case.partners:
        raise Refusal(Code.NOT_FOUND)


def information_is_unclear(case: Case, attempt: Attempt) -> None:
    """The information is there and was not clarified before."""
    state = case.information.get(attempt.item_id) if attempt.item_id else None
    if state is None:
        raise Refusal(Code.NOT_FOUND)
    if state is InformationState.CLARIFIED:
        raise Refusal(Code.ILLEGAL_TRANSITION, subject="information", state=state.value, allowed=[])


def no_offer_is_open(case: Case, _attempt: Attempt) -> None:
    """A case is offered to one unit at a time."""
    if case.offer is not None:
        raise Refusal(Code.TRANSFER_PENDING)


def offer_is_open(case: Case, attempt: Attempt) -> None:
    """The offer is the open one; an offer that was answered can't be answered again."""
    if case.offer is None or case.offer != attempt.item_id:
        raise Refusal(Code.ILLEGAL_TRANSITION, subject="transfer", state="answered", allowed=[])


def is_not_restricted(case: Case, _attempt: Attempt) -> None:
    """A restriction is set once."""
    if case.restricted:
        raise Refusal(Code.ALREADY_RESTRICTED)


def is_restricted(case: Case, _attempt: Attempt) -> None:
    """Only a restriction that is set can be lifted."""
    if not case.restricted:
        raise Refusal(Code.NOT_RESTRICTED)


def legal_hold_stands(case: Case, attempt: Attempt) -> None:
    """Only a legal hold that stands can be lifted."""
    if attempt.item_id not in case.legal_holds:
        raise Refusal(Code.NOT_FOUND)


def no_legal_hold_stands(case: Case, _attempt: Attempt) -> None:
    """What must be kept is not erased."""
    if case.legal_holds:
        raise Refusal(Code.LEGAL_HOLD)


def other_case_takes_it(_case: Case, attempt: Attempt) -> None:
    """The case that goes on is there to work on: neither restricted, nor on offer, nor merged away itself.

    A legal hold on it is no bar, since it is kept as it is, and then holds what is merged into it too.
    """
    other = _other_in_the_open(attempt)
    if other.offer is not None:
        raise Refusal(Code.OTHER_CASE_UNFIT, because=Code.TRANSFER_PENDING.value)


def other_case_is_in_the_open(_case: Case, attempt: Attempt) -> None:
    """The case at the other end of a link is there, and neither restricted nor merged."""
    _other_in_the_open(attempt)


def _other_in_the_open(attempt: Attempt) -> Case:
    other = attempt.into
    if other is None or other.erased:
        raise Refusal(Code.NOT_FOUND)
    for unfit, because in ((other.merged, Code.CASE_MERGED), (other.restricted, Code.CASE_RESTRICTED)):
        if unfit:
            raise Refusal(Code.OTHER_CASE_UNFIT, because=because.value)
    return other


def archive_is_decided(case: Case, attempt: Attempt) -> None:
    """Nothing goes before its archiving is decided, and nobody erases on their own decision."""
    if attempt.erasure_basis not in ARCHIVE_FIRST:
        return
    if case.archive_decided_by is None:
        raise Refusal(Code.ARCHIVE_DECISION_REQUIRED)
    if case.archive_decided_by == attempt.actor:
        raise Refusal(Code.OWN_ARCHIVE_DECISION)


def retention_is_past(case: Case, attempt: Attempt) -> None:
    """Nothing is erased on the ground that its retention has expired before it has."""
    if attempt.erasure_basis is not ErasureBasis.RETENTION_EXPIRED:
        return
    if case.retention_until is None or attempt.day is None:
        raise ValueError("who erases what has expired must say on which day, and until when the case is kept")
    if not is_expired(case.retention_until, day=attempt.day):
        raise Refusal(Code.RETENTION_NOT_EXPIRED, until=case.retention_until.isoformat())
