"""Percentiles are exact and always a value that occurred."""

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from indicator_service.aggregation.percentiles import percentile


@pytest.mark.parametrize(
    ("values", "median", "p90"),
    [([7], 7, 7), ([1, 2], 1, 2), ([1, 2, 3], 2, 3), (range(1, 11), 5, 9), (range(1, 12), 6, 10), ([0, 0, 9], 0, 9)],
)
def test_percentiles_are_those_of_the_nearest_rank(values, median, p90):
    histogram = Counter(values)
    assert (percentile(histogram, 50), percentile(histogram, 90)) == (median, p90)


def test_nothing_has_no_percentile():
    assert percentile({}, 50) is None
    assert percentile({3: 0}, 50) is None


@given(st.lists(st.integers(0, 50), min_size=1), st.integers(1, 100))
def test_a_percentile_equals_the_one_of_the_sorted_values(values, percent):
    assert percentile(Counter(values), percent) == sorted(values)[math.ceil(len(values) * percent / 100) - 1]
