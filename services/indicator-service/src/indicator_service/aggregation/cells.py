"""What a fact contributes: cells of a cube, each counting one thing in one unit, month and combination of codes.

Everything that a figure needs is additive over cells, medians too: a duration contributes to the cell of its exact
length, so a percentile over any set of cells is exact. A change of a fact changes the cells by the difference between
what it contributes afterwards and what it contributed before, which covers transfer, reopening, correction, merging and
erasure.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import NamedTuple

from forkant_contracts.codes import CaseState, ConcernOutcome

from indicator_service.aggregation.calendar import day_of, month_of
from indicator_service.aggregation.facts import CaseFact, ConcernFact, Fact
from indicator_service.definitions.metrics import Metric

NO_BUCKET = 0
NO_CASE_TYPE = ""
_SECONDS_PER_HOUR = 3600


class Cell(NamedTuple):
    """The key of a cell. ``unit`` may be an operational unit; ``bucket`` is the length of a duration, otherwise 0."""

    unit: str
    metric: Metric
    month: date
    case_type: str
    theme: str
    age_band: str
    bucket: int = NO_BUCKET


Cells = Counter[Cell]


def district_of(unit: str) -> str:
    """Return the unit itself, or the district of an operational unit."""
    return unit.split("/", 1)[0]


def cells_of(fact: Fact) -> Iterator[Cell]:
    """Yield the cells that a fact counts in, once each."""
    return _cells_of_case(fact) if isinstance(fact, CaseFact) else _cells_of_concern(fact)


def total(changes: Iterable[tuple[Fact, Fact]]) -> Cells:
    """Return what to add to the cells for many changed facts together; never a zero."""
    delta: Cells = Counter()
    for old, new in changes:
        for cell in cells_of(old):
            delta[cell] -= 1
        for cell in cells_of(new):
            delta[cell] += 1
    return Counter({cell: amount for cell, amount in delta.items() if amount})


def _cells_of_case(fact: CaseFact) -> Iterator[Cell]:
    if fact.erased or fact.merged or fact.opened_at is None:
        return

    def cell(metric: Metric, moment: datetime, bucket: int = NO_BUCKET) -> Cell:
        return Cell(fact.unit, metric, month_of(moment), fact.case_type, fact.theme, fact.age_band, bucket)

    yield cell(Metric.OPENED, fact.opened_at)
    if fact.first_measure_at is not None:
        days = (day_of(fact.first_measure_at) - day_of(fact.opened_at)).days
        yield cell(Metric.FIRST_MEASURE_DAYS, fact.opened_at, max(days, 0))
    else:
        yield cell(Metric.NOT_STARTED if fact.ended_at is None else Metric.ENDED_WITHOUT_MEASURE, fact.opened_at)
    if fact.ended_at is not None:
        yield cell(Metric.ENDED, fact.ended_at)
        if fact.state is CaseState.CLOSED:
            yield cell(Metric.CLOSED, fact.ended_at)
            if fact.closed_evaluated:
                yield cell(Metric.CLOSED_EVALUATED, fact.ended_at)


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
