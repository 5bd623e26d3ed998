"""What a fact contributes: cells of a cube, each counting one thing in one unit, month and combination of codes.

Everything that a figure needs is additive over cells, medians too: a duration contributes to the cell of its exact
length, so a percentile over any set of cells is exact. A change of a fact changes the cells by the difference between
what it contributes afterwards and what it contributed before, which covers transfer, reopening, correction, merging and
erasure. What depends on the day is counted by the day, in cells that may be negative: their sum up to a day is what
there is at its end.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Final, NamedTuple

from forkant_contracts.codes import AgeBand, Arena, CaseState, ConcernOutcome, Effect

from indicator_service.aggregation.calendar import day_of, month_of, month_with
from indicator_service.aggregation.daily import counted_by_day
from indicator_service.aggregation.facts import CaseFact, ConcernFact, Fact, MeasureFact
from indicator_service.definitions.metrics import CellMetric, Metric

NO_BUCKET = 0
NO_CASE_TYPE = ""
_SECONDS_PER_HOUR = 3600
_DAYS_TO_ASSESS: Final = 14
_CHILDREN: Final = frozenset({AgeBand.UNDER_15, AgeBand.FROM_15_TO_17})
_EFFECTS: Final = {
    Effect.ACHIEVED: Metric.EFFECT_ACHIEVED,
    Effect.HARM: Metric.EFFECT_HARM,
    Effect.NOT_KNOWN: Metric.EFFECT_NOT_KNOWN,
}
"""The effects that are shown; partial, none, and what a later release may say are the rest."""


class Cell(NamedTuple):
    """The key of a cell. ``unit`` may be an operational unit.

    ``bucket`` is the length of a duration, the day of the month of what is counted by day, otherwise 0.
    """

    unit: str
    metric: CellMetric
    month: date
    case_type: str
    theme: str
    age_band: str
    bucket: int = NO_BUCKET


Cells = Counter[Cell]


def district_of(unit: str) -> str:
    """Return the unit itself, or the district of an operational unit."""
    return unit.split("/", 1)[0]


def cells_of(fact: Fact) -> Iterator[tuple[Cell, int]]:
    """Yield the cells that a fact counts in, and by how many it changes each."""
    return _cells_of_case(fact) if isinstance(fact, CaseFact) else ((cell, 1) for cell in _cells_of_concern(fact))


def cells_of_metrics(facts: Iterable[Fact], metrics: Collection[Metric]) -> Cells:
    """Return what many facts contribute to some metrics alone."""
    found: defaultdict[Cell, int] = defaultdict(int)
    for fact in facts:
        for cell, amount in cells_of(fact):
            if cell.metric in metrics:
                found[cell] += amount
    return _without_zeros(found)


def total(changes: Iterable[tuple[Fact, Fact]]) -> Cells:
    """Return what to add to the cells for many changed facts together; never a zero."""
    delta: defaultdict[Cell, int] = defaultdict(int)
    for old, new in changes:
        for cell, amount in cells_of(old):
            delta[cell] -= amount
        for cell, amount in cells_of(new):
            delta[cell] += amount
    return _without_zeros(delta)


def _without_zeros(cells: Mapping[Cell, int]) -> Cells:
    return Counter({cell: amount for cell, amount in cells.items() if amount})


Counted = tuple[Metric, datetime, int]
"""What counts, the moment whose month it counts in, and the length of a duration, else :data:`NO_BUCKET`."""


def _cells_of_case(fact: CaseFact) -> Iterator[tuple[Cell, int]]:
    if fact.erased or fact.merged or fact.opened_at is None:
        return
    unit, case_type, theme, age_band = fact.unit, fact.case_type, fact.theme, fact.age_band
    for metric, moment, bucket in _counted_of_case(fact, fact.opened_at):
        yield Cell(unit, metric, month_of(moment), case_type, theme, age_band, bucket), 1
    for by_day, day, amount in counted_by_day(fact):
        yield Cell(unit, by_day, month_with(day), case_type, theme, age_band, day.day), amount


def _counted_of_case(fact: CaseFact, opened_at: datetime) -> Iterator[Counted]:
    yield from _counted_at_opening(fact, opened_at)
    if fact.planned_at is not None:
        yield Metric.PLANS, fact.planned_at, NO_BUCKET
        if fact.goals_with_baseline:
            yield Metric.PLANS_WITH_BASELINE, fact.planned_at, NO_BUCKET
    for measure in fact.measures.values():
        yield from counted_of_measure(measure)
    if fact.evaluated_at is not None:
        yield Metric.EVALUATED, fact.evaluated_at, NO_BUCKET
        if fact.effect in _EFFECTS:
            yield _EFFECTS[fact.effect], fact.evaluated_at, NO_BUCKET
    if fact.ended_at is not None:
        yield Metric.ENDED, fact.ended_at, NO_BUCKET
        if fact.state is CaseState.CLOSED:
            yield Metric.CLOSED, fact.ended_at, NO_BUCKET
            if fact.closed_evaluated:
                yield Metric.CLOSED_EVALUATED, fact.ended_at, NO_BUCKET


def _counted_at_opening(fact: CaseFact, opened_at: datetime) -> Iterator[Counted]:
    yield Metric.OPENED, opened_at, NO_BUCKET
    if fact.first_measure_at is not None:
        yield Metric.FIRST_MEASURE_DAYS, opened_at, max(_days(opened_at, fact.first_measure_at), 0)
    else:
        yield Metric.NOT_STARTED if fact.ended_at is None else Metric.ENDED_WITHOUT_MEASURE, opened_at, NO_BUCKET
    if fact.assessed_at is not None and _days(opened_at, fact.assessed_at) <= _DAYS_TO_ASSESS:
        yield Metric.ASSESSED_IN_TIME, opened_at, NO_BUCKET
    if fact.age_band in _CHILDREN:
        yield Metric.UNDER_18, opened_at, NO_BUCKET
        if fact.child_view_recorded:
            yield Metric.CHILD_VIEW_RECORDED, opened_at, NO_BUCKET


def counted_of_measure(fact: MeasureFact) -> Iterator[Counted]:
    """Yield what a measure counts as by month; what it counts as by day is :mod:`.daily`'s."""
    if fact.cancelled_at is not None:
        return
    if fact.planned_at is not None:
        yield Metric.MEASURES, fact.planned_at, NO_BUCKET
        if fact.arena is Arena.DIGITAL:
            yield Metric.DIGITAL_MEASURES, fact.planned_at, NO_BUCKET
    if fact.completed_at is not None and fact.mandatory_steps_met is not None:
        yield Metric.STANDARD_MEASURES, fact.completed_at, NO_BUCKET
        if fact.mandatory_steps_met:
            yield Metric.STANDARD_MEASURES_MET, fact.completed_at, NO_BUCKET


def _days(since: datetime, until: datetime) -> int:
    return (day_of(until) - day_of(since)).days


def _cells_of_concern(fact: ConcernFact) -> Iterator[Cell]:
    def cell(metric: Metric, moment: datetime, bucket: int = NO_BUCKET) -> Cell:
        return Cell(fact.unit, metric, month_of(moment), NO_CASE_TYPE, fact.theme, fact.age_band, bucket)

    if fact.received_at is None:
        return
    yield cell(Metric.CONCERNS_RECEIVED, fact.received_at)
    if fact.decided_at is None:
        return
    yield cell(Metric.CONCERNS_DECIDED, fact.decided_at)
    seconds = (fact.decided_at - fact.received_at).total_seconds()
    yield cell(Metric.DECISION_HOURS, fact.decided_at, max(int(seconds // _SECONDS_PER_HOUR), 0))
    if fact.outcome is ConcernOutcome.CASE:
        yield cell(Metric.BECAME_CASE, fact.decided_at)
