"""How each event changes the fact about its case: a table of pure functions, one for each event type.

Each gives the fields that its event changes, so that the events of a batch share one draft and make one fact.
The unit of a case is the one that opened it, or that it was last transferred to, which moves all that the case
contributes. Other events move nothing: of an ended case whose unit ended since, they name the one that answers for it.
An erased case is a tombstone: nothing brings it back. So is one that was merged into another, which alone counts from
then on, in every month: a duplicate never was a case of its own. Its erasure alone is still told of it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, cast

from forkant_contracts import Event, EventData
from forkant_contracts.codes import CaseState
from forkant_contracts.events import case, follow_up, measure, partner

from indicator_service.aggregation.facts import CaseDraft, CaseFact, FollowUpFact, MeasureFact, PartnerFact, draft_of

_Handler = Callable[[CaseDraft, Event, Any], CaseDraft]
_ERASED: Final = draft_of(CaseFact(erased=True))
_MERGED: Final = draft_of(CaseFact(merged=True))
_MOVES: Final = (case.CaseOpened, case.CaseTransferred)
_NO_MEASURE: Final = MeasureFact()
_NO_FOLLOW_UP: Final = FollowUpFact()


def fold_case(fact: CaseFact, events: Iterable[Event]) -> CaseFact:
    """Return the fact after events, in order of version; the fact that was given stays as it is.

    An event that was folded before, or that comes after erasure, changes nothing; after merging, erasure alone does.
    """
    draft = draft_of(fact)
    for event in events:
        if draft["erased"] or event.aggregate_version <= draft["version"]:
            continue
        data = event.data
        if not draft["merged"] or isinstance(data, case.CaseErased):
            draft.update(_HANDLERS.get(type(data), _seen)(draft, event, data))
        draft["version"] = event.aggregate_version
        if draft["erased"] or draft["merged"]:
            draft["unit"] = ""
        elif isinstance(data, _MOVES) or not draft["unit"]:
            draft["unit"] = event.unit
    return CaseFact(**draft)


def _seen(_draft: CaseDraft, _event: Event, _data: EventData) -> CaseDraft:
    return {}


def _opened(_draft: CaseDraft, event: Event, data: case.CaseOpened) -> CaseDraft:
    return {
        "state": CaseState.REGISTERED,
        "opened_at": event.occurred_at,
        "case_type": data.case_type,
        "theme": data.theme,
        "age_band": data.age_band,
        "subject_category": data.subject_category,
        "arena": data.arena,
        "municipality_number": data.municipality_number,
        "concern_id": data.concern_id,
    }


def _assessing(_draft: CaseDraft, _event: Event, _data: case.CaseAssessmentStarted) -> CaseDraft:
    return {"state": CaseState.ASSESSING}


def _assessed(draft: CaseDraft, event: Event, data: case.CaseAssessed) -> CaseDraft:
    # Writing it again, or anew after a reopening, makes no timely assessment late; what it says is the newest.
    first = min(draft["assessed_at"] or event.occurred_at, event.occurred_at)
    return {"assessed_at": first, "child_view_recorded": data.child_view_recorded}


def _planned(_draft: CaseDraft, event: Event, data: case.CasePlanned) -> CaseDraft:
    return {
        "state": CaseState.PLANNED,
        "planned_at": event.occurred_at,
        "plan_approved_at": None,
        "goals": data.goals,
        "goals_with_baseline": data.goals_with_baseline,
    }


def _plan_approved(_draft: CaseDraft, event: Event, data: case.CasePlanApproved) -> CaseDraft:
    return {
        "plan_approved_at": event.occurred_at,
        "goals": data.goals,
        "goals_with_baseline": data.goals_with_baseline,
    }


def _activated(_draft: CaseDraft, event: Event, _data: case.CaseActivated) -> CaseDraft:
    return {"state": CaseState.ACTIVE, "activated_at": event.occurred_at}


def _on_hold(_draft: CaseDraft, _event: Event, _data: case.CasePutOnHold) -> CaseDraft:
    return {"state": CaseState.ON_HOLD}


def _resumed(_draft: CaseDraft, _event: Event, data: case.CaseResumed) -> CaseDraft:
    return {"state": data.state}


def _referred(_draft: CaseDraft, event: Event, _data: case.CaseReferred) -> CaseDraft:
    return {"state": CaseState.REFERRED, "ended_at": event.occurred_at}


def _rejected(_draft: CaseDraft, event: Event, _data: case.CaseRejected) -> CaseDraft:
    return {"state": CaseState.REJECTED, "ended_at": event.occurred_at}


def _followed_up(_draft: CaseDraft, _event: Event, _data: case.CaseFollowedUp) -> CaseDraft:
    return {"state": CaseState.FOLLOW_UP}


def _evaluating(_draft: CaseDraft, _event: Event, _data: case.CaseEvaluationStarted) -> CaseDraft:
    return {"state": CaseState.EVALUATING}


def _evaluated(_draft: CaseDraft, event: Event, data: case.CaseEvaluated) -> CaseDraft:
    return {"evaluated_at": event.occurred_at, "effect": data.effect}


def _closed(_draft: CaseDraft, event: Event, data: case.CaseClosed) -> CaseDraft:
    return {
        "state": CaseState.CLOSED,
        "ended_at": event.occurred_at,
        "close_reason": data.reason,
        "closed_evaluated": data.evaluated,
    }


def _reopened(draft: CaseDraft, _event: Event, _data: case.CaseReopened) -> CaseDraft:
    # As if it had never ended: the end and the evaluation that stood at it no longer count.
    return {
        "state": CaseState.ASSESSING,
        "ended_at": None,
        "close_reason": None,
        "closed_evaluated": False,
        "evaluated_at": None,
        "effect": None,
        "times_reopened": draft["times_reopened"] + 1,
    }


def _restricted(_draft: CaseDraft, _event: Event, data: case.CaseRestricted) -> CaseDraft:
    return {"restricted": data.restricted}


def _merged(_draft: CaseDraft, _event: Event, _data: case.CaseMerged) -> CaseDraft:
    return _MERGED


def _erased(_draft: CaseDraft, _event: Event, _data: case.CaseErased) -> CaseDraft:
    return _ERASED


def _measure(draft: CaseDraft, data: measure.MeasureEvent, **changes: object) -> CaseDraft:
    known = draft["measures"].get(data.measure_id, _NO_MEASURE)
    return {"measures": {**draft["measures"], data.measure_id: replace(known, **cast("Any", changes))}}


def _measure_planned(draft: CaseDraft, event: Event, data: measure.MeasurePlanned) -> CaseDraft:
    return _measure(
        draft,
        data,
        kind=data.kind,
        arena=data.arena,
        due_on=data.due_on,
        method_version=data.method_version,
        planned_at=event.occurred_at,
    )


def _measure_rescheduled(draft: CaseDraft, _event: Event, data: measure.MeasureRescheduled) -> CaseDraft:
    return _measure(draft, data, due_on=data.due_on)


def _measure_started(draft: CaseDraft, event: Event, data: measure.MeasureStarted) -> CaseDraft:
    first = min(draft["first_measure_at"] or event.occurred_at, event.occurred_at)
    return {**_measure(draft, data, started_at=event.occurred_at), "first_measure_at": first}


def _measure_step(draft: CaseDraft, _event: Event, data: measure.MeasureStepCompleted) -> CaseDraft:
    steps = draft["measures"].get(data.measure_id, _NO_MEASURE).steps
    return {} if data.step in steps else _measure(draft, data, steps=(*steps, data.step))


def _measure_completed(draft: CaseDraft, event: Event, data: measure.MeasureCompleted) -> CaseDraft:
    return _measure(draft, data, completed_at=event.occurred_at, mandatory_steps_met=data.mandatory_steps_met)


def _measure_cancelled(draft: CaseDraft, event: Event, data: measure.MeasureCancelled) -> CaseDraft:
    return _measure(draft, data, cancelled_at=event.occurred_at, cancel_reason=data.reason)


def _follow_up_due(
    draft: CaseDraft, _event: Event, data: follow_up.FollowUpScheduled | follow_up.FollowUpRescheduled
) -> CaseDraft:
    known = draft["follow_ups"].get(data.follow_up_id, _NO_FOLLOW_UP)
    return {"follow_ups": {**draft["follow_ups"], data.follow_up_id: replace(known, due_on=data.due_on)}}


def _follow_up_held(draft: CaseDraft, event: Event, data: follow_up.FollowUpHeld) -> CaseDraft:
    known = draft["follow_ups"].get(data.follow_up_id, _NO_FOLLOW_UP)
    return {"follow_ups": {**draft["follow_ups"], data.follow_up_id: replace(known, held_at=event.occurred_at)}}


def _partner_added(draft: CaseDraft, _event: Event, data: partner.PartnerAdded) -> CaseDraft:
    return {"partners": {**draft["partners"], data.partner_id: PartnerFact(kind=data.kind)}}


def _partner_removed(draft: CaseDraft, _event: Event, data: partner.PartnerRemoved) -> CaseDraft:
    known = draft["partners"].get(data.partner_id)
    if known is None:
        return {}
    return {"partners": {**draft["partners"], data.partner_id: replace(known, removed=True)}}


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
    case.CaseMerged: _merged,
    case.CaseErased: _erased,
    measure.MeasurePlanned: _measure_planned,
    measure.MeasureRescheduled: _measure_rescheduled,
    measure.MeasureStarted: _measure_started,
    measure.MeasureStepCompleted: _measure_step,
    measure.MeasureCompleted: _measure_completed,
    measure.MeasureCancelled: _measure_cancelled,
    follow_up.FollowUpScheduled: _follow_up_due,
    follow_up.FollowUpRescheduled: _follow_up_due,
    follow_up.FollowUpHeld: _follow_up_held,
    partner.PartnerAdded: _partner_added,
    partner.PartnerRemoved: _partner_removed,
}
