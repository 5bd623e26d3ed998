"""Tallies of months: put together to twelve, and what of a month others may see."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Final

from indicator_service.aggregation.calendar import Period, add_months, month_period, months_through, rolling_12
from indicator_service.aggregation.columns import Columns, Counts, HiddenColumns, hide_columns
from indicator_service.aggregation.figures import Mask, count_value, linked_counts
from indicator_service.aggregation.suppression import NO_KIN, Hidden, Kin, Rank
from indicator_service.aggregation.tally import Tally, sum_of
from indicator_service.definitions import Catalogue, Count, Metric, Version

_MONTHS: Final = 12

ByUnit = Mapping[str, Tally]
ByMonth = Mapping[date, ByUnit]
"""Tallies of every unit, in each month."""
Counting = Callable[[Tally], int]


def twelve(by_month: Mapping[date, Tally], last: date) -> Tally:
    """Return the tally of a month and the eleven before it, of one unit: flows add up, and the last stock stands."""
    found = sum_of(by_month.get(month, Tally()) for month in months_through(add_months(last, 1 - _MONTHS), last))
    newest = by_month.get(last, Tally())
    return Tally(within=found.within, histograms=found.histograms, until_end=newest.until_end, imported=newest.imported)


def needed_to_hide(months: Iterable[date], *, today: date) -> tuple[date, date]:
    """Return the first and the last of the months that say what to hide of some: the last twelve among them."""
    window = rolling_12(today=today)
    every = (*months, window.first_month, window.last_month)
    return min(every), max(every)


def masks_of_months(
    by_month: ByMonth, *, catalogue: Catalogue, today: date, rank: Rank, kin: Kin = NO_KIN
) -> dict[date, Mask]:
    """Choose what to hide of each month from those who may not see small counts.

    ``by_month`` holds the last twelve months, whatever is asked for: else it would depend on the question.
    """
    window = rolling_12(today=today)
    last_twelve = [month for month in by_month if window.first_month <= month <= window.last_month]
    groups = [last_twelve, *([month] for month in by_month if month not in last_twelve)]
    found: dict[date, Mask] = {}
    for months in groups:
        masks = {month: _Open(catalogue, month, by_month[month], today) for month in months}
        for count in catalogue.counts:
            hidden = _hide_count(count, months, by_month, rank, kin)
            for month, mask in masks.items():
                mask.counts[count.key] = mask.hidden(national=str(month) in hidden.total)
        _hide_indicators(masks, months, by_month, catalogue=catalogue, rank=rank, kin=kin)
        found |= {month: mask.done() for month, mask in masks.items()}
    return found


class _Open:
    """A mask of one month while it is put together; all units but the nation are hidden in it."""

    def __init__(self, catalogue: Catalogue, month: date, units: ByUnit, today: date) -> None:
        period = month_period(month, today=today)
        self.versions = {each.number: each.at(period.last_day) for each in catalogue.indicators}
        self.counts: dict[str, Hidden] = {}
        self.totals: dict[int, Hidden] = {}
        self.parts: dict[int, Hidden] = {}
        self.overlapping: dict[int, Hidden] = {}
        self._units = frozenset(units)

    def hidden(self, *, national: bool) -> Hidden:
        return Hidden(self._units, national=national)

    def done(self) -> Mask:
        return Mask(counts=self.counts, totals=self.totals, parts=self.parts, overlapping=self.overlapping)


def _hide_count(count: Count, months: list[date], by_month: ByMonth, rank: Rank, kin: Kin) -> HiddenColumns:
    columns = _columns(lambda tally: count_value(count, tally), months, by_month)
    return hide_columns(Counts(total=columns), rank=rank, add_up=count.flow is not None, kin=kin)


def _hide_indicators(
    masks: Mapping[date, _Open], months: list[date], by_month: ByMonth, *, catalogue: Catalogue, rank: Rank, kin: Kin
) -> None:
    for indicator in catalogue.indicators:
        for version in indicator.versions:
            under = [month for month in months if masks[month].versions[indicator.number] is version]
            hidden = hide_version(
                version, _by_name(under, by_month), catalogue=catalogue, rank=rank, months=True, kin=kin
            )
            for month in under:
                mask, name = masks[month], str(month)
                if not version.about_people:
                    mask.totals[indicator.number] = mask.parts[indicator.number] = Hidden()
                    continue
                mask.totals[indicator.number] = mask.hidden(national=name in hidden.total)
                mask.parts[indicator.number] = mask.hidden(national=name in hidden.parts)
                mask.overlapping[indicator.number] = mask.hidden(national=name in hidden.overlapping)


def hide_version(
    version: Version,
    by_column: Mapping[str, ByUnit],
    *,
    catalogue: Catalogue,
    rank: Rank,
    months: bool,
    kin: Kin = NO_KIN,
) -> HiddenColumns:
    """Choose which columns to hide of the national figures of an indicator.

    Args:
        version: its definition.
        by_column: the tallies of every unit, by month or by category.
        catalogue: the plain counts that its total may be part of.
        rank: orders columns of equal counts.
        months: whether the columns are months; what there is at the end of one is no part of the last twelve.
        kin: units whose figures are known to the same people.
    """
    if not by_column or not version.about_people:
        return HiddenColumns()
    every = frozenset(by_column)
    if version.series:
        if not isinstance(version.numerator, Metric):
            # The months that the last twelve rest on are others for each series, so none of them is shown.
            return HiddenColumns(total=every, parts=every, overlapping=every)
        part = Counts(total=_table(_counting(version.numerator), by_column))
        return HiddenColumns(parts=hide_columns(part, rank=rank, add_up=True, kin=kin).total)
    counts = counts_of(version, by_column, catalogue=catalogue)
    return hide_columns(counts, rank=rank, add_up=not (months and version.counted_at_end), kin=kin)


def counts_of(version: Version, by_column: Mapping[str, ByUnit], *, catalogue: Catalogue) -> Counts:
    """Return the linked counts of an indicator that is computed from cells."""
    plain = {count.key: count for count in catalogue.counts}
    size = len(linked_counts(version, Tally()))
    return Counts(
        total=_table(lambda tally: sum(linked_counts(version, tally)), by_column),
        parts=[_table(lambda tally, n=n: linked_counts(version, tally)[n], by_column) for n in range(size)],  # type: ignore[misc]  # a default binds n
        wholes=[
            _table(_counting(name) if isinstance(name, Metric) else _plain(plain[name]), by_column)
            for name in version.wholes
        ],
        overlapping=[_table(_counting(metric), by_column) for metric in version.overlapping],
    )


def _counting(metric: Metric) -> Counting:
    return lambda tally: tally.counted(metric)


def _plain(count: Count) -> Counting:
    return lambda tally: count_value(count, tally)


def _by_name(months: Iterable[date], by_month: ByMonth) -> dict[str, ByUnit]:
    return {str(month): by_month[month] for month in months}


def _columns(counting: Counting, months: Iterable[date], by_month: ByMonth) -> Columns:
    return _table(counting, _by_name(months, by_month))


def _table(counting: Counting, by_column: Mapping[str, ByUnit]) -> Columns:
    return {name: {unit: counting(tally) for unit, tally in units.items()} for name, units in by_column.items()}


def hidden_twelve(catalogue: Catalogue, units: Iterable[str], *, period: Period) -> Mask:
    """Hide the twelve months until the end of a month: from two of them follows how two months differ."""
    everything = Hidden(frozenset(units), national=True)
    versions = {each.number: each.at(period.last_day) for each in catalogue.indicators}
    of_people = {number: everything if version.about_people else Hidden() for number, version in versions.items()}
    return Mask(
        counts={count.key: everything for count in catalogue.counts},
        totals=of_people,
        parts=of_people,
        overlapping=of_people,
    )
