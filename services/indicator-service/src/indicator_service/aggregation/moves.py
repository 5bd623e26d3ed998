"""What moved a figure between two moments: which events, and by how much each changed its counts.

The events of a case are folded one by one, and what it contributes is taken before and after each: what they add up to
is how the figure differs, for a period that is counted until the same day at both moments.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from forkant_contracts import Event

from indicator_service.aggregation.calendar import Period
from indicator_service.aggregation.cells import Cell, cells_of, district_of
from indicator_service.aggregation.contributions import Contribution, contribution_of
from indicator_service.aggregation.facts import CaseFact, Fact
from indicator_service.aggregation.fold_case import fold_case
from indicator_service.aggregation.fold_concern import fold_concern
from indicator_service.definitions import Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Figured:
    """Whose figure moved: a unit's, by a definition, in a period."""

    unit: str
    version: Version
    period: Period
    goals: frozenset[str] = frozenset()
    """The metrics of the goals of its plan that are in force on the day that the period counts until."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """An event that changed a figure."""

    event: Event
    change: Contribution


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What happened to a case or a concern, in order of version, and what was known of it before the first of that."""

    key: UUID
    base: Fact
    events: Sequence[Event]

    @property
    def whole(self) -> bool:
        """Whether nothing before is missing: of what was erased no event is kept but that it was."""
        return self.base.version > 0 or (bool(self.events) and self.events[0].aggregate_version == 1)


def moves_of(history: History, figured: Figured, *, since: datetime, until: datetime) -> Iterator[Move]:
    """Yield the events of one case or concern that moved a figure.

    Args:
        history: what happened to it until the later moment.
        figured: what moved.
        since: what was recorded until then is known before.
        until: what was recorded after it is not looked at.
    """
    known = [event for event in history.events if event.recorded_at <= since]
    fact = _folded(history.base, known)
    before = _contribution(fact, figured)
    for event in history.events[len(known) :]:
        if event.recorded_at > until:
            return
        fact = _folded(fact, [event])
        after = _contribution(fact, figured)
        change = after - before
        if change:
            yield Move(event=event, change=change)
        before = after


def total_of(moves: Iterable[Move]) -> Contribution | None:
    """Return what moves add up to; None of none."""
    found: Contribution | None = None
    for move in moves:
        found = move.change if found is None else found + move.change
    return found


def _folded(fact: Fact, events: Sequence[Event]) -> Fact:
    return fold_case(fact, events) if isinstance(fact, CaseFact) else fold_concern(fact, events)


def _contribution(fact: Fact, figured: Figured) -> Contribution:
    return contribution_of(_cells_in(fact, figured.unit), figured.version, figured.period, goals=figured.goals)


def _cells_in(fact: Fact, unit: str) -> Iterator[tuple[Cell, int]]:
    return ((cell, amount) for cell, amount in cells_of(fact) if district_of(cell.unit) == unit)
