"""How far a share, or a sum of shares with signs, may be from what it was found to be: intervals at 95 %.

Shares have Wilson's score interval, which stays within 0 and 1 and holds its level for small numbers (Wilson 1927;
Newcombe 1998, Statistics in Medicine 17:857, method 3). A difference of shares, and a difference of differences, has
the interval that is put together from those of its shares: Newcombe's for two (1998, 17:873, method 10), and its
extension to any sum with signs (Zou and Donner 2008, Statistics in Medicine 27:1693). Each case counts as one that says
nothing of another: cases of one unit resemble each other more than that, so that the truth is wider.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Final

LEVEL: Final = 0.95
_Z: Final = NormalDist().inv_cdf((1 + LEVEL) / 2)
DECIMALS: Final = 4


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many; the second is above 0."""

    part: int
    whole: int

    @property
    def value(self) -> float:
        """The share itself."""
        return self.part / self.whole


@dataclass(frozen=True, slots=True)
class Interval:
    """From where to where."""

    low: float
    high: float


def wilson(share: Share) -> Interval:
    """Return the score interval of a share."""
    n, p = share.whole, share.value
    centre, scale = p + _Z**2 / (2 * n), 1 + _Z**2 / n
    half = _Z * sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2))
    return Interval(max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale))


def interval_of(terms: Iterable[tuple[int, Share]]) -> Interval:
    """Return the interval of a sum of shares, each with the sign 1 or -1."""
    estimate = down = up = 0.0
    for sign, share in terms:
        value, own = share.value, wilson(share)
        below, above = value - own.low, own.high - value
        estimate += sign * value
        down += (below if sign > 0 else above) ** 2
        up += (above if sign > 0 else below) ** 2
    return Interval(round(estimate - sqrt(down), DECIMALS), round(estimate + sqrt(up), DECIMALS))
