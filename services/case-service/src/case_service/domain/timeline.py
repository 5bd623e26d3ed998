"""Who did what: the events of a case joined with the entries of the audit trail that were written with them.

A change writes its events and one entry in one transaction, while it holds the case's row; the entry bears the version
that the last of its events has. Entries of a case therefore run in the order of its versions, and an event was made by
the first one that bears its version or a later one. An entry whose version an earlier one bears has made no event: it
is an act that no event tells of, or somebody looked.

The trail is kept for three years at most, the events for longer. What was written down together was written within
moments of each other, so that an event whose entry is gone is not taken for the work of who came next.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from case_service.domain.attempt import Action

TOGETHER: Final = timedelta(minutes=10)
"""How far apart an event and its entry may be written at most; a transaction that takes longer is ended."""

ACTS: Final = frozenset(f"case.{action.value}" for action in Action)
"""Entries that tell of a change, not of somebody who looked."""

LOOKS: Final = ("case.history", "case.timeline")
"""Entries, beside those of ``case.read…``, of somebody who looked and whom the version shows that was there then."""

OFFERS: Final = frozenset({"case.offer_transfer", "case.reject_transfer", "case.revoke_transfer"})
"""Acts that no event tells of, although events tell of the task that follows from them."""

Position = tuple[int, int]
"""Where an entry of a timeline stands: a version, then 0 for its event or the number of an act that came after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event as the archive has it; ``code`` is its type without the platform's name and the version."""

    version: int
    code: str
    unit: str
    occurred_at: datetime
    recorded_at: datetime
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """An entry of the audit trail about one case; ``number`` orders them."""

    number: int
    at: datetime
    subject: str
    unit: str
    roles: tuple[str, ...]
    action: str
    version: int
    item_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that happened, and who did it; the actor is missing when the trail no longer reaches back to it.

    An act that no event tells of happened when it was recorded, and says nothing of who held the case then.
    """

    position: Position
    code: str
    unit: str | None
    occurred_at: datetime
    recorded_at: datetime
    facts: Mapping[str, Any]
    act: Act | None


def joined(events: Sequence[Event], acts: Sequence[Act]) -> list[Line]:
    """Return what happened in order: each event with who made it, and each act that no event tells of.

    Args:
        events: consecutive events, in the order of their versions.
        acts: entries in their order, from the one on that made the first of these events.
    """
    makers = _makers(events, acts)
    made = {act.number for act in makers.values()}
    alone = (act for act in acts if act.action in ACTS and (act.number not in made or act.action in OFFERS))
    lines = [*(_told(event, makers.get(event.version)) for event in events), *map(_untold, alone)]
    return sorted(lines, key=lambda line: line.position)


def _makers(events: Sequence[Event], acts: Sequence[Act]) -> dict[int, Act]:
    """Return which entry each version was made by, as far as the trail has it."""
    makers = {}
    following = iter(acts)
    act = next(following, None)
    for event in events:
        while act is not None and act.version < event.version:
            act = next(following, None)
        if act is not None and act.at <= event.recorded_at + TOGETHER:
            makers[event.version] = act
    return makers


def _told(event: Event, act: Act | None) -> Line:
    return Line(
        position=(event.version, 0),
        code=event.code,
        unit=event.unit,
        occurred_at=event.occurred_at,
        recorded_at=event.recorded_at,
        facts=event.facts,
        act=act,
    )


def _untold(act: Act) -> Line:
    return Line(
        position=(act.version, act.number),
        code=act.action,
        unit=None,
        occurred_at=act.at,
        recorded_at=act.at,
        facts=MappingProxyType({}),
        act=act,
    )
