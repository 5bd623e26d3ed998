"""Tasks («gjøremål»): what a case asks somebody to do next, made and ended by the changes of the case themselves.

What is to be done follows from how the case stands (:func:`waiting`); by whom and until when, from its work process.
:func:`follow` compares that with the tasks that are open, so that after every change the open tasks are exactly those
that the process asks for, and those that somebody added by hand.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from forkant_contracts.codes import AgeBand, CaseState, CaseType, Role, TaskKind

from case_service.domain.attempt import Action, Kind
from case_service.domain.information import InformationState
from case_service.domain.processes import Basis, Counting, Process, Template
from case_service.domain.standing import OPEN_STATES, Case, FollowUpState, MeasureState
from case_service.domain.working_days import Calendar, shifted


class TaskState(StrEnum):
    """Where a task stands; one lapses when what it was about ended without it."""

    OPEN = "open"
    DONE = "done"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """An open task; ``item_id`` names the measure, follow-up, information or offer that it is about."""

    id: UUID
    kind: TaskKind
    role: Role
    due_on: date
    counted: Counting
    item_id: UUID | None = None
    runs_on_hold: bool = False
    by_hand: bool = False
    assignee: str | None = None
    level: int = 0
    escalates_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What happened to a case, and by which process and calendar its tasks follow."""

    action: Action | None
    kinds: frozenset[Kind]
    day: date
    case_type: CaseType
    age_band: AgeBand
    process: Process
    calendar: Calendar
    new_id: Callable[[], UUID]
    held_on: date | None = None
    added: Task | None = None
    done: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskChanges:
    """What becomes of the tasks of a case; each ended, moved or made one is an event, in this order.

    A deferred one was late before a pause: its due day stays, and only who is told next waits as long as the pause was.
    """

    ended: tuple[tuple[Task, TaskState], ...] = ()
    moved: tuple[Task, ...] = ()
    made: tuple[Task, ...] = ()
    deferred: tuple[Task, ...] = ()

    @property
    def events(self) -> int:
        """How many events tell of it."""
        return len(self.ended) + len(self.moved) + len(self.made)


_Waiting = tuple[TaskKind, UUID | None]

_ITEMS: Final[Mapping[TaskKind, Callable[[Case], Iterable[UUID | None]]]] = MappingProxyType(
    {
        TaskKind.COMPLETE_ASSESSMENT: lambda case: _once(not case.assessed),
        TaskKind.APPROVE_PLAN: lambda case: _once(case.plan is not None and not case.plan.approved),
        TaskKind.COMPLETE_MEASURE: lambda case: case.open_measures(),
        TaskKind.HOLD_FOLLOW_UP: lambda case: _those(case.follow_ups, FollowUpState.SCHEDULED),
        TaskKind.COMPLETE_EVALUATION: lambda case: _once(not case.evaluated),
        TaskKind.ANSWER_TRANSFER: lambda case: () if case.offer is None else (case.offer,),
        TaskKind.CLARIFY_INFORMATION: lambda case: _those(case.information, InformationState.REGISTERED),
        TaskKind.REVIEW_CASE: lambda _case: (None,),
    }
)
"""What a case has to be done to it, by kind of task: once, or for each of its items."""

_DONE: Final[Mapping[TaskKind, Callable[[Case, Task, Action | None], bool]]] = MappingProxyType(
    {
        TaskKind.COMPLETE_ASSESSMENT: lambda case, _task, _action: case.assessed,
        TaskKind.APPROVE_PLAN: lambda case, _task, _action: case.plan is not None and case.plan.approved,
        TaskKind.COMPLETE_MEASURE: lambda case, task, _action: _measure(case, task) is MeasureState.COMPLETED,
        TaskKind.HOLD_FOLLOW_UP: lambda case, task, _action: _follow_up(case, task) is FollowUpState.HELD,
        TaskKind.COMPLETE_EVALUATION: lambda case, _task, _action: case.evaluated,
        TaskKind.ANSWER_TRANSFER: lambda _case, _task, action: (
            action in {Action.ACCEPT_TRANSFER, Action.REJECT_TRANSFER}
        ),
        TaskKind.CLARIFY_INFORMATION: lambda case, task, _action: (
            task.item_id is not None and case.information.get(task.item_id) is InformationState.CLARIFIED
        ),
        TaskKind.REVIEW_CASE: lambda _case, _task, _action: False,
    }
)
"""Whether a task that the case no longer asks for was done; else it lapsed."""


def waiting(case: Case, process: Process, case_type: CaseType, age_band: AgeBand) -> dict[_Waiting, Template]:
    """Return what a case asks for as it stands; one that nobody may work on asks nobody for anything.

    What the law sets a day for goes on in a case that was merged into another.
    """
    if case.restricted or case.erased:
        return {}
    phase = case.held_from if case.state is CaseState.ON_HOLD else case.state
    found = {}
    for kind, items in _ITEMS.items():
        wanted = tuple(items(case))
        if not wanted:
            continue
        template = process.template(kind, case_type, age_band)
        goes_on = template is not None and (not case.merged or template.basis is Basis.LAW)
        if template is not None and goes_on and phase in template.phases:
            found.update({(kind, item): template for item in wanted})
    return found


def follow(open_tasks: Sequence[Task], after: Case, course: Course) -> TaskChanges:
    """Return what becomes of a case's tasks, given how it stands after a change."""
    asked = waiting(after, course.process, course.case_type, course.age_band)
    kept: list[Task] = []
    ended: list[tuple[Task, TaskState]] = []
    renewed: dict[_Waiting, str | None] = {}
    for task in open_tasks:
        template = asked.get((task.kind, task.item_id))
        if task.id == course.done:
            ended.append((task, TaskState.DONE))
        elif task.by_hand and after.state in OPEN_STATES and not _is_shut(after):
            kept.append(task)
        elif task.by_hand or template is None:
            ended.append((task, _end_of(task, after, course)))
        elif template.anew_on in course.kinds:
            ended.append((task, TaskState.LAPSED))
            renewed[task.kind, task.item_id] = task.assignee
        else:
            kept.append(task)
    there = {(task.kind, task.item_id) for task in kept if not task.by_hand}
    made = [
        _made(template, item, after, course, assignee=_still(renewed.get((kind, item)), after))
        for (kind, item), template in asked.items()
        if (kind, item) not in there
    ]
    shift = tuple(_shift(kept, course)) if course.action is Action.RESUME else ()
    due = {task.id: task.due_on for task in kept}
    return TaskChanges(
        ended=tuple(ended),
        moved=tuple(task for task in shift if task.due_on != due[task.id]),
        made=(*made, *(() if course.added is None else (course.added,))),
        deferred=tuple(task for task in shift if task.due_on == due[task.id]),
    )


def _shift(kept: Iterable[Task], course: Course) -> Iterator[Task]:
    """Move on what stood still; a deadline that was past before the pause stays past."""
    held_on, resumed_on = course.held_on, course.day
    if held_on is None or resumed_on <= held_on:
        return
    for task in kept:
        if task.runs_on_hold:
            continue
        if task.due_on >= held_on:
            due_on = shifted(
                task.due_on,
                by_working_days=task.counted is Counting.WORKING,
                held_on=held_on,
                resumed_on=resumed_on,
                calendar=course.calendar,
            )
            yield replace(task, due_on=due_on, escalates_on=_escalates(due_on, task.level, course))
        elif task.escalates_on is not None and task.escalates_on >= held_on:
            lost = course.calendar.between(held_on, resumed_on)
            yield replace(task, escalates_on=course.calendar.after(task.escalates_on, lost))


def _made(template: Template, item: UUID | None, after: Case, course: Course, *, assignee: str | None) -> Task:
    due_on = _due(template, item, after, course)
    return Task(
        id=course.new_id(),
        kind=template.kind,
        item_id=item,
        role=template.role,
        due_on=due_on,
        counted=template.counted,
        runs_on_hold=template.runs_on_hold,
        assignee=assignee,
        escalates_on=_escalates(due_on, 0, course),
    )


def _due(template: Template, item: UUID | None, after: Case, course: Course) -> date:
    if template.days is not None:
        if template.counted is Counting.WORKING:
            return course.calendar.after(course.day, template.days)
        return date.fromordinal(course.day.toordinal() + template.days)
    if item is None or item not in after.due_days:
        raise ValueError(f"{template.kind} must be about something with a due day")
    return after.due_days[item]


def _escalates(due_on: date, level: int, course: Course) -> date | None:
    return course.process.escalates_on(due_on, level=level, calendar=course.calendar)


def _end_of(task: Task, after: Case, course: Course) -> TaskState:
    return TaskState.DONE if _DONE[task.kind](after, task, course.action) else TaskState.LAPSED


def _still(assignee: str | None, after: Case) -> str | None:
    """Return who keeps a task that arises anew; whoever writes a plan is not the one to approve it."""
    return None if after.plan is not None and after.plan.author == assignee else assignee


def _is_shut(case: Case) -> bool:
    return case.restricted or case.erased or case.merged


def _once(asked: object) -> tuple[None, ...]:
    return (None,) if asked else ()


def _those(states: Mapping[UUID, StrEnum], state: StrEnum) -> tuple[UUID, ...]:
    return tuple(sorted(key for key, found in states.items() if found is state))


def _measure(case: Case, task: Task) -> MeasureState | None:
    measure = None if task.item_id is None else case.measures.get(task.item_id)
    return None if measure is None else measure.state


def _follow_up(case: Case, task: Task) -> FollowUpState | None:
    return None if task.item_id is None else case.follow_ups.get(task.item_id)
