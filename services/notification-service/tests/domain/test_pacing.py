"""Quiet hours and digests by the wall clock of a person, over midnight and where the clock jumps."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from notification_service.domain.kinds import Kind
from notification_service.domain.pacing import (
    MANDATORY,
    Digest,
    Every,
    How,
    Pace,
    Quiet,
    end_of_quiet,
    next_digest,
)
from notification_service.domain.refusals import Code, Refusal

ZONES = ("Europe/Oslo", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC", "Pacific/Apia")
OSLO = ZoneInfo("Europe/Oslo")
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
SPRING, AUTUMN = datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)
"""When the clock in Oslo jumps from 2 to 3, and from 3 back to 2."""
minutes = st.integers(0, 2 * 365 * 24 * 60) | st.sampled_from([SPRING, AUTUMN]).flatmap(
    lambda at: st.integers(-300, 300).map(lambda off: int((at - NEW_YEAR).total_seconds()) // 60 + off)
)
moments = minutes.map(lambda passed: NEW_YEAR + timedelta(minutes=passed))
clocks = st.times().map(lambda each: each.replace(second=0, microsecond=0))
zones = st.sampled_from(ZONES)


def quiet(start: str, end: str, zone: str = "Europe/Oslo") -> Pace:
    return Pace(zone=zone, quiet=Quiet(start=time.fromisoformat(start), end=time.fromisoformat(end)))


def oslo(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=OSLO).astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-06-01T20:59", None),
        ("2026-06-01T21:00", "2026-06-02T07:00"),
        ("2026-06-02T03:00", "2026-06-02T07:00"),
        ("2026-06-02T06:59", "2026-06-02T07:00"),
        ("2026-06-02T07:00", None),
        ("2026-03-28T23:00", "2026-03-29T07:00"),
        ("2026-10-24T23:00", "2026-10-25T07:00"),
    ],
)
def test_a_night_goes_over_midnight_and_ends_by_the_wall_clock(at, until):
    assert end_of_quiet(quiet("21:00", "07:00"), oslo(at)) == (None if until is None else oslo(until))


def test_a_pause_at_noon_ends_the_same_day():
    pace = quiet("11:00", "12:30")
    assert end_of_quiet(pace, oslo("2026-06-01T11:15")) == oslo("2026-06-01T12:30")
    assert end_of_quiet(pace, oslo("2026-06-01T12:30")) is None


def test_what_ends_in_the_hour_that_comes_twice_ends_the_second_time():
    end = end_of_quiet(quiet("22:00", "02:30"), oslo("2026-10-24T23:00"))
    assert end == AUTUMN + timedelta(minutes=30)


def test_what_ends_in_the_hour_that_is_left_out_is_over_an_hour_later_at_the_most():
    end = end_of_quiet(quiet("22:00", "02:30"), oslo("2026-03-28T23:00"))
    assert SPRING <= end <= SPRING + timedelta(hours=1)


@given(moment=moments, start=clocks, end=clocks, zone=zones)
@example(moment=AUTUMN - timedelta(minutes=20), start=time(22), end=time(2, 30), zone="Europe/Oslo")
@example(moment=AUTUMN + timedelta(minutes=20), start=time(2, 30), end=time(6), zone="Europe/Oslo")
@example(moment=SPRING, start=time(2, 30), end=time(6), zone="Europe/Oslo")
def test_no_letter_goes_while_the_wall_clock_shows_a_quiet_time_and_the_wait_ends(moment, start, end, zone):
    assume(start != end)
    pace = Pace(zone=zone, quiet=Quiet(start=start, end=end))
    until = end_of_quiet(pace, moment)
    if pace.quiet.holds_at(moment.astimezone(ZoneInfo(zone)).time()):
        assert until is not None
    if until is not None:
        assert moment < until <= moment + timedelta(hours=50)
        assert end_of_quiet(pace, until) is None
        assert not pace.quiet.holds_at(until.astimezone(ZoneInfo(zone)).time())


@given(moment=moments, start=clocks, end=clocks, zone=zones)
def test_outside_of_the_quiet_hours_nothing_waits_but_near_a_jump_of_the_clock(moment, start, end, zone):
    assume(start != end)
    pace, there = Pace(zone=zone, quiet=Quiet(start=start, end=end)), ZoneInfo(zone)
    offsets = {(moment + timedelta(hours=hours)).astimezone(there).utcoffset() for hours in range(-36, 37, 6)}
    assume(len(offsets) == 1)
    assert (end_of_quiet(pace, moment) is not None) == pace.quiet.holds_at(moment.astimezone(there).time())


@given(after=moments, hour=st.integers(0, 23), weekday=st.none() | st.integers(1, 7), zone=zones)
@example(after=AUTUMN - timedelta(hours=2), hour=2, weekday=None, zone="Europe/Oslo")
@example(after=SPRING - timedelta(hours=2), hour=2, weekday=7, zone="Europe/Oslo")
def test_the_next_digest_comes_later_and_once_for_each_of_its_days(after, hour, weekday, zone):
    every = Every.DAY if weekday is None else Every.WEEK
    pace, there = Pace(zone=zone, digest=Digest(every=every, hour=hour, weekday=weekday)), ZoneInfo(zone)
    first = next_digest(pace, after)
    second = next_digest(pace, first)
    span = timedelta(days=1 if weekday is None else 7)
    assert after < first <= after + span + timedelta(hours=1)
    assert timedelta() < second - first <= span + timedelta(hours=1)
    days = [each.astimezone(there).date() for each in (first, second)]
    assert days[0] < days[1]
    assert weekday in (None, days[0].isoweekday())
    shown = first.astimezone(there)
    assert shown.hour == hour or shown.utcoffset() != (first - timedelta(hours=2)).astimezone(there).utcoffset()
    assert next_digest(pace, first - timedelta(microseconds=1)) == first


def test_without_a_digest_there_is_no_next_one_and_without_quiet_hours_no_end():
    assert next_digest(Pace(), SPRING) is None
    assert end_of_quiet(Pace(), SPRING) is None


@pytest.mark.parametrize("kind", sorted(Kind))
@pytest.mark.parametrize("chosen", How)
def test_what_is_mandatory_is_told_at_once_whatever_is_chosen(kind, chosen):
    how = Pace(kinds={kind: chosen}).how(kind)
    assert how is (How.AT_ONCE if kind in MANDATORY else chosen)
    assert Pace().how(kind) is How.AT_ONCE


DAILY = Digest(every=Every.DAY, hour=8)


@pytest.mark.parametrize(
    ("pace", "code"),
    [
        (Pace(zone="Europe/Nowhere"), Code.UNKNOWN_TIME_ZONE),
        (Pace(zone="localtime"), Code.UNKNOWN_TIME_ZONE),
        (quiet("07:00", "07:00"), Code.QUIET_HOURS_EMPTY),
        (Pace(digest=Digest(every=Every.WEEK, hour=8)), Code.WEEKDAY_OF_A_WEEK),
        (Pace(digest=Digest(every=Every.DAY, hour=8, weekday=1)), Code.WEEKDAY_OF_A_WEEK),
        (Pace(digest=DAILY, quiet=Quiet(start=time(22), end=time(9))), Code.DIGEST_IN_QUIET_HOURS),
        (Pace(kinds={Kind.CASE_CLOSED: How.DIGEST}), Code.DIGEST_IS_OFF),
        (Pace(kinds={Kind.GLASS_BROKEN: How.NONE}), Code.KIND_IS_MANDATORY),
        (Pace(kinds={Kind.GLASS_BROKEN: How.DIGEST}, digest=DAILY), Code.KIND_IS_MANDATORY),
    ],
)
def test_what_cannot_be_kept_is_refused(pace, code):
    with pytest.raises(Refusal) as refused:
        pace.check()
    assert refused.value.code is code


def test_what_can_be_kept_is_not_refused():
    kinds = {Kind.CASE_CLOSED: How.DIGEST, Kind.GLASS_BROKEN: How.AT_ONCE, Kind.CASE_OPENED: How.NONE}
    Pace(zone="Asia/Kathmandu", quiet=Quiet(start=time(21), end=time(7)), digest=DAILY, kinds=kinds).check()
