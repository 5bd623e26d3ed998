"""The bands of a target, and which of them a value is in.

A target names a goal and a limit below which, or above which where less is better, it is missed. Between the two the
goal is near. Values are held against them as they are shown, rounded as they are: whoever reads a value can tell its
band, and whoever may not read it is told none.
"""

import math
from dataclasses import dataclass
from typing import Final

from forkant_contracts.codes import Movement, TargetBand

from indicator_service.definitions.models import Direction

BETTER: Final = {TargetBand.MISSED: 0, TargetBand.NEAR: 1, TargetBand.MET: 2}
"""The bands in order, the best last."""
LARGEST: Final = 100_000
"""No limit is larger; the values of all indicators stay below it."""
DECIMALS: Final = 4
"""How finely values are shown, and so how finely limits may be set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a value is held against, in the indicator's own unit of measurement.

    ``near`` is where the goal is no longer near but missed; where it equals the goal there is no band between.
    ``margin`` is how far past a limit a value must be to come back into a better band, and ``hold_days`` for how many
    whole days it must stay in another band before it counts as there: both keep a watch from telling of every quiver.
    """

    direction: Direction
    goal: float
    near: float
    margin: float = 0.0
    hold_days: int = 0


def faults_of(limits: Limits, *, most: float = LARGEST) -> tuple[str, ...]:
    """Return the names of the fields that contradict each other or are out of range; no value is above ``most``."""
    if limits.direction == "neutral":
        return ("direction",)
    faults = [name for name in ("goal", "near", "margin") if not _is_sound(getattr(limits, name), most)]
    sign = _sign(limits)
    if not faults and sign * limits.near > sign * limits.goal:
        faults.append("near")
    return tuple(faults)


def band_of(value: float, limits: Limits) -> TargetBand:
    """Return the band that a value is in; a value on a limit is in the better one."""
    return _band(value, limits, margin=0.0)


def band_held(value: float, limits: Limits, before: TargetBand) -> TargetBand:
    """Return the band of a value that was in ``before``: worse at the limit, better only past it by the margin."""
    now = band_of(value, limits)
    if BETTER[now] <= BETTER[before]:
        return now
    past_the_margin = _band(value, limits, margin=limits.margin)
    return past_the_margin if BETTER[past_the_margin] > BETTER[before] else before


def movement(before: TargetBand, after: TargetBand, direction: Direction) -> Movement:
    """Return which way a value moved against the limits when it went from one band to another."""
    improves = BETTER[after] > BETTER[before]
    return Movement.UP if improves == (direction == "higher") else Movement.DOWN


def _band(value: float, limits: Limits, *, margin: float) -> TargetBand:
    sign = _sign(limits)
    if sign * value >= _past(limits.goal, margin, sign):
        return TargetBand.MET
    return TargetBand.NEAR if sign * value >= _past(limits.near, margin, sign) else TargetBand.MISSED


def _past(limit: float, margin: float, sign: int) -> float:
    # 0.8 + 0.1 is a little more than 0.9 in binary: a value on the sum, as it is written, is past it.
    return round(sign * limit + margin, 9)


def _sign(limits: Limits) -> int:
    return 1 if limits.direction == "higher" else -1


def _is_sound(number: float, most: float) -> bool:
    return math.isfinite(number) and 0 <= number <= most and round(number, DECIMALS) == number
