"""The sums over one unit's cells in one period, from which its figures are computed."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from indicator_service.definitions import Metric

NATIONAL = "national"
"""The name under which the total of all units that hold cases is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Sums of one unit: within the period, histograms within it, and everything up to its end."""

    within: Counter[Metric] = field(default_factory=Counter)
    histograms: Mapping[Metric, Counter[int]] = field(default_factory=dict)
    until_end: Counter[Metric] = field(default_factory=Counter)

    def histogram(self, metric: Metric) -> Counter[int]:
        """Return a metric's counts by bucket."""
        return self.histograms.get(metric, Counter())


def sum_of(tallies: Iterable[Tally]) -> Tally:
    """Return the tally of several units together."""
    within: Counter[Metric] = Counter()
    until_end: Counter[Metric] = Counter()
    histograms: dict[Metric, Counter[int]] = {}
    for tally in tallies:
        within.update(tally.within)
        until_end.update(tally.until_end)
        for metric, counts in tally.histograms.items():
            histograms.setdefault(metric, Counter()).update(counts)
    return Tally(within=within, histograms=histograms, until_end=until_end)
