"""What a case and a concern contribute to, event by event."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from forkant_contracts.codes import ConcernOutcome
from indicator_service.aggregation.facts import CaseFact
from indicator_service.aggregation.fold import fold, streams_of
from indicator_service.definitions.metrics import BY_DAY

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def counted(*streams):
    """Fold all streams and return {(unit, metric, month, bucket): count}, without what is counted by day."""
    events = [event for stream in streams for event in stream.events]
    delta = fold(streams_of(events), cases={}, concerns={}).delta
    found = Counter()
    for cell, amount in delta.items():
        if cell.metric in BY_DAY:
            continue
        found[cell.unit, cell.metric.value, f"{cell.month:%Y-%m}", cell.bucket] += amount
    return dict(found)


def test_an_open_case_counts_as_opened_and_not_started(new_case):
    case = new_case()
    case.opened()
    assert counted(case) == {("oslo", "opened", "2026-03", 0): 1, ("oslo", "not_started", "2026-03", 0): 1}


def test_days_to_the_first_measure_count_in_the_month_of_opening(new_case):
    case = new_case()
    case.opened()
    case.measure_started(after=40 * DAY)
    assert counted(case) == {
        ("oslo", "opened", "2026-03", 0): 1,
        ("oslo", "first_measure_days", "2026-03", 40): 1,
        ("oslo", "measures", "2026-03", 0): 1,
    }


def test_the_earliest_measure_counts_also_when_it_is_recorded_last(new_case):
    case = new_case()
    case.opened()
    case.measure_started(after=20 * DAY)
    case.measure_started(after=-15 * DAY)
    assert ("oslo", "first_measure_days", "2026-03", 5) in counted(case)


def test_days_are_those_of_the_norwegian_calendar(new_case):
    case = new_case(at=datetime(2026, 3, 10, 22, 59, tzinfo=UTC))
    case.opened()
    case.measure_started(after=2 * timedelta(minutes=1))
    assert ("oslo", "first_measure_days", "2026-03", 1) in counted(case)


@pytest.mark.parametrize(
    ("moment", "month"),
    [
        (datetime(2026, 3, 31, 21, 59, tzinfo=UTC), "2026-03"),
        (datetime(2026, 3, 31, 22, 0, tzinfo=UTC), "2026-04"),
        (datetime(2026, 1, 31, 22, 59, tzinfo=UTC), "2026-01"),
        (datetime(2026, 1, 31, 23, 0, tzinfo=UTC), "2026-02"),
    ],
)
def test_months_turn_at_midnight_in_norway_in_summer_and_winter(new_case, moment, month):
    case = new_case(at=moment)
    case.opened()
    assert ("oslo", "opened", month, 0) in counted(case)


def test_closing_counts_in_its_own_month_with_its_evaluation(new_case):
    case = new_case()
    case.opened()
    case.measure_started(after=DAY)
    case.evaluated(after=30 * DAY)
    case.closed(after=DAY)
    assert counted(case) == {
        ("oslo", "opened", "2026-03", 0): 1,
        ("oslo", "first_measure_days", "2026-03", 1): 1,
        ("oslo", "measures", "2026-03", 0): 1,
        ("oslo", "evaluated", "2026-04", 0): 1,
        ("oslo", "effect_achieved", "2026-04", 0): 1,
        ("oslo", "ended", "2026-04", 0): 1,
        ("oslo", "closed", "2026-04", 0): 1,
        ("oslo", "closed_evaluated", "2026-04", 0): 1,
    }


@pytest.mark.parametrize("end", ["referred", "rejected"])
def test_a_referred_or_rejected_case_has_ended_but_is_not_closed(new_case, end):
    case = new_case()
    case.opened()
    getattr(case, end)(after=DAY)
    assert counted(case) == {
        ("oslo", "opened", "2026-03", 0): 1,
        ("oslo", "ended", "2026-03", 0): 1,
        ("oslo", "ended_without_measure", "2026-03", 0): 1,
    }


def test_reopening_takes_back_that_the_case_was_closed(new_case):
    case = new_case()
    case.opened()
    before = counted(case)
    case.closed(after=60 * DAY)
    case.reopened(after=60 * DAY)
    assert counted(case) == before


def test_a_case_closed_again_counts_once_in_the_last_month(new_case):
    case = new_case()
    case.opened()
    case.closed(after=DAY)
    case.reopened(after=60 * DAY)
    case.closed(after=DAY, evaluated=False)
    found = counted(case)
    assert found["oslo", "closed", "2026-05", 0] == 1
    assert ("oslo", "closed", "2026-03", 0) not in found
    assert not any(metric == "closed_evaluated" for _, metric, _, _ in found)


def test_a_transfer_moves_all_that_the_case_counts_in(new_case):
    case = new_case()
    case.opened()
    case.measure_started(after=DAY)
    case.transferred("troms", after=DAY)
    assert {unit for unit, *_ in counted(case)} == {"troms"}
    assert len(counted(case)) == 3


def test_a_hold_keeps_the_case_open(new_case):
    case = new_case()
    case.opened()
    before = counted(case)
    case.held(after=DAY)
    assert counted(case) == before
    case.resumed(after=DAY)
    assert counted(case) == before


def test_an_erased_case_counts_nowhere_and_stays_so(new_case):
    case = new_case()
    case.opened()
    case.closed(after=DAY)
    case.erased(after=DAY)
    case.reopened(after=DAY)
    assert counted(case) == {}
    [fact] = fold(streams_of(case.events), cases={}, concerns={}).cases.values()
    assert fact.erased
    assert fact.unit == ""
    assert fact.opened_at is None


def test_a_merged_case_counts_nowhere_in_any_month_and_nothing_that_comes_later_brings_it_back(new_case):
    case = new_case()
    case.opened()
    case.measure_started(after=DAY)
    case.closed(after=60 * DAY)
    case.merged(after=DAY)
    assert counted(case) == {}
    case.reopened(after=DAY)
    case.opened(after=DAY)
    case.transferred("troms", after=DAY)
    assert counted(case) == {}
    [fact] = fold(streams_of(case.events), cases={}, concerns={}).cases.values()
    assert fact == CaseFact(version=len(case.events), merged=True)


def test_a_merged_case_that_is_erased_is_known_as_erased(new_case):
    case = new_case()
    case.opened()
    case.merged(after=DAY)
    case.erased(after=DAY)
    case.reopened(after=DAY)
    [fact] = fold(streams_of(case.events), cases={}, concerns={}).cases.values()
    assert fact == CaseFact(version=3, erased=True)
    assert counted(case) == {}


def test_a_case_whose_opening_was_never_seen_counts_nowhere(new_case):
    case = new_case()
    case.measure_started()
    case.closed()
    assert counted(case) == {}


def test_a_concern_counts_when_received_and_when_decided(new_concern):
    concern = new_concern()
    concern.received()
    concern.decided(after=30 * DAY - timedelta(seconds=1))
    assert counted(concern) == {
        ("oslo", "concerns_received", "2026-03", 0): 1,
        ("oslo", "concerns_decided", "2026-04", 0): 1,
        ("oslo", "became_case", "2026-04", 0): 1,
        ("oslo", "decision_hours", "2026-04", 719): 1,
    }


@pytest.mark.parametrize("outcome", [ConcernOutcome.DISMISSED, ConcernOutcome.REFERRED, ConcernOutcome.UNKNOWN])
def test_only_the_outcome_case_became_a_case(new_concern, outcome):
    concern = new_concern()
    concern.received()
    concern.decided(outcome, after=HOUR)
    assert ("oslo", "became_case", "2026-03", 0) not in counted(concern)
    assert ("oslo", "concerns_decided", "2026-03", 0) in counted(concern)


def test_a_decision_dated_before_the_receipt_took_no_time(new_concern):
    concern = new_concern()
    concern.received()
    concern.decided(after=-HOUR)
    assert ("oslo", "decision_hours", "2026-03", 0) in counted(concern)
