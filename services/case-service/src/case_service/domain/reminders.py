"""Reminders: how long before its due day a task is told of that nobody has done yet.

Lead times are data with a version and a day from which they hold. They move no deadline, so that a new version holds
for all cases at once, other than a work process.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from forkant_contracts.codes import TaskKind

from case_service.domain.processes import Basis
from case_service.domain.working_days import Calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadTime:
    """How many working days before its due day a task of a kind is reminded of; None for never.

    ``basis`` and ``source`` say where that comes from.
    """

    kind: TaskKind
    working_days: int | None
    basis: Basis
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminders:
    """One version of the lead times, from a day on."""

    version: int
    valid_from: date
    lead_times: tuple[LeadTime, ...]

    def until(self, day: date, *, calendar: Calendar) -> Mapping[TaskKind, date]:
        """Return, for each kind that is reminded of, the last due day that is told of on a day.

        A task is told of from the day on which its lead time of working days is left, or fewer.
        """
        found = {
            one.kind: calendar.after(day, one.working_days) for one in self.lead_times if one.working_days is not None
        }
        return MappingProxyType(found)


def in_force(versions: Sequence[Reminders], day: date) -> Reminders:
    """Return the version that holds on a day; the first one before that."""
    ordered = sorted(versions, key=lambda one: one.version)
    return next((one for one in reversed(ordered) if one.valid_from <= day), ordered[0])
