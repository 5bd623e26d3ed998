"""Working days in Norway: around Easter, in May, at Christmas; and what must hold of any days."""

from datetime import date, timedelta

import pytest
from case_service.calendars import norwegian_calendar
from case_service.domain.working_days import shifted
from hypothesis import given
from hypothesis import strategies as st

NORWAY = norwegian_calendar()
DAY = timedelta(days=1)
days = st.dates(date(2020, 1, 1), date(2035, 12, 31))
counts = st.integers(0, 40)
pauses = st.integers(0, 400)


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        # Easter 2026: Maundy Thursday to Easter Monday, 2 to 6 April.
        ("2026-04-01", 1, "2026-04-07"),
        ("2026-03-31", 2, "2026-04-07"),
        ("2026-03-27", 5, "2026-04-08"),
        # May 2027: the first is a Saturday; Ascension on the sixth, Whit Monday and the seventeenth on one day.
        ("2027-04-30", 1, "2027-05-03"),
        ("2027-05-05", 1, "2027-05-07"),
        ("2027-05-14", 1, "2027-05-18"),
        # May 2026: the first on a Friday, Ascension on the fourteenth, the seventeenth on a Sunday, Whit Monday.
        ("2026-04-30", 1, "2026-05-04"),
        ("2026-05-13", 1, "2026-05-15"),
        ("2026-05-15", 1, "2026-05-18"),
        ("2026-05-22", 1, "2026-05-26"),
        # Christmas 2026: both days and the weekend after; the eves are working days.
        ("2026-12-23", 1, "2026-12-24"),
        ("2026-12-24", 1, "2026-12-28"),
        ("2026-12-30", 2, "2027-01-04"),
        # An ordinary week, and from a day off.
        ("2026-06-05", 1, "2026-06-08"),
        ("2026-06-06", 1, "2026-06-08"),
        ("2026-06-08", 10, "2026-06-22"),
        ("2026-06-06", 0, "2026-06-06"),
    ],
)
def test_so_many_working_days_after_a_day(day, count, expected):
    assert NORWAY.after(date.fromisoformat(day), count) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2026-04-03", False), ("2026-05-01", False), ("2026-05-17", False), ("2027-05-17", False), ("2026-12-25", False),
        ("2026-12-26", False), ("2027-01-01", False), ("2026-06-06", False), ("2026-06-07", False), ("2026-12-24", True),
        ("2026-12-31", True), ("2026-05-18", True), ("2026-04-01", True), ("2026-10-30", True),
    ],
)  # fmt: skip
def test_a_day_is_a_working_day_or_not(day, works):
    assert NORWAY.is_working_day(date.fromisoformat(day)) is works


def test_nobody_counts_working_days_backward():
    with pytest.raises(ValueError, match="forward"):
        NORWAY.after(date(2026, 6, 1), -1)


@given(days, counts)
def test_what_comes_after_working_days_is_one_and_as_many_lie_between(day, count):
    after = NORWAY.after(day, count)
    if count:
        assert NORWAY.is_working_day(after)
    assert NORWAY.between(day + DAY, after + DAY) == count


@given(days)
def test_the_next_working_day_is_the_first_after(day):
    following = NORWAY.next_working_day(day)
    assert NORWAY.is_working_day(following)
    assert not any(NORWAY.is_working_day(day + n * DAY) for n in range(1, (following - day).days))


@given(days, counts, counts)
def test_working_days_add_up(day, one, two):
    assert NORWAY.after(NORWAY.after(day, one), two) == NORWAY.after(day, one + two)


@given(days, pauses, pauses)
def test_a_pause_leaves_as_many_days_as_there_were(held_on, pause, left):
    resumed_on, due_on = held_on + pause * DAY, held_on + left * DAY
    rules = {"held_on": held_on, "resumed_on": resumed_on, "calendar": NORWAY}
    later = shifted(due_on, by_working_days=False, **rules)
    assert later - resumed_on == due_on - held_on
    worked = shifted(due_on, by_working_days=True, **rules)
    assert worked >= due_on
    assert NORWAY.between(due_on + DAY, worked + DAY) == NORWAY.between(held_on, resumed_on)


@given(days, counts, pauses)
def test_a_deadline_in_working_days_ends_as_if_it_had_begun_after_the_pause(held_on, left, pause):
    resumed_on = held_on + pause * DAY
    due_on = NORWAY.after(held_on - DAY, left)
    moved = shifted(due_on, by_working_days=True, held_on=held_on, resumed_on=resumed_on, calendar=NORWAY)
    if left and due_on >= held_on:
        assert moved == NORWAY.after(resumed_on - DAY, left)
