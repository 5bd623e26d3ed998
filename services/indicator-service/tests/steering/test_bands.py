from math import inf, nan

import pytest
from forkant_contracts.codes import Movement, TargetBand
from hypothesis import given
from hypothesis import strategies as st
from indicator_service.steering.bands import BETTER, Limits, band_held, band_of, faults_of, movement

MET, NEAR, MISSED = TargetBand.MET, TargetBand.NEAR, TargetBand.MISSED
HIGHER = Limits(direction="higher", goal=0.8, near=0.6, margin=0.05)
LOWER = Limits(direction="lower", goal=14, near=21, margin=2)
TENTHS = st.integers(min_value=0, max_value=1_000).map(lambda n: n / 1_000)


@pytest.mark.parametrize(
    ("limits", "value", "band"),
    [
        (HIGHER, 1.0, MET),
        (HIGHER, 0.8, MET),
        (HIGHER, 0.7999, NEAR),
        (HIGHER, 0.6, NEAR),
        (HIGHER, 0.5999, MISSED),
        (HIGHER, 0, MISSED),
        (LOWER, 0, MET),
        (LOWER, 14, MET),
        (LOWER, 15, NEAR),
        (LOWER, 21, NEAR),
        (LOWER, 22, MISSED),
    ],
)
def test_a_value_on_a_limit_is_in_the_better_band(limits, value, band):
    assert band_of(value, limits) is band


def test_without_a_band_between_a_value_is_met_or_missed():
    limits = Limits(direction="higher", goal=0.5, near=0.5)
    assert [band_of(value, limits) for value in (0.4999, 0.5)] == [MISSED, MET]


@pytest.mark.parametrize(
    ("limits", "value", "before", "held"),
    [
        (HIGHER, 0.7999, MET, NEAR),
        (HIGHER, 0.8, NEAR, NEAR),
        (HIGHER, 0.8499, NEAR, NEAR),
        (HIGHER, 0.85, NEAR, MET),
        (HIGHER, 0.6, MISSED, MISSED),
        (HIGHER, 0.65, MISSED, NEAR),
        (HIGHER, 0.82, MISSED, NEAR),
        (HIGHER, 0.9, MISSED, MET),
        (HIGHER, 0.1, MET, MISSED),
        (LOWER, 13, NEAR, NEAR),
        (LOWER, 12, NEAR, MET),
        (LOWER, 15, MET, NEAR),
        (LOWER, 20, MISSED, MISSED),
        (LOWER, 19, MISSED, NEAR),
    ],
)
def test_worse_is_at_the_limit_and_better_past_it_by_the_margin(limits, value, before, held):
    assert band_held(value, limits, before) is held


@given(TENTHS, TENTHS, TENTHS, st.sampled_from(list(BETTER)))
def test_a_band_that_is_held_is_never_better_than_the_value_says(value, near, above, before):
    limits = Limits(direction="higher", goal=round(near + above, 4), near=near, margin=0.1)
    held = band_held(value, limits, before)
    assert BETTER[held] <= BETTER[band_of(value, limits)] or held is before
    assert band_held(value, limits, held) is held


@given(TENTHS, TENTHS, TENTHS)
def test_less_is_better_exactly_where_more_is_worse(value, near, above):
    more = Limits(direction="higher", goal=round(near + above, 4), near=near)
    less = Limits(direction="lower", goal=round(5 - more.goal, 4), near=round(5 - near, 4))
    assert band_of(value, more) is band_of(round(5 - value, 4), less)


@pytest.mark.parametrize(
    ("before", "after", "direction", "moved"),
    [
        (MET, MISSED, "higher", Movement.DOWN),
        (MISSED, NEAR, "higher", Movement.UP),
        (MET, NEAR, "lower", Movement.UP),
        (MISSED, MET, "lower", Movement.DOWN),
    ],
)
def test_a_movement_is_that_of_the_value_not_of_the_band(before, after, direction, moved):
    assert movement(before, after, direction) is moved


@pytest.mark.parametrize(
    ("limits", "most", "faults"),
    [
        (HIGHER, 1, ()),
        (LOWER, 100_000, ()),
        (Limits(direction="neutral", goal=1, near=1), 1, ("direction",)),
        (Limits(direction="higher", goal=0.6, near=0.8), 1, ("near",)),
        (Limits(direction="lower", goal=21, near=14), 100, ("near",)),
        (Limits(direction="higher", goal=90, near=80), 1, ("goal", "near")),
        (Limits(direction="higher", goal=nan, near=0.1), 1, ("goal",)),
        (Limits(direction="higher", goal=0.5, near=0.1, margin=inf), 1, ("margin",)),
        (Limits(direction="higher", goal=0.12345, near=0.1), 1, ("goal",)),
        (Limits(direction="higher", goal=0.5, near=-0.1), 1, ("near",)),
    ],
)
def test_limits_that_contradict_each_other_are_named(limits, most, faults):
    assert faults_of(limits, most=most) == faults
