"""From which day on a task is told of before it is due."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from case_service.calendars import norwegian_calendar
from case_service.domain.reminders import in_force
from case_service.reminder_rules import read_reminders, reminder_rules
from forkant_contracts.codes import TaskKind
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

NORWAY = norwegian_calendar()
[RULES] = reminder_rules()
DAY = timedelta(days=1)
LEADS = {one.kind: one.working_days for one in RULES.lead_times if one.working_days is not None}
days = st.dates(date(2024, 1, 1), date(2031, 12, 31))


def first_day(kind: TaskKind, due: date) -> date:
    """Count working days back from a due day, one by one: on the last of them it is told of."""
    day, left = due, LEADS[kind]
    while left:
        day -= DAY
        left -= NORWAY.is_working_day(day)
    return day


@given(days, st.sampled_from(sorted(LEADS)))
def test_a_task_is_told_of_from_the_day_that_counting_back_gives_and_on_no_earlier_one(due, kind):
    first = first_day(kind, due)
    assert RULES.until(first, calendar=NORWAY)[kind] >= due
    assert RULES.until(first - DAY, calendar=NORWAY)[kind] < due


def test_a_reminder_before_easter_leaves_out_its_holidays():
    # Maundy Thursday to Easter Monday are the second to the sixth of April.
    assert first_day(TaskKind.HOLD_FOLLOW_UP, date(2026, 4, 8)) == date(2026, 3, 31)
    assert RULES.until(date(2026, 3, 31), calendar=NORWAY)[TaskKind.HOLD_FOLLOW_UP] == date(2026, 4, 8)


def test_information_has_a_warning_of_its_own_and_no_reminder():
    assert TaskKind.CLARIFY_INFORMATION not in RULES.until(date(2026, 3, 2), calendar=NORWAY)
    assert LEADS.keys() == {*TaskKind} - {TaskKind.UNKNOWN, TaskKind.CLARIFY_INFORMATION}


def test_a_version_holds_from_its_day_on_and_the_first_one_before_that():
    second = replace(RULES, version=2, valid_from=date(2027, 1, 1))
    both = (second, RULES)
    for day, version in ((date(2020, 1, 1), 1), (date(2026, 12, 31), 1), (date(2027, 1, 1), 2)):
        assert in_force(both, day).version == version


@pytest.mark.parametrize(
    "lead_times",
    [
        "[]",
        '[{"kind": "review_case", "working_days": 3, "basis": "assumed", "source": "[a]"}]',
        '[{"kind": "unknown", "working_days": 3, "basis": "assumed", "source": "[a]"}]',
    ],
)
def test_lead_times_that_are_not_whole_are_refused(lead_times):
    with pytest.raises(ValidationError):
        read_reminders(f'{{"version": 1, "valid_from": "2026-01-01", "lead_times": {lead_times}}}')
