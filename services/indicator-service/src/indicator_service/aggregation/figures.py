"""Figures: what is shown of a unit in a period, computed from its tally by the definitions, less what is hidden."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from indicator_service.aggregation.calendar import Period
from indicator_service.aggregation.cited import CitedPriority
from indicator_service.aggregation.figure import SUPPRESSED, UNHIDDEN, Figure, IndicatorFigures, Values, View
from indicator_service.aggregation.imported_figures import hide_imported, imported_values
from indicator_service.aggregation.percentiles import percentile
from indicator_service.aggregation.register import OF_THE_RELEASE, Register
from indicator_service.aggregation.structure import AS_RELEASED, Structure
from indicator_service.aggregation.suppression import Hidden, Rank, hide, hide_linked, hide_overlapping
from indicator_service.aggregation.tally import NATIONAL, Tally
from indicator_service.definitions import Catalogue, Count, Indicator, Metric, Series, Version

_SHARE_DECIMALS = 4
_MEDIAN, _P90 = 50, 90


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitFigures:
    """All figures of one unit in one period."""

    counts: Mapping[str, Figure]
    indicators: tuple[IndicatorFigures, ...]
    counts_settled_on: Mapping[str, date] = field(default_factory=dict)
    """By key, since which day a count stands that the reader is not shown exactly; an exact one is as of now."""
    priorities: tuple[CitedPriority, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mask:
    """What to hide of each count, and of the parts of each indicator, from those who may not see small counts."""

    counts: Mapping[str, Hidden]
    totals: Mapping[int, Hidden]
    parts: Mapping[int, Hidden]
    overlapping: Mapping[int, Hidden]

    def hides_count(self, key: str, unit: str) -> bool:
        """Whether a count of a unit is hidden."""
        return _hides(self.counts[key], unit)

    def hides_total(self, number: int, unit: str) -> bool:
        """Whether the total that an indicator's parts add up to is hidden."""
        return _hides(self.totals[number], unit)

    def hides_parts(self, number: int, unit: str) -> bool:
        """Whether an indicator's parts are hidden."""
        return _hides(self.parts[number], unit)

    def hides_overlapping(self, number: int, unit: str) -> bool:
        """Whether the parts of an indicator that may overlap are hidden."""
        return _hides(self.overlapping.get(number, Hidden()), unit)


NOTHING_HIDDEN: Final = Mask(counts={}, totals={}, parts={}, overlapping={})
"""For figures that are shown to nobody but those who may see them exactly: choosing what to hide takes longest."""


def _hides(hidden: Hidden, unit: str) -> bool:
    return hidden.national if unit == NATIONAL else unit in hidden.units


def mask_of(
    tallies: Mapping[str, Tally],
    *,
    catalogue: Catalogue,
    period: Period,
    rank: Rank,
    register: Register = OF_THE_RELEASE,
) -> Mask:
    """Choose what to hide, in whatever structure, from the tallies of all units with cases as they were."""
    kin = register.kin
    counts = {
        count.key: hide({u: count_value(count, t) for u, t in tallies.items()}, rank=rank, kin=kin)
        for count in catalogue.counts
    }
    by_key = {count.key: count for count in catalogue.counts}
    totals: dict[int, Hidden] = {}
    parts: dict[int, Hidden] = {}
    overlapping: dict[int, Hidden] = {}
    for indicator in catalogue.indicators:
        version = indicator.at(period.last_day)
        if version.series:
            hidden = hide_imported(version, tallies, period=period, rank=rank, register=register)
            totals[indicator.number], parts[indicator.number] = hidden
            continue
        by_unit = {u: linked_counts(version, t) for u, t in tallies.items()}
        total = {u: sum(values) for u, values in by_unit.items()}
        each_part = [{u: values[n] for u, values in by_unit.items()} for n in range(_parts_of(version))]
        wholes = [{u: _whole(name, t, by_key) for u, t in tallies.items()} for name in version.wholes]
        totals[indicator.number], parts[indicator.number] = hide_linked(
            total, each_part, wholes=wholes, rank=rank, kin=kin
        )
        overlaps = [{u: t.counted(metric) for u, t in tallies.items()} for metric in version.overlapping]
        if overlaps:
            overlapping[indicator.number] = hide_overlapping(each_part[0], overlaps, rank=rank, kin=kin)
    return Mask(counts=counts, totals=totals, parts=parts, overlapping=overlapping)


def _whole(name: Metric | str, tally: Tally, counts: Mapping[str, Count]) -> int:
    return tally.counted(name) if isinstance(name, Metric) else count_value(counts[name], tally)


def count_value(count: Count, tally: Tally) -> int:
    """Return a plain count of a unit."""
    if count.flow is not None:
        return tally.within[count.flow]
    came, went = (tally.until_end[metric] if metric else 0 for metric in (count.stock_in, count.stock_out))
    return came - went


def linked_counts(version: Version, tally: Tally) -> tuple[int, ...]:
    """Return the counts that together make up an indicator's total, so that each can be found from the others."""
    if version.kind == "share":
        numerator, denominator = _counted(version.numerator, tally), _counted(version.denominator, tally)
        apart = tuple(tally.counted(metric) for metric in version.extra)
        return (numerator, *apart, denominator - numerator - sum(apart))
    if version.kind == "duration":
        return (_counted(version.histogram, tally), *(tally.counted(metric) for metric in version.extra))
    return (_counted(version.denominator, tally),)


def _parts_of(version: Version) -> int:
    return len(linked_counts(version, Tally()))


def _counted(metric: Metric | Series | None, tally: Tally) -> int:
    if not isinstance(metric, Metric):
        return 0
    return tally.histogram(metric).total() if metric in tally.histograms else tally.counted(metric)


def figures_of(
    unit: str,
    tally: Tally,
    *,
    catalogue: Catalogue,
    period: Period,
    mask: Mask | None = None,
    uncounted: frozenset[Metric] = frozenset(),
    structure: Structure = AS_RELEASED,
) -> UnitFigures:
    """Compute a unit's figures; without a mask they are exact. What rests on uncounted metrics has none."""
    counts = {
        count.key: SUPPRESSED if mask and mask.hides_count(count.key, unit) else Figure(count_value(count, tally))
        for count in catalogue.counts
    }
    indicators = tuple(
        indicator_figures(unit, tally, each, period=period, mask=mask, uncounted=uncounted, structure=structure)
        for each in catalogue.indicators
    )
    return UnitFigures(counts=counts, indicators=indicators)


def indicator_figures(
    unit: str,
    tally: Tally,
    indicator: Indicator,
    *,
    period: Period,
    mask: Mask | None = None,
    uncounted: frozenset[Metric] = frozenset(),
    structure: Structure = AS_RELEASED,
) -> IndicatorFigures:
    """Compute one indicator of a unit, as :func:`figures_of` computes all."""
    version = indicator.at(period.last_day)
    found = _indicator(unit, tally, indicator, version, period=period, mask=mask, structure=structure)
    return _uncounted(version, found) if uncounted and version.metrics & uncounted else found


def _indicator(
    unit: str,
    tally: Tally,
    indicator: Indicator,
    version: Version,
    *,
    period: Period,
    mask: Mask | None,
    structure: Structure,
) -> IndicatorFigures:
    view = UNHIDDEN if mask is None else _view(mask, indicator.number, unit)
    if version.series:
        values = imported_values(version, unit, tally, period=period, view=view, structure=structure)
    else:
        values = _counted_values(version, tally, view)
    return IndicatorFigures(
        number=indicator.number,
        key=indicator.key,
        kind=version.kind,
        name=version.name,
        definition_version=version.version,
        measurement_unit=version.measurement_unit,
        direction=version.direction,
        minimum_n=version.minimum_n,
        **values,
    )


def _view(mask: Mask, number: int, unit: str) -> View:
    return View(
        exact=False,
        total_hidden=mask.hides_total(number, unit),
        parts_hidden=mask.hides_parts(number, unit),
        overlapping_hidden=mask.hides_overlapping(number, unit),
    )


def _counted_values(version: Version, tally: Tally, view: View) -> Values:
    if version.kind == "share":
        return _share(version, tally, view)
    if version.kind == "duration":
        return _duration(version, tally, view)
    count = view.total(_counted(version.denominator, tally))
    return {"numerator": None, "denominator": count, "value": count}


def _uncounted(version: Version, found: IndicatorFigures) -> IndicatorFigures:
    nothing = Figure(None)
    return replace(
        found,
        numerator=nothing if found.numerator else None,
        denominator=nothing,
        value=nothing,
        median=nothing if found.median else None,
        p90=nothing if found.p90 else None,
        extra=dict.fromkeys((metric.value for metric in (*version.extra, *version.overlapping)), nothing),
        counted=False,
    )


def _share(version: Version, tally: Tally, view: View) -> Values:
    numerator, denominator = _counted(version.numerator, tally), _counted(version.denominator, tally)
    share = round(numerator / denominator, _SHARE_DECIMALS) if denominator else None
    apart = {metric.value: view.part(tally.counted(metric)) for metric in version.extra}
    overlapping = {metric.value: view.overlapping(tally.counted(metric)) for metric in version.overlapping}
    return {
        "numerator": view.part(numerator),
        "denominator": view.total(denominator),
        "value": view.derived(share, observed=denominator, minimum=version.minimum_n),
        "extra": {**apart, **overlapping},
    }


def _duration(version: Version, tally: Tally, view: View) -> Values:
    histogram = tally.histogram(version.histogram) if version.histogram else Counter[int]()
    observed = histogram.total()
    median, p90 = (
        view.derived(percentile(histogram, percent), observed=observed, minimum=version.minimum_n)
        for percent in (_MEDIAN, _P90)
    )
    return {
        "numerator": None,
        "denominator": view.part(observed),
        "value": median,
        "median": median,
        "p90": p90,
        "extra": {metric.value: view.part(tally.counted(metric)) for metric in version.extra},
    }
