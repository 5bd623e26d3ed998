"""What happened, as far as notifying needs it: codes, ids and times."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from forkant_contracts.codes import AlarmKind, PlanDueReason, Role, TaskKind


class Subject(StrEnum):
    """What a notification is about."""

    CASE = "case"
    CONCERN = "concern"
    METHOD = "method"
    BEST_PRACTICE = "best_practice"
    UNIT = "unit"
    TARGET = "target"
    PREVENTION_PLAN = "prevention_plan"
    PILOT = "pilot"
    SERVICE = "service"
    ENDPOINT = "endpoint"


FOR_EVERY_UNIT: Final = frozenset({Subject.METHOD, Subject.BEST_PRACTICE, Subject.UNIT})
"""What all units share: methods, examples of best practice and units themselves, which are about nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One event; ``former_unit`` is set when the case left that unit, ``restricted`` when access to it changed."""

    event_id: UUID
    type: str
    subject: Subject
    subject_id: UUID
    version: int
    unit: str
    occurred_at: datetime
    recorded_at: datetime
    traceparent: str | None = None
    former_unit: str | None = None
    restricted: bool | None = None
    answering_unit: str | None = None
    """The unit that an offer of the case waits for, where it is that unit's task that is overdue."""
    level: int | None = None
    """How many times what is overdue has been escalated, counted from 1."""
    task: TaskKind | None = None
    """What is to be done, where it is about a task."""
    asked: Role | None = None
    """The role that is to do it, where a task is due soon."""
    alarm: AlarmKind | None = None
    """What those who run the platform must look after."""
    raised: bool = False
    """Whether that alarm began or grew; else it is over."""
    about_id: UUID | None = None
    """The task, information or review that it is about."""
    ends: bool = False
    """Whether what it is about is done, so that nobody need acknowledge a message about that."""
    plan_due: PlanDueReason | None = None
    """Why the unit is to have a prevention plan approved, where it is."""
    taking_part: tuple[str, ...] = ()
    """The units that take part in a pilot that was ended."""
    case_type: str | None = None
    """The case type that it says its case or example is of; few events say it."""
    theme: str | None = None
    """The theme that it says its case, concern or example is about; few events say it."""
    indicator: int | None = None
    """The number of the indicator that crossed a limit."""
    reorganised: bool = False
    """Whether it follows from a reorganisation, which its units are told of once instead of with each case."""

    @property
    def for_every_unit(self) -> bool:
        """Whether every unit may know of it."""
        return self.subject in FOR_EVERY_UNIT

    @property
    def units(self) -> tuple[str, ...]:
        """The units that may know of it: whose it is, the one that handed the case over, those that take part."""
        return (self.unit, *(() if self.former_unit is None else (self.former_unit,)), *self.taking_part)


def district_of(unit: str) -> str:
    """Return the district or special body that a unit belongs to."""
    return unit.partition("/")[0]


def may_know(knower: str, unit: str) -> bool:
    """Whether people and systems of the unit ``knower`` may know what happens in ``unit``: itself or a part of it."""
    return unit == knower or unit.startswith(f"{knower}/")
