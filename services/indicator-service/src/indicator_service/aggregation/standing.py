"""Since which day what others are shown stands as it is, so that nobody takes an old figure for a new one.

The day is that of the last change of what was *shown*: of a number, or of whether it was hidden. Whoever asked all the
time has seen that day by themselves, so it tells them nothing: not that something hidden moved, nor that a family moved
while this figure of it came out the same. That a figure stands since a day says that fewer than five of what is counted
with it have changed since, or that it came out the same when more had.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from indicator_service.aggregation.figure import Figure, IndicatorFigures
from indicator_service.aggregation.figures import UnitFigures

Name = str | int
"""A count's key, or an indicator's number."""


@dataclass(frozen=True, slots=True)
class Stands:
    """What is shown of one figure of one unit, as a digest, and since which day; None: since before that was kept."""

    shown: str
    since: date | None


Standing = Mapping[str, Mapping[Name, Stands]]
"""By unit, or the nation, and figure."""


def stand(before: Standing, shown: Mapping[str, UnitFigures], *, known: Collection[str], today: date) -> Standing:
    """Return since when what is shown stands.

    Args:
        before: what stood.
        shown: the figures of each unit, and of the nation, as others are shown them from now on.
        known: the units of which something was shown already.
        today: the day of what has changed.
    """
    return {
        unit: {
            name: _stands(before.get(unit, {}).get(name), _digest(figures), known=unit in known, today=today)
            for name, figures in _named(of_unit)
        }
        for unit, of_unit in shown.items()
    }


def dated(figures: UnitFigures, standing: Mapping[Name, Stands]) -> UnitFigures:
    """Return figures with the day since which each stands; one that is hidden wholly has none."""
    days = {name: standing[name].since for name, each in _named(figures) if name in standing and not _hidden(each)}
    return replace(
        figures,
        counts_settled_on={name: day for name in figures.counts if (day := days.get(name)) is not None},
        indicators=tuple(replace(each, settled_on=days.get(each.number)) for each in figures.indicators),
    )


def together(members: Iterable[Mapping[Name, Stands]]) -> Mapping[Name, Stands]:
    """Return since when figures that are summed over units stand: what changed last."""
    found: dict[Name, Stands] = {}
    unknown: set[Name] = set()
    for member in members:
        for name, each in member.items():
            if each.since is None:
                unknown.add(name)
            elif name not in found or (found[name].since or each.since) < each.since:
                found[name] = each
    return {name: each for name, each in found.items() if name not in unknown}


def _stands(before: Stands | None, shown: str, *, known: bool, today: date) -> Stands:
    if before is None:
        return Stands(shown, None if known else today)
    return before if before.shown == shown else Stands(shown, today)


def _named(figures: UnitFigures) -> Iterable[tuple[Name, tuple[Figure, ...]]]:
    for key, count in figures.counts.items():
        yield key, (count,)
    for indicator in figures.indicators:
        yield indicator.number, tuple(_of(indicator))


def _of(found: IndicatorFigures) -> Iterable[Figure]:
    for figure in (found.numerator, found.denominator, found.value, found.median, found.p90, *found.extra.values()):
        yield figure or Figure(None)
    for each in found.further.values():
        yield from (each.numerator, each.denominator, each.value)


def _hidden(figures: Iterable[Figure]) -> bool:
    return all(figure.suppressed or figure.value is None for figure in figures)


def _digest(figures: Iterable[Figure]) -> str:
    told = ";".join("-" if figure.suppressed else f"{figure.value}" for figure in figures)
    return hashlib.blake2b(told.encode(), digest_size=8).hexdigest()
