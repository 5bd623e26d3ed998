"""Percentiles of whole numbers, exact from a histogram."""

from collections.abc import Mapping


def percentile(histogram: Mapping[int, int], percent: int) -> int | None:
    """Return the nearest-rank percentile: the smallest value that at least so many percent do not exceed.

    It is always a value that occurred; of an empty histogram it is None.
    """
    count = sum(histogram.values())
    if count == 0:
        return None
    rank = -(-count * percent // 100)
    reached = 0
    for value in sorted(histogram):
        reached += histogram[value]
        if reached >= rank:
            return value
    raise AssertionError("the rank lies within the count")
