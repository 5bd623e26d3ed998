"""A batch of events folded into the facts it touches, and what the cells change by."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
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


def fold(events: Iterable[Event], *, cases: Mapping[UUID, CaseFact], concerns: Mapping[UUID, ConcernFact]) -> Folded:
    """Fold events, those of one aggregate in order of version, into the facts that are known of their aggregates.

    Cases and concerns never look at each other, so the order between their topics doesn't matter.
    """
    by_case: defaultdict[UUID, list[Event]] = defaultdict(list)
    by_concern: defaultdict[UUID, list[Event]] = defaultdict(list)
    by_topic = {CASE_TOPIC: by_case, CONCERN_TOPIC: by_concern}
    for event in events:
        if (mine := by_topic.get(event.data.TOPIC)) is not None:
            mine[event.aggregate_id].append(event)
    changed_cases = [(key, cases.get(key, NO_CASE), theirs) for key, theirs in by_case.items()]
    changed_concerns = [(key, concerns.get(key, NO_CONCERN), theirs) for key, theirs in by_concern.items()]
    new_cases = {key: fold_case(old, theirs) for key, old, theirs in changed_cases}
    new_concerns = {key: fold_concern(old, theirs) for key, old, theirs in changed_concerns}
    delta = total(
        [
            *((old, new_cases[key]) for key, old, _ in changed_cases),
            *((old, new_concerns[key]) for key, old, _ in changed_concerns),
        ]
    )
    return Folded(cases=new_cases, concerns=new_concerns, delta=delta)
