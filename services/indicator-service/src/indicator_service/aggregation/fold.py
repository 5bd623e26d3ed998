"""A batch of events folded into the facts it touches, and what the cells change by."""

from collections.abc import Mapping, Sequence
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


def fold(events: Sequence[Event], *, cases: Mapping[UUID, CaseFact], concerns: Mapping[UUID, ConcernFact]) -> Folded:
    """Fold events, those of one aggregate in order of version, into the facts that are known of their aggregates.

    Cases and concerns never look at each other, so the order between their topics doesn't matter.
    """
    new_cases: dict[UUID, CaseFact] = {}
    new_concerns: dict[UUID, ConcernFact] = {}
    for event in events:
        key = event.aggregate_id
        if event.topic == CASE_TOPIC:
            new_cases[key] = fold_case(new_cases.get(key) or cases.get(key, NO_CASE), event)
        elif event.topic == CONCERN_TOPIC:
            new_concerns[key] = fold_concern(new_concerns.get(key) or concerns.get(key, NO_CONCERN), event)
    delta = total([(cases.get(key, NO_CASE), fact) for key, fact in new_cases.items()])
    delta.update(total([(concerns.get(key, NO_CONCERN), fact) for key, fact in new_concerns.items()]))
    return Folded(cases=new_cases, concerns=new_concerns, delta=delta)
