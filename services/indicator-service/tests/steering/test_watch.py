from datetime import date, timedelta
from uuid import UUID

import pytest
from forkant_contracts.codes import CrossingCause, TargetBand
from hypothesis import given
from hypothesis import strategies as st
from indicator_service.steering.bands import Limits, band_of
from indicator_service.steering.watch import AT_REST, Basis, Watched, step

MET, NEAR, MISSED = TargetBand.MET, TargetBand.NEAR, TargetBand.MISSED
DAY = date(2026, 3, 10)
LIMITS = Limits(direction="higher", goal=0.8, near=0.6, margin=0.05)
SLOW = Limits(direction="higher", goal=0.8, near=0.6, hold_days=3)
TARGET = UUID(int=1)
FIRST = Basis(target_id=TARGET, target_version=1, definition_version=1)
REVISED = Basis(target_id=TARGET, target_version=2, definition_version=1)
REDEFINED = Basis(target_id=TARGET, target_version=1, definition_version=2)


def course(*values, limits=LIMITS, basis=FIRST, watched=AT_REST, day=DAY, days=0):
    """Tell a watch of values one after the other; return what it told of."""
    told = []
    for number, value in enumerate(values):
        watched, crossing = step(
            watched, limits=limits, basis=basis, value=value, today=day + timedelta(days=number * days)
        )
        told.append(None if crossing is None else (crossing.before, crossing.after, crossing.cause))
    return watched, told


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ((0.9,), [None]),
        ((0.1,), [None]),
        ((0.9, 0.9), [None, None]),
        ((0.9, 0.7), [None, (MET, NEAR, CrossingCause.VALUE)]),
        ((0.9, 0.7, 0.7, 0.7), [None, (MET, NEAR, CrossingCause.VALUE), None, None]),
        ((0.9, 0.79, 0.8, 0.79, 0.8, 0.84), [None, (MET, NEAR, CrossingCause.VALUE), None, None, None, None]),
        ((0.9, 0.79, 0.86), [None, (MET, NEAR, CrossingCause.VALUE), (NEAR, MET, CrossingCause.VALUE)]),
        ((0.9, 0.1), [None, (MET, MISSED, CrossingCause.VALUE)]),
        ((0.9, None, 0.9), [None, None, None]),
        ((0.9, None, 0.1), [None, None, (MET, MISSED, CrossingCause.VALUE)]),
        ((None, 0.1, None, 0.9), [None, None, None, (MISSED, MET, CrossingCause.VALUE)]),
    ],
)
def test_each_crossing_is_told_of_once_and_the_first_band_is_none(values, told):
    assert course(*values)[1] == told


def test_a_band_counts_when_it_has_lasted_for_its_days():
    assert course(0.9, 0.7, 0.7, 0.7, 0.7, limits=SLOW, days=1)[1] == [
        None, None, None, None, (MET, NEAR, CrossingCause.VALUE),
    ]  # fmt: skip


def test_a_value_that_comes_back_in_time_is_not_told_of():
    assert course(0.9, 0.7, 0.7, 0.9, 0.7, 0.7, 0.7, limits=SLOW, days=1)[1] == [None] * 7


def test_a_value_that_quivers_between_two_worse_bands_has_left_the_better_one():
    assert course(0.9, 0.7, 0.1, 0.7, 0.1, limits=SLOW, days=1)[1][-1] == (MET, MISSED, CrossingCause.VALUE)


def test_what_may_not_be_told_of_has_a_watch_wait_anew():
    assert course(0.9, 0.7, 0.7, None, 0.7, 0.7, 0.7, limits=SLOW, days=1)[1] == [None] * 7


def test_a_revised_target_is_told_of_only_when_it_moves_the_value_to_another_band():
    watched, _ = course(0.7)
    same, told = step(watched, limits=LIMITS, basis=REVISED, value=0.7, today=DAY)
    assert (same.band, same.basis, told) == (NEAR, REVISED, None)
    stricter = Limits(direction="higher", goal=0.9, near=0.75)
    _, told = step(watched, limits=stricter, basis=REVISED, value=0.7, today=DAY)
    assert (told.before, told.after, told.cause) == (NEAR, MISSED, CrossingCause.TARGET)


def test_a_new_definition_is_the_cause_of_what_it_moves():
    watched, _ = course(0.9)
    _, told = step(watched, limits=LIMITS, basis=REDEFINED, value=0.7, today=DAY)
    assert told.cause is CrossingCause.DEFINITION


def test_without_a_target_the_watch_rests_and_begins_anew():
    watched, _ = course(0.9)
    rested, told = step(watched, limits=None, basis=None, value=0.1, today=DAY)
    assert (rested, told) == (AT_REST, None)
    assert course(0.1, watched=rested)[1] == [None]


VALUES = st.one_of(st.none(), st.integers(min_value=0, max_value=100).map(lambda n: n / 100))
MARGINS = st.sampled_from([0.0, 0.02, 0.1])


@given(st.lists(VALUES, max_size=40), MARGINS)
def test_what_was_told_leads_from_the_first_band_to_the_one_that_is_kept(values, margin):
    limits = Limits(direction="higher", goal=0.8, near=0.6, margin=margin)
    watched, told = course(*values, limits=limits)
    known = [value for value in values if value is not None]
    if not known:
        assert watched == Watched()
        return
    band = band_of(known[0], limits)
    for before, after, _ in filter(None, told):
        assert before is band
        assert after is not band
        band = after
    assert watched.band is band


@given(
    st.lists(VALUES, max_size=40), st.lists(st.integers(min_value=1, max_value=4), min_size=40, max_size=40), MARGINS
)
def test_telling_a_watch_the_same_again_changes_nothing(values, repeats, margin):
    limits = Limits(direction="higher", goal=0.8, near=0.6, margin=margin)
    once, told = course(*values, limits=limits)
    often = [value for value, times in zip(values, repeats, strict=False) for _ in range(times)]
    again, told_again = course(*often, limits=limits)
    assert again == once
    assert list(filter(None, told_again)) == list(filter(None, told))


@given(st.lists(st.integers(min_value=75, max_value=84).map(lambda n: n / 100), min_size=1, max_size=60))
def test_a_value_that_stays_within_the_margin_of_a_limit_is_told_of_once_at_most(values):
    _, told = course(*values)
    assert len(list(filter(None, told))) <= 1
