"""What each action does to a case, given the state that the table leads to."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Final
from uuid import UUID

from forkant_contracts.codes import CaseState

from case_service.domain.attempt import Action, Attempt, Decision, Happening, Kind
from case_service.domain.guards import MEASURE_MOVES
from case_service.domain.information import InformationState
from case_service.domain.standing import Case, FollowUpState, Measure, MeasureState, Plan

_RESCHEDULED: Final = MappingProxyType({True: Kind.MEASURE_RESCHEDULED, False: Kind.FOLLOW_UP_RESCHEDULED})


def assess(case: Case, attempt: Attempt, target: CaseState) -> Decision:
    """Save the assessment; the first save starts it, a completed one counts each time it is written."""
    started = (Happening(Kind.ASSESSMENT_STARTED),) if case.state is CaseState.REGISTERED else ()
    assessed = (Happening(Kind.ASSESSED),) if attempt.completed else ()
    return Decision(replace(case, state=target, assessed=attempt.completed), started + assessed)


def plan(case: Case, attempt: Attempt, target: CaseState) -> Decision:
    """Write the plan; whoever wrote it last is its author, and an approval given before falls away."""
    written = Plan(author=attempt.actor, goals=attempt.goals, goals_with_baseline=attempt.goals_with_baseline)
    return Decision(replace(case, state=target, plan=written), (Happening(Kind.PLANNED),))


def approve_plan(case: Case, _attempt: Attempt, target: CaseState) -> Decision:
    """Approve the plan."""
    approved = replace(case.plan, approved=True) if case.plan else None
    return Decision(replace(case, state=target, plan=approved), (Happening(Kind.PLAN_APPROVED),))


def plan_measure(case: Case, attempt: Attempt, target: CaseState) -> Decision:
    """Plan a measure."""
    planned = Measure(state=MeasureState.PLANNED, method=attempt.method)
    measures = MappingProxyType({**case.measures, _item(attempt): planned})
    after = replace(case, state=target, measures=measures, due_days=_due_days(case, attempt))
    return Decision(after, (Happening(Kind.MEASURE_PLANNED, attempt.item_id),))


def start_measure(case: Case, attempt: Attempt, target: CaseState) -> Decision:
    """Start a measure; the first one activates the case."""
    activated = (Happening(Kind.ACTIVATED),) if case.state is not target else ()
    moved = replace(_with_measure_moved(case, attempt), state=target)
    return Decision(moved, (Happening(Kind.MEASURE_STARTED, attempt.item_id), *activated))


def complete_step(case: Case, attempt: Attempt, _target: CaseState) -> Decision:
    """Do a step of the measure's method."""
    measure = case.measures[_item(attempt)]
    stepped = replace(measure, steps_done=measure.steps_done | {attempt.step or ""})
    return Decision(
        replace(case, measures=MappingProxyType({**case.measures, _item(attempt): stepped})),
        (Happening(Kind.MEASURE_STEP_COMPLETED, attempt.item_id),),
    )


def complete_measure(case: Case, attempt: Attempt, _target: CaseState) -> Decision:
    """Complete a measure."""
    return Decision(_with_measure_moved(case, attempt), (Happening(Kind.MEASURE_COMPLETED, attempt.item_id),))


def cancel_measure(case: Case, attempt: Attempt, _target: CaseState) -> Decision:
    """Cancel a measure."""
    return Decision(_with_measure_moved(case, attempt), (Happening(Kind.MEASURE_CANCELLED, attempt.item_id),))


def schedule_follow_up(case: Case, attempt: Attempt, _target: CaseState) -> Decision:
    """Schedule a follow-up."""
    follow_ups = MappingProxyType({**case.follow_ups, _item(attempt): FollowUpState.SCHEDULED})
    after = replace(case, follow_ups=follow_ups, due_days=_due_days(case, attempt))
    return Decision(after, (Happening(Kind.FOLLOW_UP_SCHEDULED, attempt.item_id),))


def hold_follow_up(case: Case, attempt: Attempt, target: CaseState) -> Decision:
    """Hold a follow-up; once no measure is open, following up begins."""
    follow_ups = MappingProxyType({**case.follow_ups, _item(attempt): FollowUpState.HELD})
    held = Happening(Kind.FOLLOW_UP_HELD, attempt.item_id)
    if case.state is CaseState.ACTIVE and not case.open_measures():
        after = replace(case, state=CaseState.FOLLOW_UP, follow_ups=follow_ups)
        return Decision(after, (held, Happening(Kind.FOLLOWED_UP)))
    return Decision(replace(case, state=target, follow_ups=follow_ups), (held,))


def evaluate(case: Case, attempt: Attempt, target: CaseState) -> Decision:
    """Save the evaluation; the first save starts it, a completed one counts each time it is written."""
    started = (Happening(Kind.EVALUATION_STARTED),) if case.state is not target else ()
    evaluated = (Happening(Kind.EVALUATED),) if attempt.completed else ()
    return Decision(replace(case, state=target, evaluated=attempt.completed), started + evaluated)


def close(case: Case, _attempt: Attempt, target: CaseState) -> Decision:
    """Close the case; its open measures are cancelled with it."""
    return _end(case, target, Kind.CLOSED)


def refer(case: Case, _attempt: Attempt, target: CaseState) -> Decision:
    """Hand the case to a body outside the police; its open measures are cancelled."""
    return _end(case, target, Kind.REFERRED)


def reject(case: Case, _attempt: Attempt, target: CaseState) -> Decision:
    """Reject the case."""
    return _end(case, target, Kind.REJECTED)


def put_on_hold(case: Case, _attempt: Attempt, target: CaseState) -> Decision:
    """Pause the work and remember where it stood."""
    return Decision(replace(case, state=target, held_from=case.state), (Happening(Kind.PUT_ON_HOLD),))


def resume(case: Case, attempt: Attempt, _target: CaseState) -> Decision:
    """Go back to where the work stood; what stood still is due later."""
    if case.held_from is None:
        raise ValueError("a case on hold must say from which state it was held")
    days = MappingProxyType({**case.due_days, **attempt.due_days})
    moved = (Happening(_RESCHEDULED[item in case.measures], item) for item in sorted(attempt.due_days))
    return Decision(
        replace(case, state=case.held_from, held_from=None, due_days=days), (Happening(Kind.RESUMED), *moved)
    )


def reopen(case: Case, _attempt: Attempt, target: CaseState) -> Decision:
    """Take the case up again in a new round, which needs its own assessment, plan and evaluation."""
    again = replace(case, state=target, round=case.round + 1, assessed=False, plan=None, evaluated=False)
    return Decision(again, (Happening(Kind.REOPENED),))


def set_goal(case: Case, _attempt: Attempt, _target: CaseState) -> Decision:
    """Tie the case to a goal of the unit's prevention plan, or to none any more."""
    return Decision(case, (Happening(Kind.GOAL_CHANGED),))


def add_partner(case: Case, attempt: Attempt, _target: CaseState) -> Decision:
    """Let a partner join."""
    after = replace(case, partners=case.partners | {_item(attempt)})
    return Decision(after, (Happening(Kind.PARTNER_ADDED, attempt.item_id),))


def remove_partner(case: Case, attempt: Attempt, _target: CaseState) -> Decision:
    """Let a partner leave."""
    after = replace(case, partners=case.partners - {_item(attempt)})
    return Decision(after, (Happening(Kind.PARTNER_REMOVED, attempt.item_id),))


def register_information(case: Case, attempt: Attempt, _target: CaseState) -> Decision:
    """Register information, whose purpose and relevance are to be clarified."""
    return _information(case, attempt, InformationState.REGISTERED, Kind.INFORMATION_REGISTERED)


def clarify_information(case: Case, attempt: Attempt, _target: CaseState) -> Decision:
    """Clarify purpose and relevance of information."""
    return _information(case, attempt, InformationState.CLARIFIED, Kind.INFORMATION_CLARIFIED)


def offer_transfer(case: Case, attempt: Attempt, _target: CaseState) -> Decision:
    """Offer the case to another unit; nothing has happened to it before the offer is accepted."""
    return Decision(replace(case, offer=attempt.item_id))


def accept_transfer(case: Case, _attempt: Attempt, _target: CaseState) -> Decision:
    """Move the case to the unit that accepted it."""
    return Decision(replace(case, offer=None), (Happening(Kind.TRANSFERRED),))


def end_transfer(case: Case, _attempt: Attempt, _target: CaseState) -> Decision:
    """End an offer without moving the case."""
    return Decision(replace(case, offer=None))


def restrict(case: Case, _attempt: Attempt, _target: CaseState) -> Decision:
    """Restrict the case."""
    return Decision(replace(case, restricted=True), (Happening(Kind.RESTRICTED),))


def lift_restriction(case: Case, _attempt: Attempt, _target: CaseState) -> Decision:
    """Lift the restriction."""
    return Decision(replace(case, restricted=False), (Happening(Kind.RESTRICTED),))


def place_legal_hold(case: Case, attempt: Attempt, _target: CaseState) -> Decision:
    """Keep the case from being erased."""
    return Decision(replace(case, legal_holds=case.legal_holds | {_item(attempt)}))


def lift_legal_hold(case: Case, attempt: Attempt, _target: CaseState) -> Decision:
    """Lift one legal hold; others may stand."""
    return Decision(replace(case, legal_holds=case.legal_holds - {_item(attempt)}))


def decide_archive(case: Case, attempt: Attempt, _target: CaseState) -> Decision:
    """Settle what the archives keep."""
    return Decision(replace(case, archive_decided_by=attempt.actor))


def keep(case: Case, _attempt: Attempt, _target: CaseState) -> Decision:
    """Change who may see the case or what is given of it: its course stands as it did, and nothing is told outside."""
    return Decision(case)


def merge(case: Case, _attempt: Attempt, _target: CaseState) -> Decision:
    """Leave the case as it stood, as a duplicate of the other, which alone goes on."""
    return Decision(replace(case, merged=True), (Happening(Kind.MERGED),))


def erase(case: Case, _attempt: Attempt, _target: CaseState) -> Decision:
    """Erase the case's content; what is left says only that it was there."""
    after = Case(state=case.state, held_from=case.held_from, round=case.round, restricted=case.restricted, erased=True)
    after = replace(after, merged=case.merged, merged_into=case.merged_into)
    return Decision(after, (Happening(Kind.ERASED),))


def _end(case: Case, target: CaseState, kind: Kind) -> Decision:
    cancelled = case.open_measures()
    measures = {
        key: replace(measure, state=MeasureState.CANCELLED) if key in cancelled else measure
        for key, measure in case.measures.items()
    }
    happenings = tuple(Happening(Kind.MEASURE_CANCELLED, key) for key in cancelled)
    # An offer to move a finished case has nothing left to offer.
    ended = replace(case, state=target, held_from=None, measures=MappingProxyType(measures), offer=None)
    return Decision(ended, (*happenings, Happening(kind)))


def _information(case: Case, attempt: Attempt, state: InformationState, kind: Kind) -> Decision:
    information = MappingProxyType({**case.information, _item(attempt): state})
    after = replace(case, information=information, due_days=_due_days(case, attempt))
    return Decision(after, (Happening(kind, attempt.item_id),))


def _with_measure_moved(case: Case, attempt: Attempt) -> Case:
    measure = case.measures[_item(attempt)]
    moved = replace(measure, state=MEASURE_MOVES[Action(attempt.action)][measure.state])
    return replace(case, measures=MappingProxyType({**case.measures, _item(attempt): moved}))


def _due_days(case: Case, attempt: Attempt) -> Mapping[UUID, date]:
    given = {} if attempt.due_on is None else {_item(attempt): attempt.due_on}
    return MappingProxyType({**case.due_days, **given})


def _item(attempt: Attempt) -> UUID:
    if attempt.item_id is None:
        raise ValueError(f"{attempt.action} must name the item that it is about")
    return attempt.item_id
