"""Some units set against others, before and after: by how much more, or less, the first changed than the others did.

The difference of the differences takes away what differed between the units all along, and what changed for all of them
alike. Two things say how far it may be from what is true: an interval, which is about cases, and how often units that
were chosen by chance would differ as much, which is about units. With few units the second is the one that matters.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations, islice
from math import comb
from random import Random
from typing import Final

from indicator_service.aggregation.calendar import add_months, month_with, months_through
from indicator_service.aggregation.percentiles import percentile
from indicator_service.aggregation.tally import Tally, sum_of
from indicator_service.aggregation.uncertainty import DECIMALS, Interval, Share, interval_of
from indicator_service.definitions import Metric, Version

MOST_CHOICES: Final = 5_000
"""How many choices of units are tried; of more than these, so many are drawn."""
FEWEST_CHOICES: Final = 20
"""With fewer there is no saying what chance would do."""
_MEDIAN: Final = 50
_SLACK: Final = 1e-9

ByUnit = Mapping[str, Tally]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """Whole months; the last may be running."""

    first: date
    last: date

    @property
    def months(self) -> tuple[date, ...]:
        """The months, in order."""
        return months_through(self.first, self.last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """Some units together in a spell: what was counted, and the value."""

    numerator: int | None
    denominator: int
    value: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """How many choices of as many units were looked at, and how many of them differed at least as much."""

    choices: int
    as_extreme: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One indicator of some units and of others, before and after; changes and difference where there is enough."""

    before: Side
    after: Side
    others_before: Side
    others_after: Side
    change: float | None
    others_change: float | None
    difference: float | None
    interval: Interval | None
    chance: Chance | None
    too_few: bool


def spell_within(first_day: date, last_day: date, *, today: date) -> Spell | None:
    """Return the whole months between two days, both included, up to the one that runs; nothing when there is none."""
    first = month_with(first_day) if first_day.day == 1 else add_months(month_with(first_day), 1)
    after = month_with(last_day + timedelta(days=1))
    last = min(add_months(after, -1), month_with(today))
    return Spell(first=first, last=last) if first <= last else None


def together(by_month: Mapping[date, ByUnit], spell: Spell) -> dict[str, Tally]:
    """Return the tally of each unit in a spell: flows add up, and of a stock what there is at the end."""
    units = {unit for month in spell.months for unit in by_month.get(month, {})}
    found = {}
    for unit in units:
        added = sum_of(by_month.get(month, {}).get(unit, Tally()) for month in spell.months)
        last = by_month.get(spell.last, {}).get(unit, Tally())
        found[unit] = Tally(within=added.within, histograms=added.histograms, until_end=last.until_end)
    return found


def compare(
    version: Version, before: ByUnit, after: ByUnit, *, tried: Sequence[str], others: Sequence[str]
) -> Compared:
    """Compare an indicator that is counted from cases; ``others`` are all that the tried units are set against."""
    groups = _Groups(version, before, after)
    found = groups.four(tried, others)
    too_few = any(side.denominator < version.minimum_n for side in found)
    difference = _difference(found)
    interval = None
    if not too_few and version.kind == "share":
        signs = (-1, 1, 1, -1)
        interval = interval_of(
            (sign, Share(side.numerator or 0, side.denominator)) for sign, side in zip(signs, found, strict=True)
        )
    return Compared(
        before=found[0],
        after=found[1],
        others_before=found[2],
        others_after=found[3],
        change=_change(found[0], found[1]),
        others_change=_change(found[2], found[3]),
        difference=None if too_few else difference,
        interval=interval,
        chance=None if too_few or difference is None else groups.chance(tried, others, difference),
        too_few=too_few,
    )


class _Groups:
    """The figures of units together, for many choices of units."""

    def __init__(self, version: Version, before: ByUnit, after: ByUnit) -> None:
        self._version, self._spells = version, (before, after)

    def four(self, tried: Iterable[str], others: Iterable[str]) -> tuple[Side, Side, Side, Side]:
        before, after = ([self._side(units, spell) for spell in self._spells] for units in (tried, others))
        return before[0], before[1], after[0], after[1]

    def chance(self, tried: Sequence[str], others: Sequence[str], difference: float) -> Chance | None:
        units, looked_at, as_extreme = sorted({*tried, *others}), 0, 0
        if comb(len(units), len(tried)) < FEWEST_CHOICES:
            return None
        for chosen in _choices(units, len(tried)):
            found = _difference(self.four(chosen, [unit for unit in units if unit not in chosen]))
            if found is not None:
                looked_at += 1
                as_extreme += abs(found) >= abs(difference) - _SLACK
        return Chance(choices=looked_at, as_extreme=as_extreme)

    def _side(self, units: Iterable[str], spell: ByUnit) -> Side:
        tallies = [spell.get(unit, Tally()) for unit in units]
        if self._version.kind == "duration":
            histogram: Counter[int] = Counter()
            for tally in tallies:
                histogram.update(tally.histogram(_metric(self._version.histogram)))
            return Side(numerator=None, denominator=histogram.total(), value=percentile(histogram, _MEDIAN))
        numerator, denominator = (
            sum(tally.counted(_metric(metric)) for tally in tallies)
            for metric in (self._version.numerator, self._version.denominator)
        )
        value = round(numerator / denominator, DECIMALS) if denominator else None
        return Side(numerator=numerator, denominator=denominator, value=value)


def is_comparable(version: Version) -> bool:
    """Whether an indicator can be compared: it is a share or a duration that is counted from cases."""
    return not version.series and version.kind in {"share", "duration"}


def _choices(units: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    if comb(len(units), size) <= MOST_CHOICES:
        yield from combinations(units, size)
        return
    # Drawn alike whenever they are asked for, so that the same figures give the same answer.
    drawing = Random(size)  # noqa: S311 - a draw that is to repeat, and keeps no secret
    yield from islice(iter(lambda: drawing.sample(units, size), None), MOST_CHOICES)


def _metric(named: object) -> Metric:
    if not isinstance(named, Metric):
        raise TypeError("an indicator that rests on imports can't be compared")
    return named


def _change(before: Side, after: Side) -> float | None:
    return None if before.value is None or after.value is None else round(after.value - before.value, DECIMALS)


def _difference(found: Sequence[Side]) -> float | None:
    own, others = _change(found[0], found[1]), _change(found[2], found[3])
    return None if own is None or others is None else round(own - others, DECIMALS)
