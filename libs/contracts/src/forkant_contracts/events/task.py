"""Events of a task that somebody is to do with a case; the case is their aggregate.

Whom a task is given to is a role of the unit in the envelope, never a person.
"""

from typing import ClassVar

from forkant_contracts.codes import Role, TaskKind
from forkant_contracts.envelope import EventData
from forkant_contracts.fields import Day, Identifier, Level, UnitId
from forkant_contracts.topics import CASE_TOPIC


class TaskEvent(EventData):
    """Base of the task events."""

    TOPIC: ClassVar[str] = CASE_TOPIC

    task_id: Identifier
    """The task."""
    kind: TaskKind
    """What is to be done."""


class TaskAssigned(TaskEvent):
    """A task was given to a role, or its role or due day changed: the newest event of a task holds."""

    TYPE: ClassVar[str] = "no.forkant.task.assigned.v1"
    MINOR: ClassVar[int] = 2

    role: Role
    """The role that is to do it."""
    due_on: Day
    """Day by which it is to be done."""


class TaskDueSoon(TaskEvent):
    """A task is due within its lead time and is not done; sent once for each due day, and anew to a new unit."""

    TYPE: ClassVar[str] = "no.forkant.task.due-soon.v1"

    role: Role
    """The role that is to do it."""
    due_on: Day
    """Day by which it is to be done."""
    answering_unit: UnitId | None = None
    """The unit that is to answer the offer of the case; absent for a task of the unit that holds it."""


class TaskOverdue(TaskEvent):
    """A task was not done by its due day and was escalated; sent once for each level."""

    TYPE: ClassVar[str] = "no.forkant.task.overdue.v1"
    MINOR: ClassVar[int] = 3

    role: Role
    """The role that it was escalated to."""
    due_on: Day
    """Day by which it was to be done."""
    escalation_level: Level
    """How many times it has been escalated, counted from 1."""
    answering_unit: UnitId | None = None
    """The unit that is to answer the offer of the case; absent for a task of the unit that holds it. Since 1.1."""


class TaskCompleted(TaskEvent):
    """A task was done, or fell away because what it was about ended; ``time`` is when."""

    TYPE: ClassVar[str] = "no.forkant.task.completed.v1"
