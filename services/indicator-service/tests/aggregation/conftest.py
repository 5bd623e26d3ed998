"""What an attacker can do with what is shown: solve the equations that it stands in."""

from collections import defaultdict
from fractions import Fraction

import pytest


@pytest.fixture(scope="session")
def solved():
    """Give a function that returns the unknowns which linear equations determine."""
    return eliminate


def eliminate(unknown, equations, weights):
    """Return the unknowns that linear equations determine, by Gauss-Jordan elimination."""
    wanted = set(unknown)
    reduced = {}
    for places, factors in zip(equations, weights, strict=True):
        row = defaultdict(Fraction)
        for place, factor in zip(places, factors, strict=True):
            if place in wanted:
                row[place] += factor
        for place in [place for place in row if place in reduced]:
            row = less(row, row[place], reduced[place])
        pivot = next((place for place, factor in row.items() if factor), None)
        if pivot is None:
            continue
        row = {place: factor / row[pivot] for place, factor in row.items() if factor}
        reduced = {place: less(other, other.get(pivot, 0), row) for place, other in reduced.items()}
        reduced[pivot] = row
    return sorted(place for place, row in reduced.items() if len(row) == 1)


def less(row, times, other):
    if not times:
        return row
    found = {place: row.get(place, 0) - times * other.get(place, 0) for place in row.keys() | other.keys()}
    return {place: factor for place, factor in found.items() if factor}
