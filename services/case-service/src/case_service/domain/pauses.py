"""What a pause does to due days: a measure and a follow-up stand still with the tasks that they ask for.

Both are moved on by the same rule, so that a task and what it is about stay due on one day.
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final
from uuid import UUID

from forkant_contracts.codes import AgeBand, CaseType, TaskKind

from case_service.domain.processes import Process
from case_service.domain.standing import Case, FollowUpState
from case_service.domain.working_days import Calendar, shifted

_MEASURE: Final = TaskKind.COMPLETE_MEASURE
_FOLLOW_UP: Final = TaskKind.HOLD_FOLLOW_UP


def moved_due_days(
    case: Case,
    *,
    process: Process,
    of: tuple[CaseType, AgeBand],
    held_on: date | None,
    resumed_on: date,
    calendar: Calendar,
) -> Mapping[UUID, date]:
    """Return the new due days of what stood still; a day that was past before the pause stays past.

    Args:
        case: the case on hold.
        process: its work process, which says how each deadline is counted and whether it runs on.
        of: the case's type and age band, by which the process is asked.
        held_on: when the pause began.
        resumed_on: when it ends.
        calendar: which days are working days.
    """
    if held_on is None or resumed_on <= held_on:
        return MappingProxyType({})
    open_follow_ups = (key for key, state in case.follow_ups.items() if state is FollowUpState.SCHEDULED)
    paused = {**dict.fromkeys(case.open_measures(), _MEASURE), **dict.fromkeys(open_follow_ups, _FOLLOW_UP)}
    moved = {}
    for item, kind in paused.items():
        template, day = process.template(kind, *of), case.due_days[item]
        if template is None or template.runs_on_hold or day < held_on:
            continue
        moved[item] = shifted(
            day,
            by_working_days=template.counts_working_days,
            held_on=held_on,
            resumed_on=resumed_on,
            calendar=calendar,
        )
    return MappingProxyType({item: day for item, day in moved.items() if day != case.due_days[item]})
