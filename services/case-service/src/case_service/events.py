"""Contract events built from what happened; ids, times and versions are passed in, codes and ids are all they carry."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

from forkant_contracts import Event, EventData
from forkant_contracts.codes import CancelReason
from forkant_contracts.events import case, follow_up, measure, partner
from forkant_contracts.events.task import TaskAssigned, TaskCompleted

from case_service.domain.attempt import Happening, Kind
from case_service.domain.tasks import Task, TaskChanges

SOURCE: Final = "urn:forkant:case-service"
"""CloudEvents ``source`` of everything that this service publishes."""

NewId = Callable[[], UUID]
Details = Mapping[Kind, EventData]
ItemDetails = Mapping[Happening, EventData]
"""Where several of a kind happen at once: what happened to each item."""
_NONE: Final[ItemDetails] = MappingProxyType({})

_WITHOUT_DETAILS: Final[Mapping[Kind, Callable[[], EventData]]] = MappingProxyType(
    {
        Kind.ASSESSMENT_STARTED: case.CaseAssessmentStarted,
        Kind.ACTIVATED: case.CaseActivated,
        Kind.FOLLOWED_UP: case.CaseFollowedUp,
        Kind.EVALUATION_STARTED: case.CaseEvaluationStarted,
    }
)
_ABOUT_AN_ITEM: Final[Mapping[Kind, Callable[[UUID], EventData]]] = MappingProxyType(
    {
        Kind.MEASURE_STARTED: lambda item: measure.MeasureStarted(measure_id=item),
        # A measure that is cancelled without a reason of its own ends with its case.
        Kind.MEASURE_CANCELLED: lambda item: measure.MeasureCancelled(measure_id=item, reason=CancelReason.CASE_CLOSED),
        Kind.FOLLOW_UP_HELD: lambda item: follow_up.FollowUpHeld(follow_up_id=item),
        Kind.PARTNER_REMOVED: lambda item: partner.PartnerRemoved(partner_id=item),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What the events of one change share."""

    aggregate_id: UUID
    unit: str
    version: int
    """Version of the aggregate after the change."""
    occurred_at: datetime
    recorded_at: datetime
    new_id: NewId


def stamped(stamp: Stamp, data: Sequence[EventData]) -> tuple[Event, ...]:
    """Return one event for each piece of data, with consecutive versions that end at the stamp's."""
    first = stamp.version - len(data) + 1
    return tuple(
        Event(
            id=stamp.new_id(),
            source=SOURCE,
            aggregate_id=stamp.aggregate_id,
            aggregate_version=first + offset,
            unit=stamp.unit,
            occurred_at=stamp.occurred_at,
            recorded_at=stamp.recorded_at,
            data=each,
        )
        for offset, each in enumerate(data)
    )


def described(
    happenings: Sequence[Happening], details: Details, of_items: ItemDetails = _NONE
) -> tuple[EventData, ...]:
    """Return the event data of each happening; ``details`` and ``of_items`` hold what a happening alone does not say.

    Raises:
        KeyError: a happening needs details and got none.
    """
    return tuple(_data_of(happening, details, of_items) for happening in happenings)


def about_tasks(changes: TaskChanges) -> tuple[EventData, ...]:
    """Return the event data of what became of tasks: what ended first, then what is due on another day, then new ones.

    To whom a task is given stays inside: its role alone is told.
    """
    ended = (TaskCompleted(task_id=task.id, kind=task.kind) for task, _ in changes.ended)
    return (*ended, *(_assigned(task) for task in (*changes.moved, *changes.made)))


def _assigned(task: Task) -> TaskAssigned:
    return TaskAssigned(task_id=task.id, kind=task.kind, role=task.role, due_on=task.due_on)


def _data_of(happening: Happening, details: Details, of_items: ItemDetails) -> EventData:
    if happening in of_items:
        return of_items[happening]
    if happening.kind in details:
        return details[happening.kind]
    if happening.item_id is not None:
        return _ABOUT_AN_ITEM[happening.kind](happening.item_id)
    return _WITHOUT_DETAILS[happening.kind]()
