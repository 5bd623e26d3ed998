"""The sums over one unit's cells in one period, from which its figures are computed."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar
from uuid import UUID

from indicator_service.definitions import Metric, Series
from indicator_service.definitions.metrics import STOCKS

_Key = TypeVar("_Key")
NATIONAL = "national"
"""The name under which the total of all units that hold cases is asked for."""


@dataclass(frozen=True, slots=True)
class Known:
    """A figure that stands, and the import that brought it."""

    amount: int
    import_id: UUID


Imported = Mapping[tuple[Series, date], Known]
"""What stands of one unit, by series and the first day of the period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Sums of one unit: within the period, histograms within it, everything up to its end; and what was imported.

    What is counted by day is counted until the period's last day, or today where that is to come.
    """

    within: Counter[Metric] = field(default_factory=Counter)
    histograms: Mapping[Metric, Counter[int]] = field(default_factory=dict)
    until_end: Counter[Metric] = field(default_factory=Counter)
    imported: Mapping[str, Imported] = field(default_factory=dict)
    """By unit, since the sum over units rests on all of them, and only a definition says of which periods."""

    def counted(self, metric: Metric) -> int:
        """Return what a period shows of a metric: of a stock what there is at its end, else what came within it."""
        return self.until_end[metric] if metric in STOCKS else self.within[metric]

    def histogram(self, metric: Metric) -> Counter[int]:
        """Return a metric's counts by bucket."""
        return self.histograms.get(metric, Counter())


def _add(sums: Counter[_Key], counts: Mapping[_Key, int]) -> None:
    # A counter's own way asks first what it is given, which takes longer than adding the few that a tally has.
    for key, count in counts.items():
        sums[key] = sums.get(key, 0) + count


def sum_of(tallies: Iterable[Tally]) -> Tally:
    """Return the tally of several units together."""
    within: Counter[Metric] = Counter()
    until_end: Counter[Metric] = Counter()
    histograms: dict[Metric, Counter[int]] = {}
    imported: dict[str, Imported] = {}
    for tally in tallies:
        _add(within, tally.within)
        _add(until_end, tally.until_end)
        for metric, counts in tally.histograms.items():
            _add(histograms.setdefault(metric, Counter()), counts)
        imported.update(tally.imported)
    return Tally(within=within, histograms=histograms, until_end=until_end, imported=imported)
