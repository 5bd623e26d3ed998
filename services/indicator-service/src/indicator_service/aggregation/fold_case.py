"""How each event changes the fact about its case: a table of pure functions, one for each event type.

The unit of a case is the one in the envelope of its newest event, so a transfer moves all that the case contributes.
An erased case is a tombstone: nothing brings it back.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, cast

from forkant_contracts import Event, EventData
from forkant_contracts.codes import CaseState
from forkant_contracts.events import case, follow_up, measure, partner

from indicator_service.aggregation.facts import CaseFact, FollowUpFact, MeasureFact, PartnerFact

_Handler = Callable[[CaseFact, Event, Any], CaseFact]


def fold_case(fact: CaseFact, event: Event) -> CaseFact:
    """Return the fact after an event; an event that was folded before, or that comes after erasure, changes nothing."""
    if fact.erased or event.aggregate_version <= fact.version:
        return fact
    handler = _HANDLERS.get(type(event.data), _seen)
    changed = handler(fact, event, event.data)
    return replace(changed, version=event.aggregate_version, unit="" if changed.erased else event.unit)


def _seen(fact: CaseFact, _event: Event, _data: EventData) -> CaseFact:
    return fact


def _opened(fact: CaseFact, event: Event, data: case.CaseOpened) -> CaseFact:
    return replace(
        fact,
        state=CaseState.REGISTERED,
        opened_at=event.occurred_at,
        case_type=data.case_type,
        theme=data.theme,
        age_band=data.age_band,
        subject_category=data.subject_category,
        arena=data.arena,
        municipality_number=data.municipality_number,
        concern_id=data.concern_id,
    )


def _assessing(fact: CaseFact, _event: Event, _data: case.CaseAssessmentStarted) -> CaseFact:
    return replace(fact, state=CaseState.ASSESSING)


def _assessed(fact: CaseFact, event: Event, data: case.CaseAssessed) -> CaseFact:
    return replace(fact, assessed_at=event.occurred_at, child_view_recorded=data.child_view_recorded)


def _planned(fact: CaseFact, event: Event, data: case.CasePlanned) -> CaseFact:
    return replace(
        fact,
        state=CaseState.PLANNED,
        planned_at=event.occurred_at,
        plan_approved_at=None,
        goals=data.goals,
        goals_with_baseline=data.goals_with_baseline,
    )


def _plan_approved(fact: CaseFact, event: Event, data: case.CasePlanApproved) -> CaseFact:
    return replace(
        fact, plan_approved_at=event.occurred_at, goals=data.goals, goals_with_baseline=data.goals_with_baseline
    )


def _activated(fact: CaseFact, event: Event, _data: case.CaseActivated) -> CaseFact:
    return replace(fact, state=CaseState.ACTIVE, activated_at=event.occurred_at)


def _on_hold(fact: CaseFact, _event: Event, _data: case.CasePutOnHold) -> CaseFact:
    return replace(fact, state=CaseState.ON_HOLD)


def _resumed(fact: CaseFact, _event: Event, data: case.CaseResumed) -> CaseFact:
    return replace(fact, state=data.state)


def _referred(fact: CaseFact, event: Event, _data: case.CaseReferred) -> CaseFact:
    return replace(fact, state=CaseState.REFERRED, ended_at=event.occurred_at)


def _rejected(fact: CaseFact, event: Event, _data: case.CaseRejected) -> CaseFact:
    return replace(fact, state=CaseState.REJECTED, ended_at=event.occurred_at)


def _followed_up(fact: CaseFact, _event: Event, _data: case.CaseFollowedUp) -> CaseFact:
    return replace(fact, state=CaseState.FOLLOW_UP)


def _evaluating(fact: CaseFact, _event: Event, _data: case.CaseEvaluationStarted) -> CaseFact:
    return replace(fact, state=CaseState.EVALUATING)


def _evaluated(fact: CaseFact, event: Event, data: case.CaseEvaluated) -> CaseFact:
    return replace(fact, evaluated_at=event.occurred_at, effect=data.effect)


def _closed(fact: CaseFact, event: Event, data: case.CaseClosed) -> CaseFact:
    return replace(
        fact,
        state=CaseState.CLOSED,
        ended_at=event.occurred_at,
        close_reason=data.reason,
        closed_evaluated=data.evaluated,
    )


def _reopened(fact: CaseFact, _event: Event, _data: case.CaseReopened) -> CaseFact:
    # As if it had never ended: the end and the evaluation that stood at it no longer count.
    return replace(
        fact,
        state=CaseState.ASSESSING,
        ended_at=None,
        close_reason=None,
        closed_evaluated=False,
        evaluated_at=None,
        effect=None,
        times_reopened=fact.times_reopened + 1,
    )


def _restricted(fact: CaseFact, _event: Event, data: case.CaseRestricted) -> CaseFact:
    return replace(fact, restricted=data.restricted)


def _erased(_fact: CaseFact, _event: Event, _data: case.CaseErased) -> CaseFact:
    return CaseFact(erased=True)


def _measure(fact: CaseFact, data: measure.MeasureEvent, **changes: object) -> CaseFact:
    known = fact.measures.get(data.measure_id, MeasureFact())
    return replace(fact, measures={**fact.measures, data.measure_id: replace(known, **cast("Any", changes))})


def _measure_planned(fact: CaseFact, event: Event, data: measure.MeasurePlanned) -> CaseFact:
    return _measure(
        fact,
        data,
        kind=data.kind,
        arena=data.arena,
        due_on=data.due_on,
        method_version=data.method_version,
        planned_at=event.occurred_at,
    )


def _measure_started(fact: CaseFact, event: Event, data: measure.MeasureStarted) -> CaseFact:
    first = min(fact.first_measure_at or event.occurred_at, event.occurred_at)
    return replace(_measure(fact, data, started_at=event.occurred_at), first_measure_at=first)


def _measure_step(fact: CaseFact, _event: Event, data: measure.MeasureStepCompleted) -> CaseFact:
    steps = fact.measures.get(data.measure_id, MeasureFact()).steps
    return fact if data.step in steps else _measure(fact, data, steps=(*steps, data.step))


def _measure_completed(fact: CaseFact, event: Event, data: measure.MeasureCompleted) -> CaseFact:
    return _measure(fact, data, completed_at=event.occurred_at, mandatory_steps_met=data.mandatory_steps_met)


def _measure_cancelled(fact: CaseFact, event: Event, data: measure.MeasureCancelled) -> CaseFact:
    return _measure(fact, data, cancelled_at=event.occurred_at, cancel_reason=data.reason)


def _follow_up_scheduled(fact: CaseFact, _event: Event, data: follow_up.FollowUpScheduled) -> CaseFact:
    known = fact.follow_ups.get(data.follow_up_id, FollowUpFact())
    return replace(fact, follow_ups={**fact.follow_ups, data.follow_up_id: replace(known, due_on=data.due_on)})


def _follow_up_held(fact: CaseFact, event: Event, data: follow_up.FollowUpHeld) -> CaseFact:
    known = fact.follow_ups.get(data.follow_up_id, FollowUpFact())
    return replace(fact, follow_ups={**fact.follow_ups, data.follow_up_id: replace(known, held_at=event.occurred_at)})


def _partner_added(fact: CaseFact, _event: Event, data: partner.PartnerAdded) -> CaseFact:
    return replace(fact, partners={**fact.partners, data.partner_id: PartnerFact(kind=data.kind)})


def _partner_removed(fact: CaseFact, _event: Event, data: partner.PartnerRemoved) -> CaseFact:
    known = fact.partners.get(data.partner_id)
    if known is None:
        return fact
    return replace(fact, partners={**fact.partners, data.partner_id: replace(known, removed=True)})


_HANDLERS: Final[Mapping[type[EventData], _Handler]] = {
    case.CaseOpened: _opened,
    case.CaseAssessmentStarted: _assessing,
    case.CaseAssessed: _assessed,
    case.CasePlanned: _planned,
    case.CasePlanApproved: _plan_approved,
    case.CaseActivated: _activated,
    case.CasePutOnHold: _on_hold,
    case.CaseResumed: _resumed,
    case.CaseTransferred: _seen,
    case.CaseReferred: _referred,
    case.CaseRejected: _rejected,
    case.CaseFollowedUp: _followed_up,
    case.CaseEvaluationStarted: _evaluating,
    case.CaseEvaluated: _evaluated,
    case.CaseClosed: _closed,
    case.CaseReopened: _reopened,
    case.CaseRestricted: _restricted,
    case.CaseErased: _erased,
    measure.MeasurePlanned: _measure_planned,
    measure.MeasureStarted: _measure_started,
    measure.MeasureStepCompleted: _measure_step,
    measure.MeasureCompleted: _measure_completed,
    measure.MeasureCancelled: _measure_cancelled,
    follow_up.FollowUpScheduled: _follow_up_scheduled,
    follow_up.FollowUpHeld: _follow_up_held,
    partner.PartnerAdded: _partner_added,
    partner.PartnerRemoved: _partner_removed,
}
