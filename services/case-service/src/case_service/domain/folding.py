"""The fold of a case's events into the case as it was after each of them.

A case was known at a moment by what was recorded by then, whenever it had happened.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from forkant_contracts.codes import CaseState

from case_service.domain.past import (
    Past,
    PastAssessment,
    PastEvaluation,
    PastFollowUp,
    PastInformation,
    PastMeasure,
    PastPartner,
    PastPlan,
)
from case_service.domain.refusals import Code, Refusal
from case_service.domain.standing import FollowUpState, MeasureState
from case_service.domain.timeline import Event

_Changes = dict[str, Any]
_Effect = Callable[[Past, Event], _Changes]


def known_at(events: Sequence[Event], moment: datetime) -> Sequence[Event]:
    """Return the events that were recorded by a moment: those before the first that was recorded after it.

    Raises:
        Refusal: the first events were removed from the archive.
    """
    if [event.version for event in events] != list(range(1, len(events) + 1)) or not events:
        raise Refusal(Code.HISTORY_DROPPED)
    later = next((place for place, event in enumerate(events) if event.recorded_at > moment), len(events))
    return events[:later]


def folded(events: Iterable[Event]) -> Past:
    """Return the case after these events, which begin with its opening.

    Raises:
        ValueError: they begin with something else.
    """
    each = iter(events)
    first = next(each, None)
    if first is None or first.code != "case.opened":
        raise ValueError("the events of a case begin with its opening")
    past = Past(
        version=first.version,
        recorded_at=first.recorded_at,
        unit=first.unit,
        opened_at=first.occurred_at,
        opened=MappingProxyType(dict(first.facts)),
        prevention_goal=_goal(first),
    )
    for event in each:
        past = after(past, event)
    return past


def after(past: Past, event: Event) -> Past:
    """Return the case after one more event.

    Raises:
        KeyError: nobody said what an event of its type does to a case.
    """
    changed = EFFECTS[event.code](past, event)
    return replace(past, version=event.version, recorded_at=event.recorded_at, unit=event.unit, **changed)


def _nothing(_past: Past, _event: Event) -> _Changes:
    return {}


def _to(state: CaseState, **more: bool) -> _Effect:
    return lambda _past, _event: {"state": state, **more}


def _item(name: str, of: str, change: Callable[[Past, Event, Any], Any]) -> _Effect:
    """Return the effect on one item of a list: ``change`` gives it as it is after, from what it was before, if any."""

    def effect(past: Past, event: Event) -> _Changes:
        items: Mapping[UUID, Any] = getattr(past, name)
        found = UUID(str(event.facts[of]))
        return {name: MappingProxyType({**items, found: change(past, event, items.get(found))})}

    return effect


def _ended(state: CaseState) -> _Effect:
    return lambda _past, _event: {"state": state, "held_from": None, "hold_reason": None}


def _closed(past: Past, event: Event) -> _Changes:
    ended = _ended(CaseState.CLOSED)(past, event)
    return {**ended, "closed_at": event.occurred_at, "close_reason": event.facts["reason"]}


def _reopened(past: Past, _event: Event) -> _Changes:
    begun = {"assessment_begun": False, "evaluation_begun": False}
    gone = dict.fromkeys(("assessment", "plan", "evaluation", "closed_at", "close_reason"))
    return {"state": CaseState.ASSESSING, "round": past.round + 1, **begun, **gone}


def _put_on_hold(past: Past, event: Event) -> _Changes:
    return {"state": CaseState.ON_HOLD, "held_from": past.state, "hold_reason": event.facts["reason"]}


def _resumed(_past: Past, event: Event) -> _Changes:
    return {"state": CaseState(event.facts["state"]), "held_from": None, "hold_reason": None}


def _restricted(_past: Past, event: Event) -> _Changes:
    restricted = bool(event.facts["restricted"])
    return {"restricted": restricted, "restriction_reason": event.facts["reason"] if restricted else None}


def _tied(_past: Past, event: Event) -> _Changes:
    return {"prevention_goal": _goal(event)}


def _goal(event: Event) -> UUID | None:
    told = event.facts.get("prevention_goal_id")
    return None if told is None else UUID(str(told))


def _assessed(_past: Past, event: Event) -> _Changes:
    factors = {name: tuple(event.facts.get(name, ())) for name in ("risk_factors", "protective_factors")}
    return {"assessment_begun": True, "assessment": PastAssessment(**factors, completed_at=event.occurred_at)}


def _planned(_past: Past, event: Event) -> _Changes:
    goals = {name: event.facts[name] for name in ("goals", "goals_with_baseline")}
    plan = PastPlan(version=event.version, written_at=event.occurred_at, **goals)
    return {"plan": plan, "state": CaseState.PLANNED}


def _approved(past: Past, event: Event) -> _Changes:
    return {"plan": past.plan and replace(past.plan, approved_at=event.occurred_at)}


def _evaluated(_past: Past, event: Event) -> _Changes:
    return {"evaluation": PastEvaluation(effect=event.facts["effect"], completed_at=event.occurred_at)}


def _plan_measure(past: Past, event: Event, _before: None) -> PastMeasure:
    return PastMeasure(
        id=UUID(str(event.facts["measure_id"])),
        round=past.round,
        kind=event.facts["kind"],
        arena=event.facts["arena"],
        due_on=event.facts["due_on"],
        method_version=event.facts.get("method_version"),
        planned_at=event.occurred_at,
    )


def _start_measure(_past: Past, event: Event, before: PastMeasure) -> PastMeasure:
    return replace(before, state=MeasureState.STARTED, started_at=event.occurred_at)


def _do_step(_past: Past, event: Event, before: PastMeasure) -> PastMeasure:
    return replace(before, steps_done=before.steps_done | {event.facts["step"]})


def _complete_measure(_past: Past, event: Event, before: PastMeasure) -> PastMeasure:
    met = event.facts.get("mandatory_steps_met")
    return replace(before, state=MeasureState.COMPLETED, completed_at=event.occurred_at, mandatory_steps_met=met)


def _cancel_measure(_past: Past, event: Event, before: PastMeasure) -> PastMeasure:
    reason = event.facts["reason"]
    return replace(before, state=MeasureState.CANCELLED, cancelled_at=event.occurred_at, cancel_reason=reason)


def _schedule(past: Past, event: Event, _before: None) -> PastFollowUp:
    return PastFollowUp(id=UUID(str(event.facts["follow_up_id"])), round=past.round, due_on=event.facts["due_on"])


def _reschedule(_past: Past, event: Event, before: Any) -> Any:
    return replace(before, due_on=event.facts["due_on"])


def _hold(_past: Past, event: Event, before: PastFollowUp) -> PastFollowUp:
    return replace(before, state=FollowUpState.HELD, held_at=event.occurred_at)


def _join(_past: Past, event: Event, _before: None) -> PastPartner:
    facts = event.facts
    return PastPartner(id=UUID(str(facts["partner_id"])), kind=facts["kind"], added_at=event.occurred_at)


def _leave(_past: Past, event: Event, before: PastPartner) -> PastPartner:
    return replace(before, removed_at=event.occurred_at)


def _register(_past: Past, event: Event, _before: None) -> PastInformation:
    return PastInformation(
        id=UUID(str(event.facts["information_id"])),
        statement_type=event.facts["statement_type"],
        verification_status=event.facts["verification_status"],
        clarification_deadline=event.facts["clarification_deadline"],
        registered_at=event.occurred_at,
    )


def _clarify(_past: Past, event: Event, before: PastInformation) -> PastInformation:
    told = {name: event.facts[name] for name in ("outcome", "verification_status")}
    return replace(before, clarified_at=event.occurred_at, **told)


EFFECTS: Final[Mapping[str, _Effect]] = MappingProxyType(
    {
        "case.assessment-started": _to(CaseState.ASSESSING, assessment_begun=True),
        "case.assessed": _assessed,
        "case.planned": _planned,
        "case.plan-approved": _approved,
        "case.activated": _to(CaseState.ACTIVE),
        "case.put-on-hold": _put_on_hold,
        "case.resumed": _resumed,
        "case.transferred": _nothing,
        "case.transfer-offered": _nothing,
        "case.transfer-rejected": _nothing,
        "case.transfer-revoked": _nothing,
        "case.referred": _ended(CaseState.REFERRED),
        "case.rejected": _ended(CaseState.REJECTED),
        "case.followed-up": _to(CaseState.FOLLOW_UP),
        "case.evaluation-started": _to(CaseState.EVALUATING, evaluation_begun=True),
        "case.evaluated": _evaluated,
        "case.closed": _closed,
        "case.reopened": _reopened,
        "case.restricted": _restricted,
        "case.goal-changed": _tied,
        "case.merged": lambda _past, _event: {"merged": True},
        "case.erased": lambda _past, _event: {"erased": True},
        "case.version-skipped": _nothing,
        "measure.planned": _item("measures", "measure_id", _plan_measure),
        "measure.rescheduled": _item("measures", "measure_id", _reschedule),
        "measure.started": _item("measures", "measure_id", _start_measure),
        "measure.step-completed": _item("measures", "measure_id", _do_step),
        "measure.completed": _item("measures", "measure_id", _complete_measure),
        "measure.cancelled": _item("measures", "measure_id", _cancel_measure),
        "follow-up.scheduled": _item("follow_ups", "follow_up_id", _schedule),
        "follow-up.rescheduled": _item("follow_ups", "follow_up_id", _reschedule),
        "follow-up.held": _item("follow_ups", "follow_up_id", _hold),
        "partner.added": _item("partners", "partner_id", _join),
        "partner.removed": _item("partners", "partner_id", _leave),
        "information.registered": _item("information", "information_id", _register),
        "information.clarified": _item("information", "information_id", _clarify),
        "information.deadline-near": _nothing,
        "information.restricted": _nothing,
        "task.assigned": _nothing,
        "task.due-soon": _nothing,
        "task.overdue": _nothing,
        "task.completed": _nothing,
    }
)
"""What each event but the opening does to a case; the unit that holds it after stands in the event itself."""
