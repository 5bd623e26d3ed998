"""How each event changes the fact about its concern, which counts where it was received, whoever decides it."""

from collections.abc import Iterable
from dataclasses import replace

from forkant_contracts import Event
from forkant_contracts.events.concern import ConcernDecided, ConcernReceived

from indicator_service.aggregation.facts import ConcernFact


def fold_concern(fact: ConcernFact, events: Iterable[Event]) -> ConcernFact:
    """Return the fact after events, in order of version; an event that was folded before changes nothing."""
    for event in events:
        if event.aggregate_version > fact.version:
            fact = replace(_changed(fact, event), version=event.aggregate_version, unit=fact.unit or event.unit)
    return fact


def _changed(fact: ConcernFact, event: Event) -> ConcernFact:
    data = event.data
    if isinstance(data, ConcernReceived):
        return replace(
            fact,
            received_at=event.occurred_at,
            source=data.source,
            theme=data.theme,
            age_band=data.age_band,
            arena=data.arena,
            municipality_number=data.municipality_number,
        )
    if isinstance(data, ConcernDecided):
        return replace(fact, decided_at=event.occurred_at, outcome=data.outcome, case_id=data.case_id)
    return fact
