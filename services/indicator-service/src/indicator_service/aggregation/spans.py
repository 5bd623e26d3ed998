"""Stretches of whole days, from the first until the day on which they no longer are."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final, NamedTuple

NEVER: Final = date.max
"""Ends what has no end."""


class Span(NamedTuple):
    """The days from ``first`` on, ``until`` not among them."""

    first: date
    until: date = NEVER


def days_after(day: date, days: int) -> date:
    """Return a later day, or ``NEVER`` where the calendar ends first."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return NEVER


def joined(spans: Iterable[Span]) -> list[Span]:
    """Return the days that are in any of the spans, as spans that neither overlap nor touch, in order."""
    found: list[Span] = []
    for first, until in sorted(spans):
        if first >= until:
            continue
        if found and first <= found[-1].until:
            found[-1] = Span(found[-1].first, max(found[-1].until, until))
        else:
            found.append(Span(first, until))
    return found


def common(left: Iterable[Span], right: Iterable[Span]) -> list[Span]:
    """Return the days that are in a span of each; the spans of one side do not overlap."""
    right = tuple(right)
    overlaps = [Span(max(a.first, b.first), min(a.until, b.until)) for a in left for b in right]
    return [span for span in overlaps if span.first < span.until]
