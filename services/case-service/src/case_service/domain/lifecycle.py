"""The lifecycle of a case: one table of actions, and one function that decides or refuses, never ignores.

``RULES`` says, for each action, which state leads to which, what is asked besides, and what the action does. The
states between which a follow-up or a resumption chooses are worked out in :mod:`case_service.domain.effects`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from forkant_contracts.codes import CaseState

from case_service.domain import effects, guards
from case_service.domain.attempt import Action, Attempt, Decision
from case_service.domain.guards import Guard
from case_service.domain.refusals import Code, Refusal
from case_service.domain.standing import ALL_STATES, ENDED_STATES, OPEN_STATES, WORKING_STATES, Case

_REGISTERED: Final = CaseState.REGISTERED
_ASSESSING: Final = CaseState.ASSESSING
_PLANNED: Final = CaseState.PLANNED
_ACTIVE: Final = CaseState.ACTIVE
_FOLLOW_UP: Final = CaseState.FOLLOW_UP
_EVALUATING: Final = CaseState.EVALUATING


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One action: the state it leads to from each state where it is legal, its guards in order, and its effect."""

    moves: Mapping[CaseState, CaseState]
    effect: Callable[[Case, Attempt, CaseState], Decision]
    guards: tuple[Guard, ...] = ()


def _stay(*states: CaseState) -> dict[CaseState, CaseState]:
    return {state: state for state in states}


def _to(target: CaseState, *states: CaseState) -> dict[CaseState, CaseState]:
    return dict.fromkeys(states, target)


RULES: Final[Mapping[Action, Rule]] = MappingProxyType(
    {
        Action.ASSESS: Rule(
            moves=_to(_ASSESSING, _REGISTERED, _ASSESSING) | _stay(_PLANNED, _ACTIVE),
            guards=(guards.assessment_stays_completed, guards.child_is_considered),
            effect=effects.assess,
        ),
        Action.PLAN: Rule(
            moves=_to(_PLANNED, _ASSESSING, _PLANNED), guards=(guards.assessment_is_completed,), effect=effects.plan
        ),
        Action.APPROVE_PLAN: Rule(
            moves=_stay(_PLANNED),
            guards=(guards.plan_is_written, guards.plan_awaits_approval, guards.approver_is_not_author),
            effect=effects.approve_plan,
        ),
        Action.PLAN_MEASURE: Rule(moves=_stay(_PLANNED, _ACTIVE), effect=effects.plan_measure),
        Action.START_MEASURE: Rule(
            moves=_to(_ACTIVE, _PLANNED, _ACTIVE),
            guards=(guards.measure_allows, guards.plan_is_approved),
            effect=effects.start_measure,
        ),
        Action.COMPLETE_STEP: Rule(
            moves=_stay(_ACTIVE, _EVALUATING), guards=(guards.measure_allows,), effect=effects.complete_step
        ),
        Action.COMPLETE_MEASURE: Rule(
            moves=_stay(_ACTIVE, _EVALUATING), guards=(guards.measure_allows,), effect=effects.complete_measure
        ),
        Action.CANCEL_MEASURE: Rule(
            moves=_stay(_PLANNED, _ACTIVE, _EVALUATING), guards=(guards.measure_allows,), effect=effects.cancel_measure
        ),
        Action.SCHEDULE_FOLLOW_UP: Rule(moves=_stay(_PLANNED, _ACTIVE, _FOLLOW_UP), effect=effects.schedule_follow_up),
        Action.HOLD_FOLLOW_UP: Rule(
            moves=_stay(_ACTIVE, _FOLLOW_UP), guards=(guards.follow_up_is_scheduled,), effect=effects.hold_follow_up
        ),
        Action.EVALUATE: Rule(
            moves=_to(_EVALUATING, _ACTIVE, _FOLLOW_UP, _EVALUATING),
            guards=(guards.evaluation_stays_completed,),
            effect=effects.evaluate,
        ),
        Action.CLOSE: Rule(
            moves=_to(CaseState.CLOSED, *OPEN_STATES), guards=(guards.evaluation_or_reason,), effect=effects.close
        ),
        Action.PUT_ON_HOLD: Rule(moves=_to(CaseState.ON_HOLD, *WORKING_STATES), effect=effects.put_on_hold),
        # The target is where the hold began; the effect puts it in.
        Action.RESUME: Rule(moves=_stay(CaseState.ON_HOLD), effect=effects.resume),
        Action.REFER: Rule(moves=_to(CaseState.REFERRED, *OPEN_STATES), effect=effects.refer),
        Action.REJECT: Rule(moves=_to(CaseState.REJECTED, _REGISTERED, _ASSESSING), effect=effects.reject),
        Action.REOPEN: Rule(moves=_to(_ASSESSING, *ENDED_STATES), effect=effects.reopen),
        Action.ADD_PARTNER: Rule(moves=_stay(*OPEN_STATES), effect=effects.add_partner),
        Action.REMOVE_PARTNER: Rule(
            moves=_stay(*OPEN_STATES), guards=(guards.partner_is_there,), effect=effects.remove_partner
        ),
        Action.REGISTER_INFORMATION: Rule(moves=_stay(*OPEN_STATES), effect=effects.register_information),
        # The deadline is the law's: it runs on when the case has ended.
        Action.CLARIFY_INFORMATION: Rule(
            moves=_stay(*ALL_STATES), guards=(guards.information_is_unclear,), effect=effects.clarify_information
        ),
        Action.ADD_ATTACHMENT: Rule(moves=_stay(*OPEN_STATES), effect=effects.keep),
        Action.REMOVE_ATTACHMENT: Rule(
            moves=_stay(*ALL_STATES), guards=(guards.no_legal_hold_stands,), effect=effects.keep
        ),
        Action.OFFER_TRANSFER: Rule(
            moves=_stay(*OPEN_STATES), guards=(guards.no_offer_is_open,), effect=effects.offer_transfer
        ),
        Action.ACCEPT_TRANSFER: Rule(
            moves=_stay(*OPEN_STATES), guards=(guards.offer_is_open,), effect=effects.accept_transfer
        ),
        Action.REJECT_TRANSFER: Rule(
            moves=_stay(*OPEN_STATES), guards=(guards.offer_is_open,), effect=effects.end_transfer
        ),
        Action.REVOKE_TRANSFER: Rule(
            moves=_stay(*OPEN_STATES), guards=(guards.offer_is_open,), effect=effects.end_transfer
        ),
        Action.ADD_MEMBER: Rule(moves=_stay(*ALL_STATES), effect=effects.keep),
        Action.END_MEMBER: Rule(moves=_stay(*ALL_STATES), effect=effects.keep),
        Action.SET_LEVEL: Rule(moves=_stay(*ALL_STATES), effect=effects.keep),
        Action.SET_GOAL: Rule(moves=_stay(*OPEN_STATES), effect=effects.set_goal),
        Action.RESTRICT: Rule(moves=_stay(*ALL_STATES), guards=(guards.is_not_restricted,), effect=effects.restrict),
        Action.LIFT_RESTRICTION: Rule(
            moves=_stay(*ALL_STATES), guards=(guards.is_restricted,), effect=effects.lift_restriction
        ),
        Action.PLACE_LEGAL_HOLD: Rule(moves=_stay(*ALL_STATES), effect=effects.place_legal_hold),
        Action.LIFT_LEGAL_HOLD: Rule(
            moves=_stay(*ALL_STATES), guards=(guards.legal_hold_stands,), effect=effects.lift_legal_hold
        ),
        Action.DECIDE_ARCHIVE: Rule(moves=_stay(*ALL_STATES), effect=effects.decide_archive),
        Action.LINK: Rule(moves=_stay(*ALL_STATES), guards=(guards.other_case_is_in_the_open,), effect=effects.keep),
        Action.UNLINK: Rule(moves=_stay(*ALL_STATES), effect=effects.keep),
        # A hold keeps a case where it is found and counted; what is taken from sight can't be merged unseen.
        Action.MERGE: Rule(
            moves=_stay(*ALL_STATES),
            guards=(guards.no_legal_hold_stands, guards.no_offer_is_open, guards.other_case_takes_it),
            effect=effects.merge,
        ),
        # Where a disclosure itself stands, case_service.domain.disclosures says.
        Action.PREPARE_DISCLOSURE: Rule(moves=_stay(*ALL_STATES), effect=effects.keep),
        Action.APPROVE_DISCLOSURE: Rule(moves=_stay(*ALL_STATES), effect=effects.keep),
        Action.REFUSE_DISCLOSURE: Rule(moves=_stay(*ALL_STATES), effect=effects.keep),
        Action.DISCLOSE: Rule(moves=_stay(*ALL_STATES), effect=effects.keep),
        Action.WITHDRAW_DISCLOSURE: Rule(moves=_stay(*ALL_STATES), effect=effects.keep),
        Action.ERASE: Rule(
            moves=_stay(*ALL_STATES),
            guards=(guards.no_legal_hold_stands, guards.archive_is_decided, guards.retention_is_past),
            effect=effects.erase,
        ),
        Action.ADD_TASK: Rule(moves=_stay(*OPEN_STATES), effect=effects.keep),
        Action.COMPLETE_TASK: Rule(moves=_stay(*OPEN_STATES), effect=effects.keep),
        Action.ASSIGN_TASK: Rule(moves=_stay(*ALL_STATES), effect=effects.keep),
    }
)
"""Every action on a case; what is not in the table does not happen."""

_ANSWERS: Final = frozenset({Action.ACCEPT_TRANSFER, Action.REJECT_TRANSFER, Action.REVOKE_TRANSFER})
_NEED_TO_KNOW: Final = frozenset({Action.ADD_MEMBER, Action.END_MEMBER, Action.SET_LEVEL})
_ABOUT_KEEPING: Final = frozenset(
    {Action.PLACE_LEGAL_HOLD, Action.LIFT_LEGAL_HOLD, Action.DECIDE_ARCHIVE, Action.ERASE}
)
_WHILE_RESTRICTED: Final = frozenset({Action.RESTRICT, Action.LIFT_RESTRICTION}) | _ABOUT_KEEPING | _NEED_TO_KNOW
# What protects people and what the law sets a day for goes on in a case that was merged into another; no work does.
_WHILE_MERGED: Final = _WHILE_RESTRICTED | {Action.CLARIFY_INFORMATION, Action.UNLINK}


def allowed_actions(case: Case) -> list[Action]:
    """Return the actions that the case's state allows; most guards are asked only when an action is tried."""
    if case.erased:
        return []
    legal = [action for action, rule in RULES.items() if case.state in rule.moves]
    if case.merged:
        legal = [action for action in legal if action in _WHILE_MERGED]
    if case.restricted:
        return [action for action in legal if action in _WHILE_RESTRICTED - {Action.RESTRICT}]
    idle = {Action.LIFT_RESTRICTION} | ({Action.OFFER_TRANSFER} if case.offer else _ANSWERS)
    return [action for action in legal if action not in idle]


def decide(case: Case, attempt: Attempt) -> Decision:
    """Return the case after the action and what happened, in order.

    Raises:
        Refusal: the case is erased, merged or restricted, its state does not allow the action, or a guard does not.
    """
    if case.erased:
        raise Refusal(Code.CASE_ERASED)
    if case.merged and attempt.action not in _WHILE_MERGED:
        raise Refusal(Code.CASE_MERGED, **({} if case.merged_into is None else {"into": str(case.merged_into)}))
    if case.restricted and attempt.action not in _WHILE_RESTRICTED:
        raise Refusal(Code.CASE_RESTRICTED)
    rule = RULES[attempt.action]
    target = rule.moves.get(case.state)
    if target is None:
        raise Refusal(Code.ILLEGAL_TRANSITION, state=case.state.value, allowed=[*allowed_actions(case)])
    for guard in rule.guards:
        guard(case, attempt)
    return rule.effect(case, attempt, target)
