"""G6: reminders come once and never early: what the case service told of, by the days that it recorded.

A task may be told of again for another due day, and to whoever took its case over. Days are counted with the service's
own lead times and calendar, backwards from the due day.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Final

import asyncpg
from case_service.calendars import norwegian_calendar
from case_service.domain.reminders import in_force
from case_service.domain.working_days import Calendar
from case_service.reminder_rules import reminder_rules
from forkant_contracts.codes import TaskKind

from forkant_devstack.verify.report import Check, Difference

_TOLD: Final = """
WITH told AS (
    SELECT regexp_replace(type, '^no[.]forkant[.](.*)[.]v[0-9]+$', '\\1') AS what, aggregate_id, data,
           (recorded_at AT TIME ZONE 'Europe/Oslo')::date AS day,
           count(*) FILTER (WHERE type = 'no.forkant.case.transferred.v1')
               OVER (PARTITION BY aggregate_id ORDER BY aggregate_version) AS holders
    FROM event_archive
    WHERE type IN ('no.forkant.task.due-soon.v1', 'no.forkant.task.overdue.v1', 'no.forkant.case.transferred.v1',
                   'no.forkant.information.deadline-near.v1', 'no.forkant.information.restricted.v1',
                   'no.forkant.access.review-overdue.v1')
)
SELECT what, data->>'kind' AS kind, min(day) AS day,
       coalesce(data->>'due_on', data->>'clarification_deadline')::date AS due_on, count(*) AS times,
       coalesce(data->>'task_id', data->>'information_id', aggregate_id::text) AS id
FROM told WHERE what <> 'case.transferred'
GROUP BY what, aggregate_id, data->>'kind', 4, 6, data->>'escalation_level',
         CASE WHEN what = 'task.due-soon' THEN holders END
ORDER BY what, id
"""
_DAY: Final = timedelta(days=1)


async def check_reminders(database_url: str) -> Check:
    """Return the check of G6 on the case service's database as its worker."""
    connection = await asyncpg.connect(database_url)
    try:
        rows = await connection.fetch(_TOLD)
    finally:
        await connection.close()
    calendar = norwegian_calendar()
    return Check(
        guarantee="G6",
        name="reminders and escalations, once each and never before their day",
        compared=len(rows),
        differences=[difference for row in rows for difference in _wrong(row, calendar)],
    )


def _wrong(row: Mapping[str, object], calendar: Calendar) -> Iterable[Difference]:
    key = f"{row['what']} {row['id']} due {row['due_on']}"
    if row["times"] != 1:
        yield Difference(key, f"told of {row['times']} times", "told of once")
    day, due_on = row["day"], row["due_on"]
    assert isinstance(day, date)
    assert isinstance(due_on, date)
    if day < (first := _first_day(str(row["what"]), row["kind"], due_on, day, calendar)):
        yield Difference(key, f"told of on {day}", f"told of from {first} on")


def _first_day(what: str, kind: object, due_on: date, day: date, calendar: Calendar) -> date:
    """Return the first day on which it may be told of; a warning about information counts from no due day."""
    if what == "information.deadline-near":
        return day
    if what != "task.due-soon":
        # What is due at a moment is late from that moment on, and what is due on a day from the next.
        return due_on if what == "access.review-overdue" else due_on + _DAY
    leads = {one.kind: one.working_days for one in in_force(reminder_rules(), day).lead_times}
    left, first = leads[TaskKind(str(kind))] or 0, due_on
    while left:
        first -= _DAY
        left -= calendar.is_working_day(first)
    return first
