"""Work processes («arbeidsprosesser»): which tasks a case asks for, of whom, by when, and to whom a late one goes.

A process is data with a version. A case stays on the version with which it was opened, so that a deadline that somebody
was given is not moved by a later decision about how to work.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from forkant_contracts.codes import AgeBand, CaseState, CaseType, Role, TaskKind

from case_service.domain.attempt import Kind
from case_service.domain.working_days import Calendar


class Counting(StrEnum):
    """Which days a deadline counts."""

    CALENDAR = "calendar"
    WORKING = "working"


class Basis(StrEnum):
    """Where a deadline comes from."""

    LAW = "law"
    METHOD = "method"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A task that a case asks for while it is in one of some phases; a case on hold is in the phase that it was in.

    Attributes:
        days: the deadline, counted from the day on which the task arises; None for a task about something that has a
            due day of its own.
        runs_on_hold: whether the deadline runs on while the case is on hold.
        anew_on: what makes the task arise anew, with its whole deadline.
        case_types: cases of which types; None for all.
        age_bands: cases about people of which age; None for all.
        basis: where the deadline comes from.
        source: the same in words.
    """

    kind: TaskKind
    role: Role
    phases: frozenset[CaseState]
    days: int | None
    counted: Counting
    basis: Basis
    source: str
    runs_on_hold: bool = False
    anew_on: Kind | None = None
    case_types: frozenset[CaseType] | None = None
    age_bands: frozenset[AgeBand] | None = None

    @property
    def counts_working_days(self) -> bool:
        """Whether its deadline counts working days alone."""
        return self.counted is Counting.WORKING

    def is_for(self, case_type: CaseType, age_band: AgeBand) -> bool:
        """Return whether cases of a type, about people of an age, ask for it."""
        return (self.case_types is None or case_type in self.case_types) and (
            self.age_bands is None or age_band in self.age_bands
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """To which role a task goes that was not done so many working days after its due day."""

    role: Role
    working_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One version of the work process."""

    version: int
    valid_from: date
    templates: tuple[Template, ...]
    escalations: tuple[Escalation, ...]
    """By level: the first is level 1."""

    def template(self, kind: TaskKind, case_type: CaseType, age_band: AgeBand) -> Template | None:
        """Return the first template of a kind that is for such a case."""
        return next((one for one in self.templates if one.kind is kind and one.is_for(case_type, age_band)), None)

    def escalates_on(self, due_on: date, *, level: int, calendar: Calendar) -> date | None:
        """Return the day on which a task that is at a level goes to the next, counted from its due day."""
        if level >= len(self.escalations):
            return None
        return calendar.after(due_on, self.escalations[level].working_days)

    def goes_further_on(self, escalated_on: date, *, level: int, calendar: Calendar) -> date | None:
        """Return the day after which a task goes on from a level, given the day that it went there.

        The days between two levels are counted from one to the other, so that a pause between them counts for neither.
        """
        if level >= len(self.escalations):
            return None
        between = self.escalations[level].working_days - self.escalations[level - 1].working_days
        return calendar.after(escalated_on, between)


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedures:
    """Every version of the work process, and the calendar that its deadlines are counted in."""

    processes: Mapping[int, Process]
    calendar: Calendar

    def on(self, day: date) -> Process:
        """Return the version that holds on a day; the first one before that."""
        ordered: Sequence[Process] = sorted(self.processes.values(), key=lambda one: one.version)
        return next((one for one in reversed(ordered) if one.valid_from <= day), ordered[0])

    def of(self, version: int | None, *, day: date) -> Process:
        """Return the version that a case is on; one that is on none yet comes on the version of the day."""
        return self.on(day) if version is None else self.processes[version]
