"""What a case contributes that depends on the day: from which day on it counts, and from which no longer.

The days are worked out from the fact alone, those to come among them: a follow-up that is due and not held makes its
case overdue from the day after on, until an event says otherwise. So nothing has to happen at midnight.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from forkant_contracts.codes import PartnerKind

from indicator_service.aggregation.calendar import day_of
from indicator_service.aggregation.course import Active, active_spans, approved_spans, held_since, tied_spans
from indicator_service.aggregation.facts import CaseFact, Course, FollowUpFact, MeasureFact, PartnerFact
from indicator_service.aggregation.spans import NEVER, Span, common, days_after, joined
from indicator_service.definitions.metrics import PARTNER_METRICS, CellMetric, Metric, goal_metric

_LONG: Final = 31
"""The first of the days, counted from the opening or reopening, on which a case is active for more than 30."""

Counted = tuple[CellMetric, date, int]
"""What counts, the day, and whether one more or one less from then on."""


def counted_by_day(fact: CaseFact) -> Iterator[Counted]:
    """Yield what a case contributes by day; nothing of it is yielded twice."""
    active = active_spans(fact.course)
    spans = [each.span for each in active]
    yield from _while(Metric.ACTIVE, spans)
    long = [Span(max(span.first, days_after(since, _LONG)), span.until) for span, since in active]
    yield from _while(Metric.ACTIVE_LONG, long)
    yield from _while(Metric.ACTIVE_LONG_APPROVED, common(long, approved_spans(fact.course)))
    if fact.follow_ups:
        yield from _while(Metric.ACTIVE_OVERDUE, _overdue(fact.follow_ups.values(), active))
    if fact.partners:
        yield from _with_partners(fact.partners.values(), spans)
    for tied, goal in tied_spans(fact.ties):
        yield from _while(goal_metric(goal), common([tied], spans))
    if fact.measures:
        for _measure, metric, day in due_of_measures(fact.measures.values(), fact.course):
            yield metric, day, 1
    for information in fact.information.values():
        yield Metric.INFORMATION, information.registered_on, 1
        past = max(days_after(information.deadline, 1), information.registered_on)
        yield from _while(Metric.INFORMATION_PAST_DEADLINE, [Span(past, information.clarified_on or NEVER)])


def _while(metric: CellMetric, spans: Iterable[Span]) -> Iterator[Counted]:
    for first, until in spans:
        if first < until:
            yield metric, first, 1
            if until != NEVER:
                yield metric, until, -1


def _overdue(follow_ups: Iterable[FollowUpFact], active: Iterable[Active]) -> list[Span]:
    late = [(each.scheduled_on, _late(each)) for each in follow_ups if each.due_on is not None]
    # What was scheduled before the case was reopened ended with its round.
    return joined(
        day
        for span, since in active
        for scheduled_on, days in late
        if scheduled_on is None or scheduled_on >= since
        for day in common([span], [days])
    )


def _late(fact: FollowUpFact) -> Span:
    first = days_after(fact.due_on or NEVER, 1)
    return Span(max(first, fact.scheduled_on or first), NEVER if fact.held_at is None else day_of(fact.held_at))


def _with_partners(partners: Iterable[PartnerFact], active: Iterable[Span]) -> Iterator[Counted]:
    by_kind: dict[PartnerKind, list[Span]] = {}
    for partner in partners:
        # Of a partner of before it is not known when it left, and it counts for nothing.
        if not partner.removed or partner.removed_on is not None:
            worked = Span(partner.added_on or date.min, partner.removed_on or NEVER)
            by_kind.setdefault(partner.kind, []).append(worked)
    every = joined(span for spans in by_kind.values() for span in spans)
    yield from _while(Metric.ACTIVE_WITH_PARTNER, common(every, active))
    for kind, spans in by_kind.items():
        yield from _while(PARTNER_METRICS[kind], common(joined(spans), active))


def due_of_measures(measures: Iterable[MeasureFact], course: Course) -> Iterator[tuple[MeasureFact, Metric, date]]:
    """Yield each measure of a case of this course with what it counts as on the day when it is due."""
    paused = held_since(course)
    for measure in measures:
        if measure.due_on is None or measure.cancelled_at is not None:
            continue
        # What is due while its case is on hold waits for the day that it moves to.
        if measure.completed_at is None and measure.due_on >= paused:
            continue
        yield measure, Metric.MEASURES_DUE, measure.due_on
        if measure.completed_at is not None and day_of(measure.completed_at) <= measure.due_on:
            yield measure, Metric.MEASURES_IN_TIME, measure.due_on
