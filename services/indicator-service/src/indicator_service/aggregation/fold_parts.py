"""How events about the parts of a case change its fact: measures, follow-ups, partners and information."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, cast
from uuid import UUID

from forkant_contracts import Event, EventData
from forkant_contracts.events import follow_up, information, measure, partner

from indicator_service.aggregation.calendar import day_of
from indicator_service.aggregation.facts import CaseDraft, FollowUpFact, InformationFact, MeasureFact, PartnerFact

Handler = Callable[[CaseDraft, Event, Any], CaseDraft]
"""Gives the fields of the fact that an event changes, from the fact as it was."""

_NO_MEASURE: Final = MeasureFact()
_NO_FOLLOW_UP: Final = FollowUpFact()


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


def _follow_up(draft: CaseDraft, item: UUID, **changes: object) -> CaseDraft:
    known = draft["follow_ups"].get(item, _NO_FOLLOW_UP)
    return {"follow_ups": {**draft["follow_ups"], item: replace(known, **cast("Any", changes))}}


def _follow_up_scheduled(draft: CaseDraft, event: Event, data: follow_up.FollowUpScheduled) -> CaseDraft:
    return _follow_up(draft, data.follow_up_id, due_on=data.due_on, scheduled_on=day_of(event.occurred_at))


def _follow_up_rescheduled(draft: CaseDraft, _event: Event, data: follow_up.FollowUpRescheduled) -> CaseDraft:
    return _follow_up(draft, data.follow_up_id, due_on=data.due_on)


def _follow_up_held(draft: CaseDraft, event: Event, data: follow_up.FollowUpHeld) -> CaseDraft:
    return _follow_up(draft, data.follow_up_id, held_at=event.occurred_at)


def _partner_added(draft: CaseDraft, event: Event, data: partner.PartnerAdded) -> CaseDraft:
    added = PartnerFact(kind=data.kind, added_on=day_of(event.occurred_at))
    return {"partners": {**draft["partners"], data.partner_id: added}}


def _partner_removed(draft: CaseDraft, event: Event, data: partner.PartnerRemoved) -> CaseDraft:
    known = draft["partners"].get(data.partner_id)
    if known is None:
        return {}
    gone = replace(known, removed=True, removed_on=day_of(event.occurred_at))
    return {"partners": {**draft["partners"], data.partner_id: gone}}


_Unclarified = (
    information.InformationRegistered | information.InformationDeadlineNear | information.InformationRestricted
)


def _information_told_of(draft: CaseDraft, event: Event, data: _Unclarified) -> CaseDraft:
    # The registration may have come before facts kept information: then it is known from now on.
    if data.information_id in draft["information"]:
        return {}
    told = InformationFact(registered_on=day_of(event.occurred_at), deadline=data.clarification_deadline)
    return {"information": {**draft["information"], data.information_id: told}}


def _information_clarified(draft: CaseDraft, event: Event, data: information.InformationClarified) -> CaseDraft:
    day = day_of(event.occurred_at)
    told = InformationFact(registered_on=day, deadline=data.clarification_deadline)
    clarified = replace(draft["information"].get(data.information_id, told), clarified_on=day)
    return {"information": {**draft["information"], data.information_id: clarified}}


PART_HANDLERS: Final[Mapping[type[EventData], Handler]] = {
    measure.MeasurePlanned: _measure_planned,
    measure.MeasureRescheduled: _measure_rescheduled,
    measure.MeasureStarted: _measure_started,
    measure.MeasureStepCompleted: _measure_step,
    measure.MeasureCompleted: _measure_completed,
    measure.MeasureCancelled: _measure_cancelled,
    follow_up.FollowUpScheduled: _follow_up_scheduled,
    follow_up.FollowUpRescheduled: _follow_up_rescheduled,
    follow_up.FollowUpHeld: _follow_up_held,
    partner.PartnerAdded: _partner_added,
    partner.PartnerRemoved: _partner_removed,
    information.InformationRegistered: _information_told_of,
    information.InformationDeadlineNear: _information_told_of,
    information.InformationRestricted: _information_told_of,
    information.InformationClarified: _information_clarified,
}
