"""What the measures of a case contribute by their method and by their arena: cells beside those of :mod:`.cells`.

A case has many measures, so that method and arena are no codes of the case. Each measure counts once under each of its
dimensions, without the codes of its case: cells of every combination would be many, and no figure is split by two. The
metrics, moments and amounts are those of the other cells, so the categories of a dimension add up to these.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from operator import attrgetter
from typing import Final, NamedTuple
from uuid import UUID

from forkant_contracts.codes import Arena, MeasureKind

from indicator_service.aggregation.calendar import month_of, month_with
from indicator_service.aggregation.cells import NO_BUCKET, counted_of_measure
from indicator_service.aggregation.daily import due_of_measures
from indicator_service.aggregation.facts import NO_CASE, CaseFact, Fact, MeasureFact
from indicator_service.definitions.metrics import BY_ARENA, BY_METHOD, Metric

WITHOUT_METHOD: Final = "without_method"
"""The category of measures that follow no national method."""


class MeasureCell(NamedTuple):
    """The key of a cell. ``unit`` may be an operational unit; ``bucket`` is the day of the month where days count."""

    unit: str
    metric: Metric
    month: date
    dimension: str
    category: str
    bucket: int = NO_BUCKET


MeasureCells = Counter[MeasureCell]


def method_of(fact: MeasureFact) -> str:
    """Return the code of the method that a measure follows, whichever version of it; a method has its kind's code."""
    if fact.method_version is None:
        return WITHOUT_METHOD
    return MeasureKind.UNKNOWN if fact.kind is None else fact.kind


def measure_cells_of(fact: Fact) -> Iterator[MeasureCell]:
    """Yield the cells that a fact's measures count in, each by one."""
    return _cells_of(fact, fact.measures.values()) if isinstance(fact, CaseFact) else iter(())


def _cells_of(fact: CaseFact, measures: Collection[MeasureFact]) -> Iterator[MeasureCell]:
    if fact.erased or fact.merged or fact.opened_at is None:
        return
    for measure in measures:
        for metric, moment, bucket in counted_of_measure(measure):
            yield from _under_each(fact.unit, measure, metric, month_of(moment), bucket)
    for measure, metric, day in due_of_measures(measures, fact.course):
        yield from _under_each(fact.unit, measure, metric, month_with(day), day.day)


def _under_each(unit: str, measure: MeasureFact, metric: Metric, month: date, bucket: int) -> Iterator[MeasureCell]:
    if metric in BY_METHOD:
        yield MeasureCell(unit, metric, month, "method", method_of(measure), bucket)
    if metric in BY_ARENA:
        yield MeasureCell(unit, metric, month, "arena", measure.arena or Arena.UNKNOWN, bucket)


def measure_cells_of_metrics(facts: Iterable[Fact], metrics: Collection[Metric]) -> MeasureCells:
    """Return what many facts contribute to some metrics alone."""
    return Counter(cell for fact in facts for cell in measure_cells_of(fact) if cell.metric in metrics)


_SHARED: Final = attrgetter("unit", "erased", "merged", "opened_at", "course")
"""All of a case that the cells of each of its measures depend on."""


def total_of_measures(before: Mapping[UUID, CaseFact], after: Mapping[UUID, CaseFact]) -> MeasureCells:
    """Return what to add to the cells for changed cases together, those that were not known before too; never a zero.

    Most events are about no measure: of a case that is otherwise the same, only measures that changed are looked at.
    """
    delta: defaultdict[MeasureCell, int] = defaultdict(int)
    for key, new in after.items():
        old = before.get(key, NO_CASE)
        was, now = old.measures, new.measures
        if not (was or now):
            continue
        if _SHARED(old) == _SHARED(new):
            if was is now:
                continue
            # An event makes a measure anew, and leaves the others as they are.
            changed = [each for each in now if was.get(each) is not now[each]]
            gone, come = [was[each] for each in changed if each in was], [now[each] for each in changed]
        else:
            gone, come = [*was.values()], [*now.values()]
        for cell in _cells_of(old, gone):
            delta[cell] -= 1
        for cell in _cells_of(new, come):
            delta[cell] += 1
    return Counter({cell: amount for cell, amount in delta.items() if amount})
