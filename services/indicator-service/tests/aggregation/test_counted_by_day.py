"""On which days a case counts in what depends on the day, decision by decision."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from forkant_contracts.codes import CaseState, PartnerKind
from indicator_service.aggregation.cells import cells_of
from indicator_service.aggregation.course import course_of_before
from indicator_service.aggregation.facts import NO_CASE, CaseFact, Turn
from indicator_service.aggregation.fold_case import fold_case
from indicator_service.aggregation.spans import NEVER, Span, common, days_after, joined
from indicator_service.definitions.metrics import BY_DAY, PARTNER_METRICS, Metric
from indicator_service.fact_codec import case_from_json, case_to_json

DAY = timedelta(days=1)
FIRST = date(2026, 3, 10)


def days(*offsets):
    return [FIRST + offset * DAY for offset in offsets]


def counted(case, metric):
    """Return on which days a metric changes and by how much, as days after the opening."""
    changes = Counter()
    for cell, amount in cells_of(fold_case(NO_CASE, case.events)):
        if cell.metric is metric:
            changes[(cell.month.replace(day=cell.bucket) - FIRST).days] += amount
    return [day if n > 0 else -day for day, n in sorted(changes.items()) for _ in range(abs(n))]


@pytest.fixture
def case(new_case):
    made = new_case()
    made.opened()
    return made


def test_a_case_is_active_from_its_opening_until_it_is_on_hold_or_ended(case):
    assert counted(case, Metric.ACTIVE) == [0]
    case.held(after=5 * DAY)
    case.resumed(after=5 * DAY)
    case.referred(after=10 * DAY)
    assert counted(case, Metric.ACTIVE) == [0, -5, 10, -20]


def test_a_pause_within_a_day_and_a_case_that_ends_the_day_it_began_leave_no_trace(case, new_case):
    case.held(after=5 * DAY)
    case.resumed()
    assert counted(case, Metric.ACTIVE) == [0]
    short = new_case()
    short.opened()
    short.rejected()
    assert counted(short, Metric.ACTIVE) == []


def test_a_reopened_case_was_not_active_meanwhile_and_its_thirty_days_begin_anew(case):
    case.closed(after=50 * DAY)
    case.reopened(after=50 * DAY)
    assert counted(case, Metric.ACTIVE) == [0, -50, 100]
    assert counted(case, Metric.ACTIVE_LONG) == [31, -50, 131]


def test_thirty_days_are_counted_from_the_opening_pauses_among_them(case):
    case.held(after=20 * DAY)
    assert counted(case, Metric.ACTIVE_LONG) == []
    case.resumed(after=30 * DAY)
    assert counted(case, Metric.ACTIVE_LONG) == [50]


def test_a_plan_is_approved_until_it_is_written_again_or_the_case_is_reopened(case):
    case.planned(after=40 * DAY)
    assert counted(case, Metric.ACTIVE_LONG_APPROVED) == []
    case.plan_approved(after=DAY)
    case.planned(after=DAY)
    case.plan_approved(after=DAY)
    assert counted(case, Metric.ACTIVE_LONG_APPROVED) == [41, -42, 43]
    case.closed(after=7 * DAY)
    case.reopened(after=10 * DAY)
    assert counted(case, Metric.ACTIVE_LONG) == [31, -50, 91]
    assert counted(case, Metric.ACTIVE_LONG_APPROVED) == [41, -42, 43, -50]


def test_a_plan_approved_early_counts_from_the_thirty_first_day(case):
    case.plan_approved(after=DAY)
    assert counted(case, Metric.ACTIVE_LONG_APPROVED) == [31]


def test_a_case_is_overdue_from_the_day_after_a_follow_up_was_due_until_it_is_held(case):
    first, second = case.follow_up_scheduled(days(10)[0]), case.follow_up_scheduled(days(12)[0])
    assert counted(case, Metric.ACTIVE_OVERDUE) == [11]
    case.follow_up_held(first, after=20 * DAY)
    assert counted(case, Metric.ACTIVE_OVERDUE) == [11]
    case.follow_up_held(second, after=DAY)
    assert counted(case, Metric.ACTIVE_OVERDUE) == [11, -21]


def test_a_follow_up_held_on_its_day_was_never_overdue_and_one_scheduled_late_only_since(case):
    item = case.follow_up_scheduled(days(10)[0])
    case.follow_up_held(item, after=10 * DAY)
    assert counted(case, Metric.ACTIVE_OVERDUE) == []
    case.follow_up_scheduled(days(4)[0], after=5 * DAY)
    assert counted(case, Metric.ACTIVE_OVERDUE) == [15]


def test_a_pause_moves_a_follow_up_and_while_it_lasts_nothing_is_overdue(case):
    item = case.follow_up_scheduled(days(10)[0])
    case.held(after=5 * DAY)
    assert counted(case, Metric.ACTIVE_OVERDUE) == []
    case.resumed(after=20 * DAY)
    case.follow_up_rescheduled(item, days(30)[0])
    assert counted(case, Metric.ACTIVE_OVERDUE) == [31]


def test_a_follow_up_ends_with_the_round_that_it_was_scheduled_in(case):
    case.follow_up_scheduled(days(10)[0])
    case.closed(after=20 * DAY)
    case.reopened(after=20 * DAY)
    assert counted(case, Metric.ACTIVE_OVERDUE) == [11, -20]
    case.follow_up_scheduled(days(50)[0])
    assert counted(case, Metric.ACTIVE_OVERDUE) == [11, -20, 51]


def test_a_case_has_a_partner_while_it_is_active_and_counts_once_under_each_kind(case):
    school = case.partner_added(PartnerKind.SCHOOL, after=2 * DAY)
    case.partner_added(PartnerKind.SCHOOL)
    case.partner_added(PartnerKind.HEALTH, after=2 * DAY)
    case.partner_removed(school, after=2 * DAY)
    case.held(after=2 * DAY)
    assert counted(case, Metric.ACTIVE_WITH_PARTNER) == [2, -8]
    assert counted(case, Metric.PARTNER_SCHOOL) == [2, -8]
    assert counted(case, Metric.PARTNER_HEALTH) == [4, -8]


def test_a_measure_is_due_on_its_newest_day_and_done_in_time_until_then(case):
    late, done, dropped = (case.measure_planned(due_on=day) for day in days(10, 20, 30))
    case.measure_completed(done, after=20 * DAY)
    case.measure_completed(late)
    case.measure_cancelled(dropped)
    assert counted(case, Metric.MEASURES_DUE) == [10, 20]
    assert counted(case, Metric.MEASURES_IN_TIME) == [20]
    case.measure_rescheduled(late, days(25)[0])
    assert counted(case, Metric.MEASURES_DUE) == [20, 25]
    assert counted(case, Metric.MEASURES_IN_TIME) == [20, 25]


def test_a_measure_that_is_due_while_its_case_is_on_hold_waits(case):
    before, moved, done = (case.measure_planned(due_on=day) for day in days(4, 10, 12))
    case.measure_completed(done)
    case.held(after=5 * DAY)
    assert counted(case, Metric.MEASURES_DUE) == [4, 12]
    case.resumed(after=20 * DAY)
    case.measure_rescheduled(moved, days(30)[0])
    assert counted(case, Metric.MEASURES_DUE) == [4, 12, 30]
    case.measure_cancelled(before)
    assert counted(case, Metric.MEASURES_DUE) == [12, 30]


def test_information_counts_since_it_was_registered_and_is_past_its_deadline_until_it_is_clarified(case):
    deadline = days(120)[0]
    item = case.information_registered(deadline, after=2 * DAY)
    case.information_registered(deadline)
    case.closed(after=8 * DAY)
    case.information_restricted(item, deadline, after=111 * DAY)
    assert counted(case, Metric.INFORMATION) == [2, 2]
    assert counted(case, Metric.INFORMATION_PAST_DEADLINE) == [121, 121]
    case.information_clarified(item, deadline, after=9 * DAY)
    assert counted(case, Metric.INFORMATION) == [2, 2]
    assert counted(case, Metric.INFORMATION_PAST_DEADLINE) == [121, 121, -130]


def test_information_registered_before_facts_kept_it_is_known_from_what_is_told_later(case):
    item = case.information_registered(FIRST)
    case.events.pop()
    case.information_restricted(item, FIRST, after=5 * DAY)
    assert (counted(case, Metric.INFORMATION), counted(case, Metric.INFORMATION_PAST_DEADLINE)) == ([5], [5])
    case.information_clarified(item, FIRST, after=2 * DAY)
    assert (counted(case, Metric.INFORMATION), counted(case, Metric.INFORMATION_PAST_DEADLINE)) == ([5], [5, -7])


def test_a_turn_that_is_dated_back_takes_the_place_of_those_after_its_day(case):
    case.held(after=10 * DAY)
    case.resumed(after=10 * DAY)
    case.closed(after=-5 * DAY)
    assert counted(case, Metric.ACTIVE) == [0, -10]


@pytest.mark.parametrize("end", ["merged", "erased"])
def test_nothing_of_a_merged_or_erased_case_counts_on_any_day(case, end):
    case.partner_added()
    case.follow_up_scheduled(FIRST)
    case.measure_planned(due_on=FIRST)
    case.information_registered(FIRST)
    getattr(case, end)(after=90 * DAY)
    case.information_registered(FIRST)
    assert not [*cells_of(fold_case(NO_CASE, case.events))]


def test_a_day_after_the_last_of_the_calendar_never_comes(case):
    case.follow_up_scheduled(date.max)
    case.measure_planned(due_on=date.max)
    case.information_registered(date.max)
    assert counted(case, Metric.ACTIVE_OVERDUE) == counted(case, Metric.INFORMATION_PAST_DEADLINE) == []
    assert counted(case, Metric.MEASURES_IN_TIME) == []


BEFORE = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kept", "course"),
    [
        ({}, [(0, Turn.OPENED)]),
        ({"state": CaseState("planned"), "plan_approved_at": BEFORE + DAY}, [(0, Turn.OPENED), (1, Turn.APPROVED)]),
        # The plan of a round that a reopening ended.
        ({"state": CaseState("assessing"), "plan_approved_at": BEFORE + DAY, "times_reopened": 1}, [(0, Turn.OPENED)]),
        ({"state": CaseState("closed"), "ended_at": BEFORE + 9 * DAY}, [(0, Turn.OPENED), (9, Turn.ENDED)]),
        ({"state": CaseState("on_hold")}, [(0, Turn.OPENED), (0, Turn.HELD)]),
    ],
)
def test_a_fact_of_before_is_read_with_what_it_tells_of_its_course(kept, course):
    stored = CaseFact(version=3, unit="oslo", opened_at=BEFORE, **kept)
    read = case_from_json(case_to_json(stored))
    assert read.course == tuple((FIRST + day * DAY, turn) for day, turn in course)
    assert case_from_json(case_to_json(read)) == read
    assert course_of_before(CaseFact()) == ()


def test_each_kind_of_partner_is_counted_by_a_metric_of_its_own():
    assert {*PARTNER_METRICS} == {*PartnerKind}
    assert len({*PARTNER_METRICS.values()}) == len(PartnerKind)
    assert {*PARTNER_METRICS.values()} <= BY_DAY


def test_spans_are_joined_where_they_touch_and_common_where_they_overlap():
    a, b, c, d = days(0, 5, 9, 20)
    assert joined([Span(b, c), Span(a, b), Span(d, d), Span(d)]) == [Span(a, c), Span(d)]
    assert common([Span(a, c)], [Span(b, d), Span(d)]) == [Span(b, c)]
    assert days_after(NEVER, 1) == days_after(NEVER - DAY, 1) == NEVER
    assert days_after(a, 5) == b
