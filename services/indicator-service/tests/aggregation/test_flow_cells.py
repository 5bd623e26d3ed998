"""What assessments, plans, measures and evaluations contribute to, and what takes it back or moves it."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from forkant_contracts.codes import AgeBand, Arena, Effect
from indicator_service.aggregation.fold import fold, streams_of
from indicator_service.definitions import load_catalogue

DAY = timedelta(days=1)


def metrics_of(number):
    [indicator] = [each for each in load_catalogue().indicators if each.number == number]
    version = indicator.versions[-1]
    return {metric.value for metric in version.metrics} - {str(whole) for whole in version.wholes}


def counted(number, *cases):
    """Fold all cases and return {(unit, metric, month): count} of the cells that an indicator is computed from."""
    delta = fold(streams_of([event for case in cases for event in case.events]), cases={}, concerns={}).delta
    found, named = Counter(), metrics_of(number)
    for cell, amount in delta.items():
        if cell.metric.value in named:
            found[cell.unit, cell.metric.value, f"{cell.month:%Y-%m}"] += amount
    return dict(found)


@pytest.fixture
def case(new_case):
    made = new_case()
    made.opened(age_band=AgeBand.UNDER_15)
    return made


OPENED = {("oslo", "opened", "2026-03"): 1}
IN_TIME = OPENED | {("oslo", "assessed_in_time", "2026-03"): 1}


@pytest.mark.parametrize(("days", "expected"), [(14, IN_TIME), (15, OPENED)])
def test_an_assessment_is_in_time_up_to_the_fourteenth_calendar_day(case, days, expected):
    assert counted(5, case) == OPENED
    case.assessed(after=days * DAY + timedelta(hours=10))
    assert counted(5, case) == expected


def test_an_assessment_in_time_counts_in_the_month_of_opening(new_case):
    case = new_case(at=datetime(2026, 3, 30, 12, tzinfo=UTC))
    case.opened()
    case.assessed(after=5 * DAY)
    assert counted(5, case) == IN_TIME


def test_an_assessment_written_again_or_anew_after_a_reopening_stays_in_time(case):
    case.assessed(after=DAY)
    case.assessed(after=60 * DAY)
    assert counted(5, case) == IN_TIME
    case.closed(after=DAY)
    case.reopened(after=DAY)
    case.assessed(after=60 * DAY)
    assert counted(5, case) == IN_TIME


def test_a_plan_counts_when_it_was_written_last_with_what_it_says_then(case):
    case.planned(goals=2, with_baseline=1, after=30 * DAY)
    assert counted(7, case) == {("oslo", "plans", "2026-04"): 1, ("oslo", "plans_with_baseline", "2026-04"): 1}
    case.planned(goals=3, with_baseline=0, after=30 * DAY)
    assert counted(7, case) == {("oslo", "plans", "2026-05"): 1}


@pytest.mark.parametrize(
    ("effect", "part"),
    [
        (Effect.ACHIEVED, "effect_achieved"),
        (Effect.HARM, "effect_harm"),
        (Effect.NOT_KNOWN, "effect_not_known"),
        (Effect.PARTIAL, None),
        (Effect.NONE, None),
        (Effect.UNKNOWN, None),
    ],
)
def test_an_evaluation_counts_when_it_was_completed_with_its_effect(case, effect, part):
    case.evaluated(effect=effect, after=30 * DAY)
    expected = {("oslo", name, "2026-04"): 1 for name in ("evaluated", part) if name}
    assert counted(11, case) == expected
    case.closed(after=60 * DAY)
    assert counted(11, case) == expected


def test_reopening_takes_back_the_evaluation_and_keeps_the_plan_and_the_measures(case):
    case.planned(after=DAY)
    case.measure_planned(arena=Arena.DIGITAL)
    kept = [counted(number, case) for number in (5, 7, 14, 17)]
    case.evaluated(after=DAY)
    case.closed(after=DAY)
    case.reopened(after=60 * DAY)
    assert counted(11, case) == {}
    assert [counted(number, case) for number in (5, 7, 14, 17)] == kept


def test_only_completed_measures_with_a_method_count_for_conformance(case):
    missed, met, without = (case.measure_planned(version=version) for version in (1, 2, None))
    case.measure_planned(version=1)
    assert counted(12, case) == {}
    case.measure_completed(missed, met=False, after=30 * DAY)
    case.measure_completed(met, met=True)
    case.measure_completed(without)
    assert counted(12, case) == {
        ("oslo", "standard_measures", "2026-04"): 2,
        ("oslo", "standard_measures_met", "2026-04"): 1,
    }


def test_measures_count_when_they_are_planned_until_they_are_cancelled(case):
    digital = case.measure_planned(arena=Arena.DIGITAL)
    case.measure_planned(arena=Arena.PHYSICAL)
    case.measure_planned(arena=Arena.UNKNOWN)
    assert counted(17, case) == {("oslo", "measures", "2026-03"): 3, ("oslo", "digital_measures", "2026-03"): 1}
    case.measure_cancelled(digital, after=60 * DAY)
    assert counted(17, case) == {("oslo", "measures", "2026-03"): 2}


@pytest.mark.parametrize(
    ("age_band", "views", "expected"),
    [
        (AgeBand.UNDER_15, [], ["under_18"]),
        (AgeBand.FROM_15_TO_17, [False], ["under_18"]),
        (AgeBand.FROM_15_TO_17, [False, True], ["under_18", "child_view_recorded"]),
        (AgeBand.UNDER_15, [True, False], ["under_18"]),
        (AgeBand.FROM_18_TO_24, [None], []),
        (AgeBand.NOT_APPLICABLE, [None], []),
        (AgeBand.UNKNOWN, [True], []),
    ],
)
def test_the_childs_view_counts_in_the_month_of_opening_as_the_newest_assessment_says(
    new_case, age_band, views, expected
):
    case = new_case()
    case.opened(age_band=age_band)
    for view in views:
        case.assessed(child_view=view, after=30 * DAY)
    assert counted(14, case) == {("oslo", name, "2026-03"): 1 for name in expected}


def everything(case):
    case.assessed(child_view=True, after=DAY)
    case.planned()
    done, other = case.measure_planned(version=1), case.measure_planned(arena=Arena.DIGITAL)
    case.measure_completed(done, met=True)
    case.evaluated(effect=Effect.HARM)
    return other


NEW = (5, 7, 11, 12, 14, 17)


def test_a_transfer_moves_numerators_and_denominators_alike(case):
    everything(case)
    before = {number: counted(number, case) for number in NEW}
    case.transferred("troms", after=60 * DAY)
    for number in NEW:
        assert before[number]
        assert counted(number, case) == {("troms", *rest): n for (_, *rest), n in before[number].items()}


@pytest.mark.parametrize("end", ["merged", "erased"])
def test_merging_and_erasure_take_back_everything_and_nothing_late_brings_it_back(case, end):
    late = everything(case)
    getattr(case, end)(after=DAY)
    case.measure_completed(late)
    case.assessed(after=DAY)
    assert [counted(number, case) for number in NEW] == [{}] * len(NEW)
