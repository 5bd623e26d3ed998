"""Intervals against published examples, and against what they promise: to hold what is true 95 times of 100."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from indicator_service.aggregation.uncertainty import Share, interval_of, wilson


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_a_shares_interval_is_the_published_one(part, whole, low, high):
    """Newcombe 1998, Statistics in Medicine 17:857, table I, method 3."""
    found = wilson(Share(part, whole))
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_a_differences_interval_is_the_published_one(first, second, low, high):
    """Newcombe 1998, Statistics in Medicine 17:873, table II, method 10."""
    found = interval_of([(1, Share(*first)), (-1, Share(*second))])
    assert (found.low, found.high) == (low, high)


SHARES = st.integers(1, 400).flatmap(lambda whole: st.builds(Share, st.integers(0, whole), st.just(whole)))


@given(shares=st.lists(st.tuples(st.sampled_from([1, -1]), SHARES), min_size=1, max_size=4))
def test_an_interval_holds_what_was_found_and_turns_with_the_signs(shares):
    found = interval_of(shares)
    estimate = sum(sign * share.value for sign, share in shares)
    assert found.low - 1e-4 <= estimate <= found.high + 1e-4
    turned = interval_of([(-sign, share) for sign, share in shares])
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low), abs=1e-4)


@given(share=SHARES)
def test_the_interval_of_a_share_stays_within_0_and_1(share):
    found = wilson(share)
    assert 0 <= found.low <= share.value + 1e-12
    assert share.value - 1e-12 <= found.high <= 1


@pytest.mark.parametrize("truth", [(0.5, 0.6, 0.5, 0.5), (0.9, 0.95, 0.85, 0.9), (0.1, 0.1, 0.2, 0.3)])
def test_of_many_differences_of_differences_95_of_100_hold_what_is_true(truth):
    drawing, held, rounds = Random(11), 0, 2_000
    sizes, signs = (60, 50, 400, 380), (-1, 1, 1, -1)
    expected = sum(sign * share for sign, share in zip(signs, truth, strict=True))
    for _ in range(rounds):
        drawn = [
            Share(sum(drawing.random() < share for _ in range(size)), size)
            for share, size in zip(truth, sizes, strict=True)
        ]
        found = interval_of(zip(signs, drawn, strict=True))
        held += found.low <= expected <= found.high
    assert 0.93 <= held / rounds <= 0.98
