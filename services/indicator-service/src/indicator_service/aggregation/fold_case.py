"""How each event changes the fact about its case: a table of pure functions, one for each event type.

Each gives the fields that its event changes, so that the events of a batch share one draft and make one fact.
The unit of a case is the one that opened it, or that it was last transferred to, which moves all that the case
contributes. Other events move nothing: of an ended case whose unit ended since, they name the one that answers for it.
An erased case is a tombstone: nothing brings it back. So is one that was merged into another, which alone counts from
then on, in every month: a duplicate never was a case of its own. Its erasure alone is still told of it.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from forkant_contracts import Event, EventData
from forkant_contracts.codes import CaseState
from forkant_contracts.events import case

from indicator_service.aggregation.calendar import day_of
from indicator_service.aggregation.facts import CaseDraft, CaseFact, Turn, draft_of
from indicator_service.aggregation.fold_parts import PART_HANDLERS, Handler

_ERASED: Final = draft_of(CaseFact(erased=True))
_MERGED: Final = draft_of(CaseFact(merged=True))
_MOVES: Final = (case.CaseOpened, case.CaseTransferred)


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


def _turned(draft: CaseDraft, event: Event, turn: Turn) -> CaseDraft:
    return {"course": (*draft["course"], (day_of(event.occurred_at), turn))}


def _opened(draft: CaseDraft, event: Event, data: case.CaseOpened) -> CaseDraft:
    return {
        **_turned(draft, event, Turn.OPENED),
        "state": CaseState.REGISTERED,
        "opened_at": event.occurred_at,
        "case_type": data.case_type,
        "theme": data.theme,
        "age_band": data.age_band,
        "subject_category": data.subject_category,
        "arena": data.arena,
        "municipality_number": data.municipality_number,
        "concern_id": data.concern_id,
        **({} if data.prevention_goal_id is None else _tied(draft, event, data)),
    }


def _tied(draft: CaseDraft, event: Event, data: case.CaseOpened | case.CaseGoalChanged) -> CaseDraft:
    return {"ties": (*draft["ties"], (day_of(event.occurred_at), data.prevention_goal_id))}


def _assessing(_draft: CaseDraft, _event: Event, _data: case.CaseAssessmentStarted) -> CaseDraft:
    return {"state": CaseState.ASSESSING}


def _assessed(draft: CaseDraft, event: Event, data: case.CaseAssessed) -> CaseDraft:
    # Writing it again, or anew after a reopening, makes no timely assessment late; what it says is the newest.
    first = min(draft["assessed_at"] or event.occurred_at, event.occurred_at)
    return {"assessed_at": first, "child_view_recorded": data.child_view_recorded}


def _planned(draft: CaseDraft, event: Event, data: case.CasePlanned) -> CaseDraft:
    return {
        **(_turned(draft, event, Turn.REPLANNED) if draft["plan_approved_at"] else {}),
        "state": CaseState.PLANNED,
        "planned_at": event.occurred_at,
        "plan_approved_at": None,
        "goals": data.goals,
        "goals_with_baseline": data.goals_with_baseline,
    }


def _plan_approved(draft: CaseDraft, event: Event, data: case.CasePlanApproved) -> CaseDraft:
    return {
        **_turned(draft, event, Turn.APPROVED),
        "plan_approved_at": event.occurred_at,
        "goals": data.goals,
        "goals_with_baseline": data.goals_with_baseline,
    }


def _activated(_draft: CaseDraft, event: Event, _data: case.CaseActivated) -> CaseDraft:
    return {"state": CaseState.ACTIVE, "activated_at": event.occurred_at}


def _on_hold(draft: CaseDraft, event: Event, _data: case.CasePutOnHold) -> CaseDraft:
    return {**_turned(draft, event, Turn.HELD), "state": CaseState.ON_HOLD}


def _resumed(draft: CaseDraft, event: Event, data: case.CaseResumed) -> CaseDraft:
    return {**_turned(draft, event, Turn.RESUMED), "state": data.state}


def _ended(draft: CaseDraft, event: Event, state: CaseState) -> CaseDraft:
    return {**_turned(draft, event, Turn.ENDED), "state": state, "ended_at": event.occurred_at}


def _referred(draft: CaseDraft, event: Event, _data: case.CaseReferred) -> CaseDraft:
    return _ended(draft, event, CaseState.REFERRED)


def _rejected(draft: CaseDraft, event: Event, _data: case.CaseRejected) -> CaseDraft:
    return _ended(draft, event, CaseState.REJECTED)


def _followed_up(_draft: CaseDraft, _event: Event, _data: case.CaseFollowedUp) -> CaseDraft:
    return {"state": CaseState.FOLLOW_UP}


def _evaluating(_draft: CaseDraft, _event: Event, _data: case.CaseEvaluationStarted) -> CaseDraft:
    return {"state": CaseState.EVALUATING}


def _evaluated(_draft: CaseDraft, event: Event, data: case.CaseEvaluated) -> CaseDraft:
    return {"evaluated_at": event.occurred_at, "effect": data.effect}


def _closed(draft: CaseDraft, event: Event, data: case.CaseClosed) -> CaseDraft:
    ended = _ended(draft, event, CaseState.CLOSED)
    return {**ended, "close_reason": data.reason, "closed_evaluated": data.evaluated}


def _reopened(draft: CaseDraft, event: Event, _data: case.CaseReopened) -> CaseDraft:
    # As if it had never ended: the end and the evaluation that stood at it no longer count. That nobody worked on it
    # meanwhile stays true, and the new round has no approved plan.
    return {
        **_turned(draft, event, Turn.REOPENED),
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


_HANDLERS: Final[Mapping[type[EventData], Handler]] = {
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
    case.CaseGoalChanged: _tied,
    case.CaseMerged: _merged,
    case.CaseErased: _erased,
    **PART_HANDLERS,
}
