"""The documents of why a figure changed."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from indicator_service.api.models import Document, Fresh, PeriodDocument


class Change(Document):
    """By how much the counts of a figure changed."""

    numerator: int | None
    """Null where the indicator has none."""
    denominator: int | None
    """Null where the denominator is imported."""
    extra: dict[str, int]


class TypeChange(Change):
    """What the events of one type changed together."""

    type: str
    events: int


class EventChange(Change):
    """What an event of a case or a concern changed that the caller may see."""

    id: UUID
    """The event's id."""
    type: str
    occurred_at: datetime
    recorded_at: datetime
    kind: Literal["case", "concern"]
    object_id: UUID
    """The case or the concern."""


class FigureChanges(Fresh):
    """Why a figure changed between two moments."""

    number: int
    unit: str
    period: PeriodDocument
    definition_version: int
    since: datetime
    until: datetime
    total: Change
    """What all events changed together: the figure's difference, for the same period and the same day."""
    by_type: tuple[TypeChange, ...]
    """The same by type of event, whoever may see the cases."""
    events: tuple[EventChange, ...]
    """Those of cases and concerns that the caller may see, the oldest first."""
    not_kept: int
    """Cases and concerns that changed and of which what was before is not kept, so that they are in none of the sums:
    those that were erased, and those that began before the journal did."""
