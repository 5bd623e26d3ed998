"""A batch of events folded into the facts it touches, and what the cells change by."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from forkant_contracts import Event
from forkant_contracts.topics import CASE_TOPIC, CONCERN_TOPIC

from indicator_service.aggregation.cells import Cells, total
from indicator_service.aggregation.facts import NO_CASE, NO_CONCERN, CaseFact, ConcernFact
from indicator_service.aggregation.fold_case import fold_case
from indicator_service.aggregation.fold_concern import fold_concern


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """The facts that changed, as they are now, and what to add to the cells."""

    cases: Mapping[UUID, CaseFact]
    concerns: Mapping[UUID, ConcernFact]
    delta: Cells


@dataclass(frozen=True, slots=True, kw_only=True)
class Streams:
    """A batch's events by aggregate, those of one in the order in which they came."""

    cases: Mapping[UUID, Sequence[Event]]
    concerns: Mapping[UUID, Sequence[Event]]


def streams_of(events: Iterable[Event]) -> Streams:
    """Sort events by what they are about; those of other topics are left out."""
    cases: defaultdict[UUID, list[Event]] = defaultdict(list)
    concerns: defaultdict[UUID, list[Event]] = defaultdict(list)
    by_topic = {CASE_TOPIC: cases, CONCERN_TOPIC: concerns}
    for event in events:
        if (streams := by_topic.get(event.data.TOPIC)) is not None:
            streams[event.aggregate_id].append(event)
    return Streams(cases=cases, concerns=concerns)


def fold(
    streams: Streams,
    *,
    cases: Mapping[UUID, CaseFact],
    concerns: Mapping[UUID, ConcernFact],
    counting: bool = True,
) -> Folded:
    """Fold events, those of one aggregate in order of version, into the facts that are known of their aggregates.

    Cases and concerns never look at each other, so the order between their topics doesn't matter. Unless it is
    counting, it leaves the cells alone.
    """
    changed_cases = {key: fold_case(cases.get(key, NO_CASE), events) for key, events in streams.cases.items()}
    changed_concerns = {
        key: fold_concern(concerns.get(key, NO_CONCERN), events) for key, events in streams.concerns.items()
    }
    if not counting:
        return Folded(cases=changed_cases, concerns=changed_concerns, delta=Counter())
    delta = total(
        [
            *((cases.get(key, NO_CASE), fact) for key, fact in changed_cases.items()),
            *((concerns.get(key, NO_CONCERN), fact) for key, fact in changed_concerns.items()),
        ]
    )
    return Folded(cases=changed_cases, concerns=changed_concerns, delta=delta)
