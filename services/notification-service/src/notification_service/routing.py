"""From events to what they lead to: inbox entries for people, deliveries for endpoints; pure functions."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, time
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from forkant_contracts import Event
from forkant_contracts.codes import TransferReason, UnitChange
from forkant_contracts.events.access import AccessEvent, AccessReviewed, AccessReviewOverdue
from forkant_contracts.events.case import CaseErased, CaseOpened, CaseRestricted, CaseTransferred
from forkant_contracts.events.catalogue import BestPracticePublished, UnitChanged
from forkant_contracts.events.concern import ConcernReceived
from forkant_contracts.events.information import InformationClarified, InformationEvent
from forkant_contracts.events.operations import AlarmEvent
from forkant_contracts.events.steering import IndicatorThresholdCrossed, PilotEnded, PilotEvent, PlanApproved, PlanDue
from forkant_contracts.events.task import TaskCompleted, TaskDueSoon, TaskEvent, TaskOverdue
from forkant_contracts.topics import CATALOGUE_TOPIC, CONCERN_TOPIC, STEERING_TOPIC

from notification_service.domain.audiences import CASE_ERASED, CASE_MERGED, FOR_PEOPLE_ALONE, notices
from notification_service.domain.happenings import Happening, Subject, district_of
from notification_service.store.endpoints import Candidate
from notification_service.store.inbox import Entry
from notification_service.store.queue import Draft
from notification_service.store.recent_events import Ending
from notification_service.store.standing import Standing

NewId = Callable[[], UUID]
_EVERYWHERE: Final = ""
_OSLO: Final = ZoneInfo("Europe/Oslo")


def happening_of(event: Event) -> Happening:
    """Keep of an event what notifying needs."""
    return Happening(
        event_id=event.id,
        type=event.type,
        subject=_subject_of(event),
        subject_id=_subject_id_of(event),
        version=event.aggregate_version,
        unit=event.unit,
        occurred_at=event.occurred_at,
        recorded_at=event.recorded_at,
        traceparent=event.traceparent,
        former_unit=event.data.from_unit if isinstance(event.data, CaseTransferred) else None,
        restricted=event.data.restricted if isinstance(event.data, CaseRestricted) else None,
        answering_unit=event.data.answering_unit if isinstance(event.data, TaskDueSoon | TaskOverdue) else None,
        task=event.data.kind if isinstance(event.data, TaskDueSoon | TaskOverdue) else None,
        asked=event.data.role if isinstance(event.data, TaskDueSoon) else None,
        level=event.data.escalation_level if isinstance(event.data, AccessReviewOverdue | TaskOverdue) else None,
        alarm=event.data.alarm if isinstance(event.data, AlarmEvent) else None,
        raised=isinstance(event.data, AlarmEvent) and event.data.raised,
        about_id=_about(event),
        ends=isinstance(event.data, TaskCompleted | InformationClarified | AccessReviewed),
        plan_due=event.data.reason if isinstance(event.data, PlanDue) else None,
        taking_part=event.data.districts if isinstance(event.data, PilotEnded) else (),
        theme=event.data.theme.value
        if isinstance(event.data, CaseOpened | ConcernReceived | BestPracticePublished)
        else None,
        case_type=event.data.case_type.value if isinstance(event.data, CaseOpened | BestPracticePublished) else None,
        indicator=event.data.indicator if isinstance(event.data, IndicatorThresholdCrossed) else None,
        reorganised=isinstance(event.data, CaseTransferred) and event.data.reason is TransferReason.REORGANISATION,
    )


def _about(event: Event) -> UUID | None:
    if isinstance(event.data, TaskEvent):
        return event.data.task_id
    if isinstance(event.data, InformationEvent):
        return event.data.information_id
    return event.aggregate_id if isinstance(event.data, AccessEvent) else None


def _subject_id_of(event: Event) -> UUID:
    if isinstance(event.data, AccessEvent):
        return event.data.case_id
    if isinstance(event.data, IndicatorThresholdCrossed) and event.data.target_id is not None:
        # What the reader can look up: the watch itself is nowhere to be read.
        return event.data.target_id
    if isinstance(event.data, PlanDue) and event.data.plan_id is not None:
        return event.data.plan_id
    return event.aggregate_id


_BY_TOPIC: Final[Mapping[str, Subject]] = {
    STEERING_TOPIC: Subject.TARGET,
    CATALOGUE_TOPIC: Subject.METHOD,
    CONCERN_TOPIC: Subject.CONCERN,
}


def _subject_of(event: Event) -> Subject:
    if isinstance(event.data, PlanApproved | PlanDue):
        return Subject.PREVENTION_PLAN
    if isinstance(event.data, PilotEvent):
        return Subject.PILOT
    if isinstance(event.data, AlarmEvent):
        return Subject.SERVICE
    if isinstance(event.data, BestPracticePublished):
        return Subject.BEST_PRACTICE
    if isinstance(event.data, UnitChanged):
        return Subject.UNIT
    return _BY_TOPIC.get(event.topic, Subject.CASE)


def standings(events: Iterable[Event]) -> dict[UUID, Standing]:
    """Return how cases stand after these events, as far as the events change it; an erased case stays erased."""
    found: dict[UUID, Standing] = {}
    for event in events:
        before = found.get(event.aggregate_id)
        erased = None if before is None else before.erased_version
        if isinstance(event.data, CaseRestricted):
            found[event.aggregate_id] = Standing(event.aggregate_version, event.data.restricted, erased)
        elif isinstance(event.data, CaseErased):
            version = event.aggregate_version
            found[event.aggregate_id] = Standing(version, restricted=False, erased_version=erased or version)
    return found


def unit_endings(events: Iterable[Event]) -> dict[str, Ending]:
    """Return which units end with these events, when, at the beginning of a day in Oslo, and which follow them."""
    return {
        event.data.changed_unit: Ending(
            datetime.combine(event.data.effective_on, time(), _OSLO), tuple(event.data.successors)
        )
        for event in events
        if isinstance(event.data, UnitChanged) and event.data.change is UnitChange.ENDED
    }


def recent(happenings: Iterable[Happening]) -> list[Happening]:
    """Leave out what no system is told of."""
    return [happening for happening in happenings if happening.type not in FOR_PEOPLE_ALONE]


def still_told(happenings: Iterable[Happening], erased: Mapping[UUID, int]) -> list[Happening]:
    """Leave out what is older than the erasure of its case."""
    return [h for h in happenings if h.version >= erased.get(h.subject_id, 0)]


def themes(happenings: Iterable[Happening]) -> dict[UUID, str]:
    """Return which themes these events give to cases and concerns."""
    known = (Subject.CASE, Subject.CONCERN)
    return {h.subject_id: h.theme for h in happenings if h.theme is not None and h.subject in known}


def entries(happenings: Iterable[Happening], themes_of: Mapping[UUID, str], *, new_id: NewId) -> list[Entry]:
    """Return the inbox entries that events lead to; ``themes_of`` says what cases and concerns are about."""
    return [
        Entry(
            id=new_id(),
            event_id=happening.event_id,
            kind=notice.kind.value,
            unit=notice.unit,
            roles=frozenset(role.value for role in notice.roles),
            needs=notice.needs.value,
            subject=happening.subject.value,
            subject_id=happening.subject_id,
            subject_version=happening.version,
            occurred_at=happening.occurred_at,
            recorded_at=happening.recorded_at,
            about_unit=notice.about_unit,
            theme=happening.theme or themes_of.get(happening.subject_id),
            indicator=happening.indicator,
        )
        for happening in happenings
        for notice in notices(happening)
    ]


def departures(happenings: Iterable[Happening]) -> list[tuple[UUID, str, int]]:
    """Return which units handed which cases over, and with which version."""
    return [
        (h.subject_id, h.former_unit, h.version)
        for h in happenings
        if h.former_unit is not None and district_of(h.former_unit) != district_of(h.unit)
    ]


def ends(happenings: Iterable[Happening]) -> dict[UUID, int]:
    """Return which tasks, information and reviews are done, and with which version."""
    return {h.about_id: h.version for h in happenings if h.ends and h.about_id is not None}


def mergers(happenings: Iterable[Happening]) -> dict[UUID, int]:
    """Return which cases were merged into another, and with which version."""
    return {h.subject_id: h.version for h in happenings if h.type == CASE_MERGED}


def drafts(
    happenings: Sequence[Happening],
    candidates: Sequence[Candidate],
    receivers: Mapping[UUID, Iterable[UUID]],
    *,
    new_id: NewId,
) -> list[Draft]:
    """Return the deliveries that events lead to, in the order of the events.

    An erasure goes to every endpoint that was ever sent something about the case (``receivers``), whatever it asks
    for now, so that what was told can be taken back.
    """
    happenings = [happening for happening in happenings if happening.type not in FOR_PEOPLE_ALONE]
    told: dict[UUID, set[UUID]] = {subject: set(endpoints) for subject, endpoints in receivers.items()}
    by_place = _by_place(candidates)
    by_id = {candidate.filter.endpoint_id: candidate for candidate in candidates}
    found = []
    for happening in happenings:
        near = {_EVERYWHERE, *(district_of(unit) for unit in happening.units)}
        places = by_place.keys() if happening.for_every_unit else near
        due = {c.filter.endpoint_id for place in places for c in by_place.get(place, ()) if c.wants(happening)}
        subject_told = told.setdefault(happening.subject_id, set())
        if happening.type == CASE_ERASED:
            due |= subject_told & by_id.keys()
        subject_told |= due
        found += [_draft(happening, by_id[endpoint_id], new_id) for endpoint_id in sorted(due)]
    return found


def _by_place(candidates: Iterable[Candidate]) -> dict[str, list[Candidate]]:
    found: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        place = _EVERYWHERE if candidate.filter.national else district_of(candidate.filter.unit)
        found.setdefault(place, []).append(candidate)
    return found


def _draft(happening: Happening, candidate: Candidate, new_id: NewId) -> Draft:
    return Draft(
        id=new_id(),
        endpoint_id=candidate.filter.endpoint_id,
        message_id=happening.event_id,
        event_type=happening.type,
        occurred_at=happening.occurred_at,
        recorded_at=happening.recorded_at,
        subject_id=happening.subject_id,
        subject_version=happening.version,
        unit=candidate.filter.unit_shown(happening),
        traceparent=happening.traceparent,
    )
